using System.Diagnostics.Metrics;
using Fhir.Server.Core.Outcomes;
using Microsoft.Extensions.Logging;

namespace Fhir.Server.Api.Validating;

/// <summary>Counts what writes break, by rule: metric <c>samenspraak.validation.issues</c>, and a line in the log for what was stored all the same. Never a value.</summary>
public sealed class IssueCounts
{
    private readonly Counter<long> _issues;
    private readonly ILogger<IssueCounts> _log;

    public IssueCounts(IMeterFactory meters, ILogger<IssueCounts> log)
    {
        _issues = meters.Create("Samenspraak.Validation").CreateCounter<long>("samenspraak.validation.issues", "{issue}", "Issues that writes had, by rule");
        _log = log;
    }

    public void Stored(string type, IReadOnlyList<Issue> told, string? request)
    {
        if (told.Count == 0) return;
        Count(told, "stored");
        var broken = told.Where(i => i.Severity <= Severity.Error).Select(RuleOf).Distinct(StringComparer.Ordinal).ToList();
        if (broken.Count > 0) _log.LogInformation("Request {RequestId}: a {Type} is stored that breaks {Rules}.", request, type, string.Join(", ", broken));
    }

    public void Refused(IReadOnlyList<Issue> broken) => Count(broken, "refused");

    private void Count(IReadOnlyList<Issue> issues, string outcome)
    {
        if (!_issues.Enabled) return;
        foreach (var issue in issues)
            _issues.Add(1, new("rule", RuleOf(issue)), new("severity", issue.Severity.ToString().ToLowerInvariant()), new("outcome", outcome));
    }

    // The key of an invariant, or the issue type.
    private static string RuleOf(Issue issue) => issue.Rule ?? issue.Code ?? "invalid";
}
