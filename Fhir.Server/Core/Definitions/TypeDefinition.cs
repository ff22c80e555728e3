namespace Fhir.Server.Core.Definitions;

/// <summary>What sort of thing a type is — https://hl7.org/fhir/R4/datatypes.html. System types are FHIRPath's own.</summary>
public enum TypeKind { Primitive, Complex, Backbone, Resource, System }

/// <summary>A type of the FHIR language: a resource, a datatype, or a backbone named by its path (<c>Patient.contact</c>).</summary>
public sealed class TypeDefinition
{
    private readonly Lazy<ElementTable> _table;

    public TypeDefinition(string name, TypeKind kind, string? parent) : this(name, kind, parent, isAbstract: false, static () => []) { }

    // The elements are read when they are first asked for: most processes meet few of the 700 types.
    internal TypeDefinition(string name, TypeKind kind, string? parent, bool isAbstract, Func<IReadOnlyList<ElementDefinition>> elements)
    {
        (Name, Kind, Parent, IsAbstract) = (name, kind, parent, isAbstract);
        _table = new(() => new ElementTable(elements()));
        Primitive = kind == TypeKind.Primitive && Enum.TryParse<Primitive>(name, ignoreCase: true, out var primitive) ? primitive : Primitive.None;
    }

    /// <summary>The name, such as <c>HumanName</c>, <c>code</c>, <c>Patient</c> or <c>Patient.contact</c>.</summary>
    public string Name { get; }
    public TypeKind Kind { get; }
    /// <summary>The type it specialises (<c>DomainResource</c>, <c>Element</c>, <c>string</c> for <c>code</c>), or null at the top.</summary>
    public string? Parent { get; }
    /// <summary>True for Element, BackboneElement, Resource and DomainResource: nothing is just that.</summary>
    public bool IsAbstract { get; }
    /// <summary>Which primitive it is; None for all that is not one.</summary>
    public Primitive Primitive { get; }
    /// <summary>Its elements in the order of the snapshot, inherited ones (id, extension, ...) included.</summary>
    public IReadOnlyList<ElementDefinition> Elements => _table.Value.Elements;

    /// <summary>The element of that FHIR name (<c>value</c> for value[x]), or null.</summary>
    public ElementDefinition? Element(string elementName) => _table.Value.Element(elementName);

    /// <summary>What a name in JSON or XML means (<c>valueQuantity</c> is the element value as Quantity), or null.</summary>
    public Property? Property(ReadOnlySpan<byte> utf8Name) => _table.Value.Property(utf8Name);

    /// <summary>The elements that must be there.</summary>
    internal ElementDefinition[] Mandatory => _table.Value.Mandatory;

    internal int PropertyCount => _table.Value.PropertyCount;

    public override string ToString() => Name;
}

/// <summary>The primitive types — https://hl7.org/fhir/R4/datatypes.html#primitive</summary>
public enum Primitive
{
    None, Base64Binary, Boolean, Canonical, Code, Date, DateTime, Decimal, Id, Instant, Integer, Markdown, Oid,
    PositiveInt, String, Time, UnsignedInt, Uri, Url, Uuid, Xhtml,
}

/// <summary>One element of a type. Max is int.MaxValue for <c>*</c>.</summary>
public sealed class ElementDefinition
{
    /// <summary>The name without [x].</summary>
    public required string Name { get; init; }
    /// <summary>The path in the definition, such as <c>Patient.contact.name</c> or <c>Observation.value[x]</c>.</summary>
    public required string Path { get; init; }
    public required int Min { get; init; }
    public required int Max { get; init; }
    /// <summary>The types it may have; more than one only for a choice. A contentReference is resolved to the type it names.</summary>
    public required IReadOnlyList<ElementType> Types { get; init; }
    /// <summary>True for value[x]: in JSON the name carries the type (<c>valueQuantity</c>).</summary>
    public required bool IsChoice { get; init; }
    /// <summary>Canonical of the value set of a <em>required</em> binding, without version, or null.</summary>
    public string? RequiredValueSet { get; init; }
    /// <summary>Part of <c>_summary=true</c>.</summary>
    public bool InSummary { get; init; }
    /// <summary>True where the element changes what its parent means.</summary>
    public bool IsModifier { get; init; }

    /// <summary>Its name as written in JSON and XML: <c>valueQuantity</c> for value[x] as Quantity.</summary>
    public string NameAs(TypeDefinition type) =>
        IsChoice ? string.Concat(Name, char.ToUpperInvariant(type.Name[0]).ToString(), type.Name.AsSpan(1)) : Name;

    /// <summary>Its place among the elements of its type.</summary>
    internal int Index { get; init; }
    internal RequiredCodes? Codes { get; init; }
}

/// <summary>A type an element may have; Targets = resource types a Reference or canonical may point to (empty = any).</summary>
public sealed record ElementType(TypeDefinition Type, IReadOnlyList<string> Targets);
