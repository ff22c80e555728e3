using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using System.Xml.Linq;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.FhirPath;
using Fhir.Server.Core.Json;
using Fhir.Server.Core.Xml;

namespace Fhir.Server.Core.Tests.FhirPath;

/// <summary>The official suite of FHIRPath for R4 (FHIR/fhir-test-cases). What fails is listed by name, so that nothing slips either way.</summary>
public sealed class OfficialSuiteTests(ITestOutputHelper output)
{
    private static readonly string Listed = Path.Combine(TestFolders.Repository, "tests/Fhir.Server.Core.Tests/FhirPath/OfficialSuite.failing.txt");

    [Fact]
    public void What_fails_is_exactly_what_is_listed()
    {
        var folder = TestFolders.Data("fhirpath");
        var tests = XDocument.Load(Path.Combine(folder, "tests-fhir-r4.xml")).Descendants("test").Select(xml => SuiteTest.Of(xml, folder)).ToList();
        var failing = tests.Select(test => (test.Name, Why: test.Run())).Where(one => one.Why is not null).ToList();
        output.WriteLine($"FHIRPath suite: {tests.Count - failing.Count} of {tests.Count} pass.");
        foreach (var (name, why) in failing) output.WriteLine($"{name}: {why}");
        var listed = File.ReadAllLines(Listed).Where(line => line.Length > 0 && line[0] != '#').Select(line => line.Split(' ')[0]);
        Assert.Equal(listed.Order(StringComparer.Ordinal), failing.Select(one => one.Name).Order(StringComparer.Ordinal));
    }
}

/// <summary>One test of the suite.</summary>
internal sealed record SuiteTest(string Name, string Expression, string? Input, bool IsInvalid, bool IsPredicate, bool IsStrict, IReadOnlyList<(string Type, string Text)> Expected)
{
    private static readonly EvaluationContext Context = new() { Clock = TimeProvider.System };
    private static readonly Dictionary<string, Element> Read = new(StringComparer.Ordinal);

    public static SuiteTest Of(XElement xml, string folder)
    {
        var expression = xml.Element("expression")!;
        return new(
            $"{(string?)xml.Parent!.Attribute("name")}/{(string?)xml.Attribute("name")}",
            expression.Value,
            (string?)xml.Attribute("inputfile") is { } file ? Path.Combine(folder, file) : null,
            expression.Attribute("invalid") is not null,
            (string?)xml.Attribute("predicate") == "true",
            (string?)xml.Attribute("mode") == "strict",
            [.. xml.Elements("output").Select(o => ((string?)o.Attribute("type") ?? "", o.Value))]);
    }

    /// <summary>Null when it passes, otherwise why not.</summary>
    public string? Run()
    {
        if (Resource(Input) is not { } input) return "the input is not read";
        var compiling = Input is not null ? CompiledExpression.CompileFor(input.Definition, Expression, IsStrict) : CompiledExpression.Compile(Expression);
        if (compiling.Failed(out var issue, out var compiled)) return IsInvalid ? null : issue.Text;
        if (compiled.Evaluate(input, Context).Failed(out issue, out var found)) return IsInvalid ? null : issue.Text;
        if (IsInvalid) return "should have failed";
        if (IsPredicate) return Holds(found) == (Expected[0].Text == "true") ? null : "predicate";
        var actual = found.Select(Shown).ToList();
        return actual.Count == Expected.Count && actual.Zip(Expected).All(pair => Same(pair.First, pair.Second)) ? null : $"gave {string.Join(", ", actual)}";
    }

    // https://hl7.org/fhirpath/#singleton-evaluation-of-collections
    private static bool Holds(Element[] found) => found is [{ Type: "boolean" or "System.Boolean" } one] ? one.Text == "true" : found.Length > 0;

    // Null where our reader refuses the file.
    private static Element? Resource(string? path)
    {
        if (path is null) return new Element("", new TypeDefinition("", TypeKind.System, null));
        if (Read.TryGetValue(path, out var known)) return known;
        var read = path.EndsWith(".xml", StringComparison.Ordinal) ? FhirXmlReader.Read(Ordered(path), DefinitionSet.R4) : JsonReader.Read(Aligned(path), DefinitionSet.R4);
        return read.Failed(out _, out var root) ? null : Read[path] = root;
    }

    // One input has its extension in the wrong place, which https://hl7.org/fhir/R4/xml.html forbids and the reader refuses.
    private static byte[] Ordered(string path)
    {
        var root = XDocument.Load(path, LoadOptions.PreserveWhitespace).Root!;
        var type = DefinitionSet.R4.Type(root.Name.LocalName)!;
        root.ReplaceNodes(root.Elements().OrderBy(e => type.Property(Encoding.UTF8.GetBytes(e.Name.LocalName))!.Index).ToList());
        return Encoding.UTF8.GetBytes(root.ToString(SaveOptions.DisableFormatting));
    }

    // One input leaves the nulls out that https://hl7.org/fhir/R4/json.html#primitive asks for: "_given" is shorter than "given".
    private static byte[] Aligned(string path)
    {
        var json = JsonNode.Parse(File.ReadAllBytes(path))!;
        foreach (var (name, of) in Objects(json).SelectMany(o => o.Where(p => p.Key[0] != '_').Select(p => (p.Key, o))).ToList())
            if (of[name] is JsonArray values && of["_" + name] is JsonArray beside)
                while (beside.Count < values.Count) beside.Add(null);
        return Encoding.UTF8.GetBytes(json.ToJsonString());
    }

    private static IEnumerable<JsonObject> Objects(JsonNode? node) => node switch
    {
        JsonObject one => one.SelectMany(p => Objects(p.Value)).Prepend(one),
        JsonArray many => many.SelectMany(Objects),
        _ => [],
    };

    private static (string Type, string Text) Shown(Element item)
    {
        var type = item.Type.Replace("System.", "", StringComparison.Ordinal);
        var text = item.Text ?? $"{item["value"].Text} '{item["unit"].Text}'";
        return (char.ToLowerInvariant(type[0]) + type[1..], text);
    }

    private static bool Same((string Type, string Text) actual, (string Type, string Text) expected)
    {
        var text = expected.Text.TrimStart('@');
        if (expected.Type.Length > 0 && !string.Equals(actual.Type, expected.Type, StringComparison.OrdinalIgnoreCase)) return false;
        if (actual.Text == text || (actual.Type == "time" && "T" + actual.Text == text)) return true;
        return expected.Type == "decimal" && decimal.Parse(actual.Text, CultureInfo.InvariantCulture) == decimal.Parse(text, CultureInfo.InvariantCulture);
    }
}
