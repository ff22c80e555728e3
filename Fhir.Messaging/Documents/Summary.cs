using System.Collections.Immutable;
using Fhir.Server.Core.Elements;
using Fhir.Server.Store.Access;

namespace Fhir.Messaging.Documents;

/// <summary>One section of a summary.</summary>
public sealed record SummarySection(string Title, string Text);

/// <summary>All that a summary document is made of. Ids are given beforehand, because its parts point at each other.</summary>
public sealed record Summary
{
    public required ResourceKey Thread { get; init; }
    public required string Topic { get; init; }
    public required ImmutableArray<SummarySection> Sections { get; init; }
    public required DateTimeOffset Date { get; init; }
    public required string Number { get; init; }
    public required Element Patient { get; init; }
    /// <summary>The author's PractitionerRole, her Practitioner and her Organization.</summary>
    public required Element Role { get; init; }
    public required Element Practitioner { get; init; }
    public required Element Organization { get; init; }
    /// <summary>The others who took part, by name.</summary>
    public ImmutableArray<string> Others { get; init; } = [];
    public required SummaryIds Ids { get; init; }
}

/// <summary>The ids of a summary's four resources.</summary>
public sealed record SummaryIds(string Composition, string Bundle, string Binary, string DocumentReference);
