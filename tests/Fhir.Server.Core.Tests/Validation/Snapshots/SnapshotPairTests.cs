using System.Xml.Linq;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Json;
using Fhir.Server.Core.Packages;
using Fhir.Server.Core.Validation.Snapshots;
using Fhir.Server.Core.Xml;

namespace Fhir.Server.Core.Tests.Validation.Snapshots;

/// <summary>The pairs of FHIR/fhir-test-cases: a differential, and the snapshot that HL7's tools make of it.</summary>
public sealed class SnapshotPairTests(ITestOutputHelper output)
{
    private static readonly string Listed = Path.Combine(TestFolders.Repository, "tests/Fhir.Server.Core.Tests/Validation/Snapshots/SnapshotPairs.differing.txt");

    [Fact]
    public void All_facts_but_prose_are_those_of_HL7_unless_listed()
    {
        var folder = TestFolders.Data("snapshot-generation");
        var pairs = XDocument.Load(Path.Combine(folder, "manifest.xml")).Descendants("test").Where(IsR4).ToList();
        // One pair builds on the input of another.
        var all = Conformance.R4.With(pairs.Select(pair => Read(folder, $"{(string?)pair.Attribute("id")}-input")));
        var differing = pairs.Select(pair => (Id: (string)pair.Attribute("id")!, Differences: Run(folder, pair, all))).Where(one => one.Differences.Count > 0).ToList();
        output.WriteLine($"Snapshot pairs: {pairs.Count - differing.Count} of {pairs.Count} equal in all facts.");
        foreach (var (id, differences) in differing)
            foreach (var difference in differences) output.WriteLine($"{id}: {difference}");
        var listed = File.ReadAllLines(Listed).Where(line => line.Length > 0 && line[0] != '#');
        Assert.Equal(listed.Order(StringComparer.Ordinal), differing.SelectMany(d => d.Differences.Select(text => $"{d.Id}: {text}")).Order(StringComparer.Ordinal));
    }

    private static bool IsR4(XElement pair) => (string?)pair.Attribute("version") == "4.0.1";

    private static List<string> Run(string folder, XElement pair, Conformance all)
    {
        var id = (string)pair.Attribute("id")!;
        var registered = ((string?)pair.Attribute("register") ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries);
        var conformance = all.With(registered.Select(name => Read(folder, name)));
        var input = Read(folder, $"{id}-input");
        return Snapshot.Of(input, conformance).Failed(out var issue, out var snapshot) ? [issue.Text] : SnapshotFacts.Differences(Read(folder, $"{id}-output")["snapshot"], snapshot);
    }

    private static Element Read(string folder, string name)
    {
        var json = Path.Combine(folder, $"{name}.json");
        var read = File.Exists(json)
            ? JsonReader.Read(File.ReadAllBytes(json), DefinitionSet.R4)
            : FhirXmlReader.Read(File.ReadAllBytes(Path.Combine(folder, $"{name}.xml")), DefinitionSet.R4);
        return read.Failed(out var issue, out var resource) ? throw new InvalidOperationException($"{name}: {issue.Text} {issue.Where}") : resource;
    }
}
