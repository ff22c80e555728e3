using Fhir.Server.Core.Outcomes;

namespace Fhir.Server.Core.Terminology.Judging;

/// <summary>One thing that validate-code has to say. Kind = a code of http://hl7.org/fhir/tools/CodeSystem/tx-issue-type; Id = the name by which HL7's tools know the message.</summary>
internal sealed record Finding(Severity Severity, string Code, string Kind, string Text, string? Where, string Id)
{
    /// <summary>Part of the message that people see; a remark that is only told to machines is not.</summary>
    public bool InMessage { get; init; } = Severity == Severity.Error;
}
