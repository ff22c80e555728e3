using System.Collections.Immutable;

namespace Fhir.Server.Core.Outcomes;

/// <summary>Why something did not work; every expected failure in the house is one of these. Invalid = it cannot be understood; Unfit = it can, but breaks a rule that is enforced here.</summary>
public enum IssueKind { Invalid, Unfit, NotFound, Gone, Stale, Conflict, Forbidden, Unsupported, Unavailable }

/// <summary>How much it matters — https://hl7.org/fhir/R4/valueset-issue-severity.html</summary>
public enum Severity { Fatal, Error, Warning, Information }

/// <summary>One failure as told to the caller. Where = a FHIRPath, a query parameter or an HL7 field. Never holds patient data.</summary>
public sealed record Issue(IssueKind Kind, string Text, string? Where = null)
{
    /// <summary>What else was wrong with the same input; told in the same OperationOutcome.</summary>
    public ImmutableArray<Issue> Others { get; init; } = [];

    /// <summary>The issue code of https://hl7.org/fhir/R4/valueset-issue-type.html where it is finer than the kind, such as <c>too-costly</c>.</summary>
    public string? Code { get; init; }

    /// <summary>An error, unless validation says otherwise.</summary>
    public Severity Severity { get; init; } = Severity.Error;

    /// <summary>The key of the invariant that is broken, such as <c>pat-1</c>.</summary>
    public string? Rule { get; init; }
}
