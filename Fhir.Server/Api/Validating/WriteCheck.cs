using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Core.Validation;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Resources;

namespace Fhir.Server.Api.Validating;

/// <summary>
/// Judges what is about to be written, as the settings say and before the commit lock is taken. Other resources are not looked up: they
/// may change the next moment, and a reference must not tell what is hidden. Those of the same commit are seen.
/// </summary>
public sealed class WriteCheck(Validator validator, ApiSettings settings, IssueCounts counts, TimeProvider clock)
{
    private const int MostTold = 100;

    /// <summary>What is to be told about each write; or, when anything breaks a rule that is enforced, all of that.</summary>
    public Result<IReadOnlyList<IReadOnlyList<Issue>>> Judge(IReadOnlyList<Write> writes, AccessContext by)
    {
        var remarks = new IReadOnlyList<Issue>[writes.Count];
        var broken = new List<Issue>();
        var resolve = Resolve(writes);
        for (var i = 0; i < writes.Count; i++)
        {
            var (refused, told) = One(writes[i], resolve);
            if (refused.Count > 0) broken.AddRange(refused);
            else counts.Stored(writes[i].Key.Type, told, by.Request);
            remarks[i] = [.. told.Select(AsWarning)];
        }
        if (broken.Count == 0) return remarks;
        counts.Refused(broken);
        return broken[0] with { Others = [.. broken.Skip(1).Take(MostTold)] };
    }

    private (List<Issue> Refused, List<Issue> Told) One(Write write, Func<string, Element?>? resolve)
    {
        var (refused, told) = (new List<Issue>(), new List<Issue>());
        if (write.Resource is not { } resource) return (refused, told);
        foreach (var (strictness, rules, profiles) in Passes(write.Home is null ? settings.Validation.Writes : settings.Validation.Import))
        {
            var found = validator.Validate(resource, new() { Structure = false, BaseRules = rules, DeclaredProfiles = profiles, Clock = clock, Resolve = resolve });
            if (found.Count == 0) continue;
            var all = found.Select(issue => Placed(strictness == Strictness.Enforce ? Unjudged(issue) : issue, write)).ToList();
            var fails = strictness == Strictness.Enforce && all.Exists(IsError);
            if (fails) refused.AddRange(all.Select(issue => issue with { Kind = IssueKind.Unfit }).OrderBy(issue => issue.Severity));
            else told.AddRange(all);
        }
        return (refused, [.. told.Distinct()]);
    }

    // One look is enough when rules and profiles are held to equally.
    private static IEnumerable<(Strictness Strictness, bool Rules, bool Profiles)> Passes(Strictnesses strict)
    {
        if (strict.Base == strict.Profiles && strict.Base != Strictness.Off) yield return (strict.Base, true, true);
        if (strict.Base == strict.Profiles) yield break;
        if (strict.Base != Strictness.Off) yield return (strict.Base, true, false);
        if (strict.Profiles != Strictness.Off) yield return (strict.Profiles, false, true);
    }

    // Enforced means: nothing is stored that claims a profile it was not judged by.
    private static Issue Unjudged(Issue issue) =>
        issue.Code == "not-found" && issue.Where?.Contains("meta.profile[", StringComparison.Ordinal) == true ? issue with { Severity = Severity.Error } : issue;

    // Patient.name[0] of entry 3 is Bundle.entry[3].resource.name[0].
    private static Issue Placed(Issue issue, Write write)
    {
        if (write.Where is not { } entry) return issue;
        var below = issue.Where?.IndexOf('.', StringComparison.Ordinal) ?? -1;
        return issue with { Where = $"{entry}.resource{(below < 0 ? "" : issue.Where![below..])}" };
    }

    private static bool IsError(Issue issue) => issue.Severity <= Severity.Error;

    private static Issue AsWarning(Issue issue) => IsError(issue) ? issue with { Severity = Severity.Warning } : issue;

    private static Func<string, Element?>? Resolve(IReadOnlyList<Write> writes)
    {
        if (writes.Count == 1) return null;
        var byKey = new Dictionary<string, Write>(StringComparer.Ordinal);
        foreach (var write in writes)
            if (write.Kind != WriteKind.Delete) byKey[write.Key.ToString()] = write;
        return reference => byKey.GetValueOrDefault(reference)?.Resource;
    }
}
