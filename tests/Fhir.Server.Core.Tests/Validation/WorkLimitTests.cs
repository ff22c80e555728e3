using System.Text;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Json;
using static Fhir.Server.Core.Tests.Validation.Profiling;

namespace Fhir.Server.Core.Tests.Validation;

/// <summary>What a validation may cost.</summary>
public sealed class WorkLimitTests
{
    [Fact]
    public void A_large_bundle_is_judged_to_its_end()
    {
        var json = new StringBuilder("""{"resourceType":"Bundle","type":"collection","entry":[""");
        for (var i = 0; i < 20_000; i++) json.Append(i == 0 ? "" : ",").Append($"{{\"fullUrl\":\"http://a.org/fhir/Patient/{i}\",\"resource\":{{\"resourceType\":\"Patient\",\"id\":\"{i}\",\"name\":[{{\"family\":\"a\"}}],\"link\":[{{\"type\":\"seealso\",\"other\":{{\"reference\":\"Patient/{(i + 1) % 20_000}\"}}}}]}}}}");
        json.Append("""{"resource":{"resourceType":"Patient","contact":[{"gender":"male"}]}}]}""".Insert(0, ","));
        Assert.False(JsonReader.Read(Encoding.UTF8.GetBytes(json.ToString()), DefinitionSet.R4).Failed(out _, out var bundle));
        Assert.Equal(["pat-1"], Judged.With([]).Validate(bundle!, Judged.Request).Errors().Select(i => i.Rule));
    }

    [Fact]
    public void Profiles_that_lead_into_each_other_end()
    {
        var one = Profile("HumanName", """{"id":"HumanName.period","path":"HumanName.period","max":"0"},{"id":"HumanName.extension","path":"HumanName.extension","type":[{"code":"Extension","profile":["http://example.org/e"]}]}""", "http://example.org/n");
        var two = Profile("Extension", """{"id":"Extension.url","path":"Extension.url","fixedUri":"http://example.org/e"},{"id":"Extension.value[x]","path":"Extension.value[x]","type":[{"code":"HumanName","profile":["http://example.org/n"]}]}""", "http://example.org/e");
        var nested = "{\"text\":\"a\",\"period\":{\"start\":\"2020\"}}";
        for (var i = 0; i < 12; i++) nested = $"{{\"text\":\"a\",\"extension\":[{{\"url\":\"http://example.org/e\",\"valueHumanName\":{nested}}}]}}";
        var profile = Profile("Patient", """{"id":"Patient.name","path":"Patient.name","type":[{"code":"HumanName","profile":["http://example.org/n"]}]}""");
        Assert.Single(Errors(profile, $$"""{"resourceType":"Patient","name":[{{nested}}]}""", one, two));
    }
}
