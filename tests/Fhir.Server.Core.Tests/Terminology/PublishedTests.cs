using System.Diagnostics;
using Fhir.Server.Core.Packages;
using Fhir.Server.Core.Terminology;

namespace Fhir.Server.Core.Tests.Terminology;

/// <summary>R4's own value sets and code systems, all of them.</summary>
public sealed class PublishedTests(ITestOutputHelper output)
{
    private static readonly Vocabulary R4 = new(Conformance.R4);

    [Fact]
    public void Every_value_set_compiles_and_has_the_codes_that_it_lists()
    {
        var (sets, codes, wrong) = (0, 0, new List<string>());
        foreach (var source in Conformance.R4.All("ValueSet"))
        {
            var url = source["url"].Text!;
            if (R4.Compile(url).Failed(out var issue, out var compiled)) { wrong.Add($"{url}: {issue.Text}"); continue; }
            sets++;
            foreach (var include in source["compose"].Each("include"))
                foreach (var concept in include.Each("concept"))
                {
                    codes++;
                    if (compiled.Contains(include["system"].Text, null, concept["code"].Text!) == Membership.Out) wrong.Add($"{url}: {include["system"].Text}#{concept["code"].Text}");
                }
        }
        output.WriteLine($"{sets} value sets, {codes} listed codes");
        Assert.Equal([], wrong);
    }

    [Fact]
    public void A_question_takes_less_than_a_microsecond()
    {
        Assert.False(R4.Compile("http://hl7.org/fhir/ValueSet/administrative-gender").Failed(out _, out var compiled));
        var (found, clock) = (0, Stopwatch.StartNew());
        for (var i = 0; i < 1_000_000; i++) if (compiled!.Contains("http://hl7.org/fhir/administrative-gender", null, "female") == Membership.In) found++;
        output.WriteLine($"{clock.Elapsed.TotalMilliseconds:0} ns per question");
        Assert.Equal(1_000_000, found);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(1));
    }
}
