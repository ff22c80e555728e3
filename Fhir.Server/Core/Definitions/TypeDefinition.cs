namespace Fhir.Server.Core.Definitions;

/// <summary>What sort of thing a type is — https://hl7.org/fhir/R4/datatypes.html. System types are FHIRPath's own.</summary>
public enum TypeKind { Primitive, Complex, Backbone, Resource, System }

/// <summary>A type of the FHIR language: a resource, a datatype, or a backbone named by its path (<c>Patient.contact</c>).</summary>
public sealed class TypeDefinition(string name, TypeKind kind, string? parent)
{
    private readonly Dictionary<string, ElementDefinition> _byName = new(StringComparer.Ordinal);
    private IReadOnlyList<ElementDefinition> _elements = [];

    /// <summary>The name, such as <c>HumanName</c>, <c>code</c>, <c>Patient</c> or <c>Patient.contact</c>.</summary>
    public string Name => name;
    public TypeKind Kind => kind;
    /// <summary>The type it specialises (<c>DomainResource</c>, <c>Element</c>, <c>string</c> for <c>code</c>), or null at the top.</summary>
    public string? Parent => parent;
    /// <summary>Its elements in the order of the snapshot, inherited ones (id, extension, ...) included.</summary>
    public IReadOnlyList<ElementDefinition> Elements => _elements;

    /// <summary>The element of that FHIR name (<c>value</c> for value[x]), or null.</summary>
    public ElementDefinition? Element(string elementName) => _byName.GetValueOrDefault(elementName);

    internal void Define(IReadOnlyList<ElementDefinition> elements)
    {
        _elements = elements;
        foreach (var element in elements) _byName[element.Name] = element;
    }

    public override string ToString() => name;
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
}

/// <summary>A type an element may have; Targets = resource types a Reference or canonical may point to (empty = any).</summary>
public sealed record ElementType(TypeDefinition Type, IReadOnlyList<string> Targets);
