using System.Globalization;
using Fhir.Server.Core.Elements;

namespace Fhir.Server.Core.Validation.Snapshots;

/// <summary>What is said about one element: the children of its ElementDefinition but for its names, without prose. The elements themselves are shared, never changed.</summary>
internal sealed class Facts
{
    // Names stand in the node; prose is not inherited, since R4's own is not kept either.
    private static readonly HashSet<string> LeftOut = new(StringComparer.Ordinal)
    {
        "id", "path", "sliceName", "short", "definition", "comment", "requirements", "alias", "mapping", "example",
        "isModifierReason", "meaningWhenMissing", "orderMeaning", "label",
    };

    private readonly List<Element> _said;

    public Facts(IEnumerable<Element> said) => _said = [.. said.Where(e => !LeftOut.Contains(e.Name))];

    private Facts(Facts other) => _said = [.. other._said];

    public IReadOnlyList<Element> All => _said;
    public Element this[string name] => _said.Find(e => e.Name == name) ?? Element.None;
    public IEnumerable<Element> Each(string name) => _said.Where(e => e.Name == name);
    public bool Has(string name) => _said.Exists(e => e.Name == name);
    public Facts Copy() => new(this);
    public void Remove(string name) => _said.RemoveAll(e => e.Name == name);
    public void Add(Element element) => _said.Add(element);

    /// <summary>These stand in the place of all of that name.</summary>
    public void Set(string name, IEnumerable<Element> elements)
    {
        Element[] all = [.. elements];
        Remove(name);
        _said.AddRange(all);
    }

    public void Set(string name, string text) => Set(name, [Element.Of("ElementDefinition").Add(name, text)]);

    /// <summary>The types by name: a system type counts as the FHIR type that it stands for.</summary>
    public IEnumerable<string> TypeCodes => Each("type").Select(CodeOf);

    /// <summary>Id elements bear FHIRPath's own String and say in an extension which FHIR type that is.</summary>
    public static string CodeOf(Element type) => type["code"].Text is { } code && !code.StartsWith("http://hl7.org/fhirpath/", StringComparison.Ordinal)
        ? code
        : type.Each("extension").FirstOrDefault(x => x["url"].Text == "http://hl7.org/fhir/StructureDefinition/structuredefinition-fhir-type")?["value"].Text ?? "string";

    /// <summary>The highest number of them, int.MaxValue for <c>*</c>.</summary>
    public int Max => this["max"].Text is not { } max || max == "*" ? int.MaxValue : int.TryParse(max, CultureInfo.InvariantCulture, out var number) ? number : int.MaxValue;
    public int Min => int.TryParse(this["min"].Text, CultureInfo.InvariantCulture, out var number) ? number : 0;
}
