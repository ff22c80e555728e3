// https://hl7.org/fhir/R4/valueset-operation-validate-code.html
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Core.Terminology.Systems;
using Fhir.Server.Core.Terminology.ValueSets;
using Fhir.Server.Core.Terminology.Wordings;

namespace Fhir.Server.Core.Terminology.Judging;

/// <summary>Judges codes against one value set, or against their code system alone (then there is no value set).</summary>
internal sealed class CodeJudge(Vocabulary vocabulary, Question question, ValueSetContent? valueSet, Languages? languages, IReadOnlyList<Element> supplements, Verdict verdict)
{
    private readonly VersionJudge _versions = new(vocabulary.Systems, VersionRules.Of(question), verdict);
    private readonly bool _membershipOnly = question.Flag("valueset-membership-only") == true;

    /// <summary>True when the value set has the code. Concept-wide: it is one of several, of which one is enough.</summary>
    public bool Judge(Coded coded, bool oneOfSeveral)
    {
        if (coded.Code is null) return Wrong("invalid", "invalid-data", "There is no code to validate", coded.At("code"), "Coding_has_no_code");
        (verdict.Code, verdict.System) = oneOfSeveral ? (verdict.Code, verdict.System) : (coded.Code, coded.System);
        if (coded.System is null) return NoSystem(coded, oneOfSeveral);
        if (valueSet is null) return InSystem(coded);
        IReadOnlyList<Include> includes = [.. Leaves(valueSet).Where(i => i.System == coded.System)];
        if (Missing(valueSet) is { } missing) return Wrong("not-found", "not-found", ValueSetCompiler.NotFound(missing).Text, null, "Unable_to_resolve_value_Set_");
        if (includes.Count == 0) return Outside(coded, vocabulary.Systems.Find(coded.System, coded.Version, supplements), oneOfSeveral);
        var version = _versions.Judge(coded, includes);
        var holding = Holding(includes, coded, version);
        return valueSet.Has(coded.System, version, coded.Code) switch
        {
            Membership.In => Inside(coded, holding, version),
            Membership.Out => Outside(coded, Newest(includes, version), oneOfSeveral),
            Membership.Unknown => Undecided(coded, Newest(includes, version)),
        };
    }

    private bool NoSystem(Coded coded, bool oneOfSeveral)
    {
        const string text = "Coding has no system. A code with no system has no defined meaning, and it cannot be validated. A system should be provided";
        verdict.Add(new(valueSet is null ? Severity.Error : Severity.Warning, "invalid", "invalid-data", text, coded.Whole, "Coding_has_no_system__cannot_validate"));
        if (valueSet is not null) NotIn(coded, oneOfSeveral);
        return false;
    }

    private bool InSystem(Coded coded)
    {
        if (vocabulary.Systems.Source(coded.System!, coded.Version) is { } source && source["content"].Text == "supplement")
        {
            verdict.NeededSystem = coded.System;
            return Wrong("invalid", "invalid-data", $"CodeSystem {coded.System}|{source["version"].Text} is a supplement, so can't be used as a value in {coded.At("system")}", coded.At("system"), "CODESYSTEM_CS_NO_SUPPLEMENT");
        }
        var content = vocabulary.Systems.Find(coded.System!, coded.Version, supplements);
        if (content is null) return UnknownSystem(coded);
        if (content.Find(coded.Code!) is { } concept) return Good(coded, content, concept, [content], listed: null);
        (verdict.Version, verdict.Code, verdict.System) = (content.Version, coded.Code, coded.System);
        return NoSuchCode(coded, content);
    }

    private bool Inside(Coded coded, List<Include> holding, string? version)
    {
        var include = holding.Count > 0 ? holding[0] : null;
        var content = include?.For(version) ?? include?.Content;
        var listed = include?.Listed?.GetValueOrDefault(coded.Code!);
        if (content?.Find(coded.Code!) is not { } concept) return Listed(coded, include, listed);
        return Good(coded, content, concept, [.. holding.Select(i => i.For(version) ?? i.Content).OfType<CodeContent>()], listed);
    }

    // A code that the value set names itself, of a system that is not loaded: it is in, though nothing more can be said of it.
    private bool Listed(Coded coded, Include? include, Element? listed)
    {
        var wordings = Wording.Of(null, null, listed, valueSet!.Source["language"].Text);
        (verdict.Code, verdict.System, verdict.Version) = (coded.Code, coded.System, include?.Version);
        verdict.Display = (Wording.Best(wordings, languages) ?? wordings.FirstOrDefault())?.Text;
        if (!_membershipOnly) Display(coded, wordings);
        return true;
    }

