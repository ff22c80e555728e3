using Fhir.Server.Core.Tests.Json;
using Fhir.Server.Core.Xml;

namespace Fhir.Server.Core.Tests.Xml;

/// <summary>HL7's examples, those in both formats (pairs) and those in JSON only.</summary>
public sealed class PairTests(ITestOutputHelper output)
{
    private static readonly string Listed = Path.Combine(TestFolders.Repository, "tests/Fhir.Server.Core.Tests/Xml/Schema.failing.txt");

    private static IEnumerable<string> PairedJson() => Directory.GetFiles(TestFolders.Data("r4-examples/pairs"), "*.json").Order(StringComparer.Ordinal);

    [Fact]
    public void All_370_pairs_are_the_same_tree_in_both_formats()
    {
        var files = PairedJson().ToList();
        var differences = files.Select(file => (file, Where: DifferenceOf(file))).Where(d => d.Where is not null).Select(d => $"{Path.GetFileName(d.file)} {d.Where}").ToList();
        output.WriteLine($"JSON/XML pairs: {files.Count - differences.Count} of {files.Count} are equal both ways.");
        Assert.Equal(370, files.Count);
        Assert.Empty(differences);
    }

    private static string? DifferenceOf(string jsonFile)
    {
        var fromJson = Reading.Read(File.ReadAllBytes(jsonFile));
        var fromXml = ReadingXml.Read(File.ReadAllBytes(Path.ChangeExtension(jsonFile, ".xml")));
        return SameTree.Difference(fromJson, fromXml)
            ?? SameTree.Difference(fromJson, ReadingXml.Read(FhirXmlWriter.Write(fromJson)))
            ?? SameTree.Difference(fromJson, Reading.Read(Core.Json.JsonWriter.Write(fromXml)));
    }

    [Fact]
    public void All_722_examples_come_back_from_XML_the_same()
    {
        var files = OfficialExamplesTests.Files().ToList();
        Assert.Equal(722, files.Count);
        Assert.Empty(from file in files
                     let tree = Reading.Read(File.ReadAllBytes(file))
                     let difference = SameTree.Difference(tree, ReadingXml.Read(FhirXmlWriter.Write(tree, pretty: true)))
                     where difference is not null
                     select $"{Path.GetFileName(file)} {difference}");
    }

    [Fact]
    public void What_is_written_of_the_examples_is_valid_by_the_schema_but_for_those_listed()
    {
        var files = OfficialExamplesTests.Files().Concat(PairedJson()).ToList();
        var invalid = files.Select(file => (Name: Path.GetFileName(file), Why: Schema.Against(FhirXmlWriter.Write(Reading.Read(File.ReadAllBytes(file)))))).Where(one => one.Why.Count > 0).ToList();
        output.WriteLine($"XML written of examples: {files.Count - invalid.Count} of {files.Count} are valid by HL7's schema.");
        foreach (var (name, why) in invalid) output.WriteLine($"{name}: {why[0]}");
        var listed = File.ReadAllLines(Listed).Where(line => line.Length > 0 && line[0] != '#').Select(line => line.Split(' ')[0]);
        Assert.Equal(listed.Order(StringComparer.Ordinal), invalid.Select(one => one.Name).Order(StringComparer.Ordinal));
    }
}
