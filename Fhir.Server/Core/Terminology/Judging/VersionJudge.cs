using Fhir.Server.Core.Outcomes;
using Fhir.Server.Core.Terminology.Systems;
using Fhir.Server.Core.Terminology.ValueSets;

namespace Fhir.Server.Core.Terminology.Judging;

/// <summary>Which version of the code system a coding is looked up in: its own, that of the value set, or that of the request; and what does not go together.</summary>
internal sealed class VersionJudge(CodeSystems systems, VersionRules rules, Verdict verdict)
{
    private readonly VersionTexts _texts = new(systems);

    /// <summary>The version to ask the value set for; null for the one it would take itself.</summary>
    public string? Judge(Coded coded, IReadOnlyList<Include> includes)
    {
        var system = coded.System!;
        var accepting = coded.Version is { } version ? includes.Where(i => i.Accepts(version)).ToList() : [.. includes];
        var include = (accepting.Count > 0 ? accepting : includes).MaxBy(i => i.Content?.Version, Comparer<string?>.Create(string.CompareOrdinal))!;
        if (accepting.Count == 0) Mismatch(coded, include);
        if (coded.Version is { } own && systems.Find(system, own) is null && systems.Find(system) is { Version: not null } known) NotLoaded(coded, include, accepting.Count > 0, known);
        if (include.Content is null) Missing(coded, include);
        var used = accepting.Count > 0 ? include.For(coded.Version) ?? include.Content : include.Content;
        if (rules.Check(system) is { } wanted && used?.Version is { } found && !VersionPattern.Matches(wanted, found))
            Error("exception", "version-error", VersionTexts.NotAllowed(system, found, wanted), coded.At("version"), "VALUESET_VERSION_CHECK");
        return accepting.Count > 0 ? coded.Version : null;
    }

    private void Mismatch(Coded coded, Include include)
    {
        var changed = include.Version != include.Asked ? $" resulting from the version '{include.Asked}'" : "";
        Error("invalid", "vs-invalid", $"The code system '{coded.System}' version '{include.Version}'{changed} in the ValueSet include is different to the one in the value ('{coded.Version}')", coded.At("version"), include.Version == include.Asked ? "VALUESET_VALUE_MISMATCH" : "VALUESET_VALUE_MISMATCH_CHANGED");
    }

    private void NotLoaded(Coded coded, Include include, bool accepted, CodeContent known)
    {
        verdict.NeededSystem = $"{coded.System}|{coded.Version}";
        Error("not-found", "not-found", _texts.Unknown(coded.System!, coded.Version), coded.At("system"), _texts.IdOf(coded.System!, coded.Version));
        if (accepted && include.Version is null)
            verdict.Add(new(Severity.Warning, "invalid", "vs-invalid", $"The code system '{coded.System}' version '{known.Version}' for the versionless include in the ValueSet include is different to the one in the value ('{coded.Version}')", coded.At("version"), "VALUESET_VALUE_MISMATCH_DEFAULT"));
    }

    private void Missing(Coded coded, Include include)
    {
        verdict.NeededSystem = include.Version is null ? coded.System : $"{coded.System}|{include.Version}";
        // Codes that a value set lists itself are good without the code system; in a version that is not there they are not.
        if (include.Listed is null || (include.Version is not null && _texts.IsLoaded(coded.System!))) Error("not-found", "not-found", _texts.Unknown(coded.System!, include.Version), coded.At("system"), _texts.IdOf(coded.System!, include.Version));
        else verdict.Add(new(Severity.Warning, "not-found", "not-found", _texts.Unknown(coded.System!, null), coded.At("system"), _texts.IdOf(coded.System!, null)));
    }

    private void Error(string code, string kind, string text, string where, string id) => verdict.Add(new(Severity.Error, code, kind, text, where, id));
}