    private bool Good(Coded coded, CodeContent content, Concept concept, IReadOnlyList<CodeContent> contents, Element? listed)
    {
        var wordings = Wording.Of(concept, content, listed, valueSet?.Source["language"].Text);
        (verdict.Code, verdict.System, verdict.Version) = (coded.Code, coded.System, content.Version);
        verdict.Display = (Wording.Best(wordings, languages) ?? wordings.FirstOrDefault())?.Text;
        if (_membershipOnly) return true;
        Remarks(coded, content, concept);
        if (listed is not null && IsDeprecated(listed))
            verdict.Add(new(Severity.Warning, "business-rule", "code-comment", $"The presence of the concept '{coded.Code}' in the system '{coded.System}' in the value set {valueSet!.Canonical} is marked with a status of deprecated and its use should be reviewed", coded.Whole, "CONCEPT_DEPRECATED_IN_VALUESET") { InMessage = true });
        if (question.Flag("abstract") == false && concept.IsAbstract) Wrong("business-rule", "code-rule", $"Code '{coded.System}#{coded.Code}' is abstract, and not allowed in this context", coded.At("code"), "ABSTRACT_CODE_NOT_ALLOWED");
        foreach (var other in contents.Where(c => !ReferenceEquals(c, content))) if (other.Find(coded.Code!) is { } same) wordings.AddRange(AlsoGood(coded, same, other));
        Display(coded, wordings);
        return true;
    }

    private void Display(Coded coded, List<Wording> wordings)
    {
        if (DisplayRule.Judge(coded, wordings, languages, question.Flag("lenient-display-validation") == true) is { } finding) verdict.Add(finding);
    }

    // What another version in the same value set calls it counts too; but it is no suggestion.
    private static IEnumerable<Wording> AlsoGood(Coded coded, Concept concept, CodeContent content) =>
        coded.Display is { } said && coded.Version is null ? Wording.Of(concept, content, null).Where(w => w.Text == said) : [];

    private void Remarks(Coded coded, CodeContent content, Concept concept)
    {
        if (concept.Code != coded.Code)
        {
            verdict.Normalized = concept.Code;
            verdict.Add(new(Severity.Information, "business-rule", "code-rule", $"The code '{coded.Code}' differs from the correct code '{concept.Code}' by case. Although the code system '{content.Canonical}' is case insensitive, implementers are strongly encouraged to use the correct case anyway", coded.At("code"), "CODE_CASE_DIFFERENCE"));
        }
        Inactive(coded, concept);
        if (Standing.Of(content.Source, valueSet?.Source ?? content.Source) is { } standing)
            verdict.Add(new(Severity.Information, "business-rule", "status-check", $"Reference to {standing} CodeSystem {content.Canonical}", null, $"MSG_{standing.ToUpperInvariant()}"));
        foreach (var used in valueSet is null ? [] : Imported(valueSet))
            if (Standing.Of(used.Source, valueSet!.Source) is { } own)
                verdict.Add(new(Severity.Information, "business-rule", "status-check", $"Reference to {own} ValueSet {used.Canonical}", null, $"MSG_{own.ToUpperInvariant()}"));
    }

    private static IEnumerable<ValueSetContent> Imported(ValueSetContent valueSet) => valueSet.Includes.SelectMany(i => i.ValueSets.SelectMany(Imported)).Prepend(valueSet);

    private static bool IsDeprecated(Element listed) => listed.Each("extension").Any(e =>
        (e["url"].Text == "http://hl7.org/fhir/StructureDefinition/valueset-deprecated" && e["value"].Text == "true") || (e["url"].Text == Standing.Extension && e["value"].Text is "deprecated" or "withdrawn"));

    private void Inactive(Coded coded, Concept concept)
    {
        if (!concept.IsInactive) return;
        (verdict.IsInactive, verdict.Status) = (true, concept.Status);
        var status = concept.Status is { } known and not "inactive" ? $"{known} and inactive" : "inactive";
        verdict.Add(new(Severity.Warning, "business-rule", "code-comment", $"The concept '{coded.Code}' has a status of {status} and its use should be reviewed", coded.Whole, "INACTIVE_CONCEPT_FOUND") { InMessage = true });
    }

    private void NotIn(Coded coded, bool oneOfSeveral)
    {
        var text = $"The provided code '{coded.Shown}' was not found in the value set '{valueSet!.Canonical}'";
        verdict.Add(oneOfSeveral ? new(Severity.Information, "code-invalid", "this-code-not-in-vs", text, coded.At("code"), "None_of_the_provided_codes_are_in_the_value_set_one") : new(Severity.Error, "code-invalid", "not-in-vs", text, coded.At("code"), "None_of_the_provided_codes_are_in_the_value_set_one"));
    }

