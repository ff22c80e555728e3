namespace Fhir.Server.Core.Definitions;

/// <summary>The types of search parameters — https://hl7.org/fhir/R4/search.html#ptypes</summary>
public enum SearchParameterType { Number, Date, String, Token, Reference, Composite, Quantity, Uri, Special }

/// <summary>One search parameter as it holds for one base type: the expression has only the parts of that type.</summary>
/// <param name="Base">The type it is defined on: the resource type itself, or Resource or DomainResource.</param>
/// <param name="Expression">FHIRPath; null where HL7 gives none (<c>_content</c>, <c>_text</c>, <c>_query</c>).</param>
/// <param name="Targets">The resource types a reference may point to; empty = none named.</param>
public sealed record SearchParameterDefinition(
    string Code, SearchParameterType Type, string Base, string? Expression,
    IReadOnlyList<string> Targets, IReadOnlyList<SearchComponent> Components, string Url)
{
    /// <summary>The number under which a deployer's own parameter is indexed, given once and never again; null for those of R4.</summary>
    public int? Custom { get; init; }
}

/// <summary>One part of a composite: the code of the parameter it searches like, and where it stands below the composite's own expression.</summary>
public sealed record SearchComponent(string Code, string Expression);
