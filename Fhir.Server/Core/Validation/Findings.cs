using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;

namespace Fhir.Server.Core.Validation;

/// <summary>What was found wrong so far, at most so many errors and so many remarks: a location costs a walk, and no remark may crowd out an error.</summary>
internal sealed class Findings(int most)
{
    private List<Issue>? _issues;
    private bool _isTooCostly;
    private int _errors;
    private int _remarks;

    public IReadOnlyList<Issue> All => _issues ?? (IReadOnlyList<Issue>)[];
    public bool HasErrors => _errors > 0;

    /// <param name="code">An issue type of https://hl7.org/fhir/R4/valueset-issue-type.html</param>
    public void Add(Element where, string code, string text, string below = "", Severity severity = Severity.Error, string? rule = null)
    {
        if ((severity <= Severity.Error ? ++_errors : ++_remarks) > most) return;
        var issue = new Issue(IssueKind.Invalid, text, where.Location + below) { Code = code, Severity = severity, Rule = rule };
        if (_issues?.Contains(issue) != true) (_issues ??= []).Add(issue);
    }

    /// <summary>The judgement was broken off; said once.</summary>
    public void TooCostly()
    {
        if (_isTooCostly) return;
        (_isTooCostly, _errors) = (true, _errors + 1);
        (_issues ??= []).Add(new Issue(IssueKind.Invalid, "The resource or its profiles are nested too deep, or judging them takes too much work.") { Code = "too-costly" });
    }
}