    private bool Outside(Coded coded, CodeContent? content, bool oneOfSeveral)
    {
        NotIn(coded, oneOfSeveral);
        if (_membershipOnly) return false;
        Known(coded, content);
        if (content?.Find(coded.Code!) is { } concept) Shown(coded, content, concept);
        return false;
    }

    // It is still a code of its system, with a display that is right or wrong.
    private void Shown(Coded coded, CodeContent content, Concept concept)
    {
        var wordings = Wording.Of(concept, content, null);
        verdict.Display = Wording.Best(wordings, languages)?.Text;
        Display(coded, wordings);
        if (!concept.IsInactive || !(question.Flag("activeOnly") == true || valueSet!.LeavesInactiveOut)) return;
        Inactive(coded, concept);
        Wrong("business-rule", "code-rule", $"The concept '{coded.Code}' is valid but is not active", coded.At("code"), "STATUS_CODE_WARNING_CODE");
    }

    /// <summary>Says what is wrong with the code itself, whatever the value set says. True where a fragment cannot deny it.</summary>
    private bool Known(Coded coded, CodeContent? content)
    {
        verdict.Version ??= content?.Version;
        if (content is null) return UnknownSystem(coded);
        return content.Find(coded.Code!) is null && NoSuchCode(coded, content);
    }

    private bool Undecided(Coded coded, CodeContent? content)
    {
        if (!Known(coded, content)) return false;
        (verdict.Code, verdict.System) = (coded.Code, coded.System);
        return true;
    }

    private bool NoSuchCode(Coded coded, CodeContent content)
    {
        var version = content.Version is null ? "" : $" version '{content.Version}'";
        if (content.IsComplete) return Wrong("code-invalid", "invalid-code", $"Unknown code '{coded.Code}' in the CodeSystem '{coded.System}'{version}", coded.At("code"), "Unknown_Code_in_Version");
        verdict.Add(new(Severity.Warning, "code-invalid", "invalid-code", $"Unknown Code '{coded.Code}' in the CodeSystem '{coded.System}'{version} - note that the code system is labeled as a fragment, so the code may be valid in some other fragment", coded.At("code"), "UNKNOWN_CODE_IN_FRAGMENT") { InMessage = true });
        return true;
    }

    private bool UnknownSystem(Coded coded)
    {
        if (verdict.NeededSystem is not null) return false;
        if (!coded.System!.Contains(':', StringComparison.Ordinal)) Wrong("invalid", "invalid-data", $"{Kind(coded)}.system must be an absolute reference, not a local reference", coded.At("system"), "Terminology_TX_System_Relative");
        if (vocabulary.HasValueSet(coded.System)) return Wrong("invalid", "invalid-data", $"The {Kind(coded)} references a value set, not a code system ('{coded.System}')", coded.At("system"), "Terminology_TX_System_ValueSet2");
        verdict.UnknownSystem = coded.System;
        var texts = new VersionTexts(vocabulary.Systems);
        return Wrong("not-found", "not-found", texts.Unknown(coded.System, coded.Version), coded.At("system"), texts.IdOf(coded.System, coded.Version));
    }

    private List<Include> Holding(IReadOnlyList<Include> includes, Coded coded, string? version) =>
        [.. includes.Where(i => i.Has(coded.System, version, coded.Code!) == Membership.In).OrderByDescending(i => i.Content?.Version, Packages.BusinessVersion.Order)];

    private static CodeContent? Newest(IReadOnlyList<Include> includes, string? version) =>
        includes.Select(i => i.For(version) ?? i.Content).OfType<CodeContent>().MaxBy(c => c.Version, Packages.BusinessVersion.Order);

    private static IEnumerable<Include> Leaves(ValueSetContent valueSet) =>
        valueSet.Includes.SelectMany(i => i.ValueSets.SelectMany(Leaves).Concat(i.System is null ? [] : [i]));

    private static string? Missing(ValueSetContent valueSet) =>
        valueSet.Includes.Concat(valueSet.Excludes).Select(i => i.Missing.FirstOrDefault() ?? i.ValueSets.Select(Missing).FirstOrDefault(m => m is not null)).FirstOrDefault(m => m is not null);

    private static string Kind(Coded coded) => coded.Place.Length == 0 ? "Code" : "Coding";

    private bool Wrong(string code, string kind, string text, string? where, string id)
    {
        verdict.Add(new(Severity.Error, code, kind, text, where, id));
        return false;
    }
}
