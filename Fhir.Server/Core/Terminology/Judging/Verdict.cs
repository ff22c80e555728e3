// https://hl7.org/fhir/R4/valueset-operation-validate-code.html
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;

namespace Fhir.Server.Core.Terminology.Judging;

/// <summary>What comes out of validate-code, and how it is written as Parameters.</summary>
internal sealed class Verdict
{
    private const string Kinds = "http://hl7.org/fhir/tools/CodeSystem/tx-issue-type";
    private readonly List<Finding> _findings = [];

    public string? Code { get; set; }
    public string? System { get; set; }
    public string? Version { get; set; }
    public string? Display { get; set; }
    public string? Normalized { get; set; }
    public string? Status { get; set; }
    public bool IsInactive { get; set; }
    /// <summary>A system that nobody here knows, and that the value set does not draw from.</summary>
    public string? UnknownSystem { get; set; }
    /// <summary>A system, or version of one, that would have been needed.</summary>
    public string? NeededSystem { get; set; }
    public Element Concept { get; set; } = Element.None;
    public IReadOnlyList<Finding> Findings => _findings;
    public bool IsGood => !_findings.Exists(f => f.Severity == Severity.Error);

    public void Add(Finding finding)
    {
        if (!_findings.Contains(finding)) _findings.Add(finding);
    }

    public Element Write()
    {
        var answer = Answer.New();
        answer.Put("result", "valueBoolean", IsGood ? "true" : "false");
        answer.Put("code", "valueCode", Code);
        answer.Put("system", "valueUri", System);
        answer.Put("version", "valueString", Version);
        answer.Put("display", "valueString", Display);
        answer.Put("normalized-code", "valueCode", Normalized);
        answer.Put("inactive", "valueBoolean", IsInactive ? "true" : null);
        answer.Put("status", "valueCode", IsInactive ? Status : null);
        answer.Put("x-unknown-system", "valueCanonical", UnknownSystem);
        answer.Put("x-caused-by-unknown-system", "valueCanonical", NeededSystem);
        answer.Put("codeableConcept", Concept);
        var texts = _findings.Where(f => f.InMessage).Select(f => f.Text).Distinct().Order(StringComparer.Ordinal);
        answer.Put("message", "valueString", string.Join("; ", texts) is { Length: > 0 } message ? message : null);
        if (_findings.Count > 0) Outcome(answer.Named("issues").AddResource("OperationOutcome"));
        return answer;
    }

    private void Outcome(Element outcome)
    {
        foreach (var finding in _findings)
        {
            var issue = outcome.Add("issue");
            var id = issue.Add("extension");
            id.Add("url", "http://hl7.org/fhir/StructureDefinition/operationoutcome-message-id");
            id.Add("valueString", finding.Id);
            issue.Add("severity", finding.Severity.ToString().ToLowerInvariant());
            issue.Add("code", finding.Code);
            var details = issue.Add("details");
            var coding = details.Add("coding");
            coding.Add("system", Kinds);
            coding.Add("code", finding.Kind);
            details.Add("text", finding.Text);
            if (finding.Where is null) continue;
            issue.Add("location", finding.Where);
            issue.Add("expression", finding.Where);
        }
    }
}
