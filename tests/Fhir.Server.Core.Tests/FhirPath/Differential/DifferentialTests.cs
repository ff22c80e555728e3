using System.Diagnostics;
using System.Globalization;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Json;

namespace Fhir.Server.Core.Tests.FhirPath.Differential;

/// <summary>Our engine against npm fhirpath 5.1.0, on expressions that nobody wrote.</summary>
public sealed class DifferentialTests(ITestOutputHelper output)
{
    private const int LargestFile = 40_000;
    private const int PerFile = 25;
    // Numbers that JavaScript cannot hold; an element resourceType, which the other engine takes for the sign of a resource.
    private static readonly string[] LeftOut = ["Observation-decimal.json", "ExampleScenario-example.json"];

    [Fact]
    public async Task Both_engines_find_the_same_or_the_difference_is_explained()
    {
        var files = Directory.EnumerateFiles(TestFolders.Data("r4-examples/json")).Where(f => new FileInfo(f).Length < LargestFile && !LeftOut.Contains(Path.GetFileName(f), StringComparer.Ordinal)).Order(StringComparer.Ordinal).ToList();
        Assert.SkipUnless(OtherEngine.IsThere, "The other engine is not there: run npm ci in tests/Fhir.Server.Core.Tests/FhirPath/Differential.");
        var isLong = Environment.GetEnvironmentVariable("SAMENSPRAAK_LONG") == "1";
        var seed = int.Parse(Environment.GetEnvironmentVariable("SAMENSPRAAK_SEED") ?? "1", CultureInfo.InvariantCulture);
        var (seeds, each, watch) = (isLong ? 50 : 1, 4_000, Stopwatch.StartNew());
        var (differing, byRule) = (new List<string>(), new SortedDictionary<string, int>(StringComparer.Ordinal));
        for (var i = 0; i < seeds; i++) differing.AddRange(await CompareAsync(files, new Random(seed + i), each, byRule));
        var figures = $"FHIRPath against npm fhirpath 5.1.0: {seeds * each:N0} generated expressions in {watch.Elapsed.TotalSeconds:N0} s, {byRule.Values.Sum():N0} differ as explained, {differing.Count} otherwise.";
        output.WriteLine(figures);
        output.WriteLine(string.Join(", ", byRule.Select(rule => $"{rule.Key} {rule.Value}")));
        if (isLong && Environment.GetEnvironmentVariable("SAMENSPRAAK_FIGURES") is { } folder) await File.WriteAllTextAsync(Path.Combine(folder, "fhirpath-differential.md"), figures + "\n");
        Assert.True(differing.Count == 0, string.Join("\n", differing.Take(200)));
    }

    private static async Task<List<string>> CompareAsync(List<string> files, Random random, int count, SortedDictionary<string, int> byRule)
    {
        var (questions, ours, differing) = (new List<Question>(), new List<Outcome>(), new List<string>());
        while (questions.Count < count) Ask(files[random.Next(files.Count)], random, questions, ours);
        var answers = await OtherEngine.AskAsync(questions);
        Assert.Equal(questions.Count, answers.Count);
        for (var i = 0; i < questions.Count; i++)
        {
            var theirs = Outcome.Theirs(answers[i]);
            if (ours[i].SameAs(theirs)) continue;
            if (Explained.By(questions[i].Expression, ours[i], theirs) is { } rule) byRule[rule] = byRule.GetValueOrDefault(rule) + 1;
            else differing.Add($"{Path.GetFileName(questions[i].File)}\n  {questions[i].Expression}\n  ours   {ours[i]}\n  theirs {theirs}");
        }
        return differing;
    }

    private static void Ask(string file, Random random, List<Question> questions, List<Outcome> ours)
    {
        if (JsonReader.Read(File.ReadAllBytes(file), DefinitionSet.R4).Failed(out _, out var root) || root.Children.Count == 0) return;
        var maker = new ExpressionMaker(root, random);
        for (var i = 0; i < PerFile; i++)
        {
            questions.Add(new(file, maker.Next()));
            ours.Add(Outcome.Ours(root, questions[^1].Expression));
        }
    }
}
