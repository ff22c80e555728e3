using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.FhirPath;

namespace Fhir.Server.Store.Search;

/// <summary>A search parameter as this database holds it: where its index rows stand and how they are made.</summary>
internal sealed class SearchParameter
{
    public required SearchParameterDefinition Definition { get; init; }
    public string Code => Definition.Code;
    public SearchParameterType Type => Definition.Type;
    /// <summary>The numbers under which its index rows stand. More than one for a combo parameter, which keeps no rows of its own.</summary>
    public required IReadOnlyList<int> Numbers { get; init; }
    /// <summary>Its bit in <c>res.has</c>; 0 when a row of ix_tok tells instead that it has a value.</summary>
    public required long Bit { get; init; }
    /// <summary>False when other parameters keep its rows: it is then only looked whether it has a value.</summary>
    public required bool KeepsRows { get; init; }
    /// <summary>Its texts are kept as words too (<see cref="Types.NameWords"/>).</summary>
    public bool KeepsWords { get; init; }
    /// <summary>The resource types that a reference may point to; empty = any.</summary>
    public required IReadOnlyList<string> Targets { get; init; }
    /// <summary>The parts of a composite, in the order of the query.</summary>
    public required IReadOnlyList<Part> Parts { get; init; }
    /// <summary>Where its values stand; null where HL7 says nothing (<c>_text</c>, <c>_content</c>, <c>_query</c>).</summary>
    public required CompiledExpression? Path { get; init; }
    /// <summary>The patient it points to has this resource in her compartment.</summary>
    public required bool InPatientCompartment { get; init; }

    /// <summary>One part of a composite: how it is searched, and where it stands below the composite's element.</summary>
    internal sealed record Part(string Code, SearchParameterType Type, IReadOnlyList<string> Targets, CompiledExpression Path);
}
