using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;

namespace Fhir.Server.Core.Validation;

/// <summary>What was found wrong so far, at most so many issues: a location costs a walk.</summary>
internal sealed class Findings(int most)
{
    private List<Issue>? _issues;
    private bool _isTooCostly;

    public IReadOnlyList<Issue> All => _issues ?? (IReadOnlyList<Issue>)[];
    public bool HasErrors { get; private set; }

    /// <param name="code">An issue type of https://hl7.org/fhir/R4/valueset-issue-type.html</param>
    public void Add(Element where, string code, string text, string below = "", Severity severity = Severity.Error, string? rule = null)
    {
        HasErrors |= severity <= Severity.Error;
        if (_issues?.Count >= most) return;
        var issue = new Issue(IssueKind.Invalid, text, where.Location + below) { Code = code, Severity = severity, Rule = rule };
        if (_issues?.Contains(issue) != true) (_issues ??= []).Add(issue);
    }

    /// <summary>The judgement was broken off; said once.</summary>
    public void TooCostly()
    {
        if (_isTooCostly) return;
        (_isTooCostly, HasErrors) = (true, true);
        (_issues ??= []).Add(new Issue(IssueKind.Invalid, "The resource or its profiles are nested too deep, or judging them takes too much work.") { Code = "too-costly" });
    }
}
