using System.Globalization;
using Fhir.Server.Core.Elements;

namespace Fhir.Server.Core.Validation.Profiles;

/// <summary>One ElementDefinition in its place among the others — https://hl7.org/fhir/R4/elementdefinition.html</summary>
internal sealed class Definition(Element raw, Element profile, Definition? parent)
{
    public Element Raw => raw;
    /// <summary>The StructureDefinition that it stands in.</summary>
    public Element Profile => profile;
    public Definition? Parent => parent;
    public string Path { get; } = raw["path"].Text ?? "";
    public string? SliceName { get; } = raw["sliceName"].Text;
    public List<Definition> Children { get; } = [];
    /// <summary>Its slices; those of a slice are re-slices.</summary>
    public List<Definition> Slices { get; } = [];

    private string LastName => Path[(Path.LastIndexOf('.') + 1)..];
    public bool IsChoice => LastName.EndsWith("[x]", StringComparison.Ordinal);
    /// <summary>The name of its elements in a tree: without [x].</summary>
    public string Name => IsChoice ? LastName[..^3] : LastName;
    public int Min => Number(raw["min"].Text) ?? 0;
    public int Max => raw["max"].Text is { } max and not "*" ? Number(max) ?? int.MaxValue : int.MaxValue;
    public Element Slicing => raw["slicing"];
    public IEnumerable<Element> Types => raw.Each("type");

    /// <summary>The only type it may have, or null.</summary>
    public string? OnlyType
    {
        get
        {
            string? only = null;
            foreach (var type in Types)
            {
                if (only is not null) return null;
                only = TypeCode(type);
            }
            return only;
        }
    }

    public Definition? Child(string name) => Children.Find(child => child.Name == name);

    /// <summary>The type's name; the FHIRPath types of primitive values are none of ours.</summary>
    public static string? TypeCode(Element type) => type["code"].Text;

    private static int? Number(string? text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
