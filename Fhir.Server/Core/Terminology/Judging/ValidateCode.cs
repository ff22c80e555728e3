// https://hl7.org/fhir/R4/valueset-operation-validate-code.html and https://hl7.org/fhir/R4/codesystem-operation-validate-code.html
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Core.Terminology.Systems;
using Fhir.Server.Core.Terminology.ValueSets;
using Fhir.Server.Core.Terminology.Wordings;

namespace Fhir.Server.Core.Terminology.Judging;

/// <summary>validate-code, on a ValueSet and on a CodeSystem: is this code good, and if not, why.</summary>
internal sealed class ValidateCode(Vocabulary vocabulary, Question question, Element source)
{
    private readonly Verdict _verdict = new();

    public Result<Element> InValueSet()
    {
        var rules = VersionRules.Of(question);
        if (vocabulary.Supplements(question, source).Failed(out var issue, out var supplements)) return issue;
        if (vocabulary.Compile(source, rules, supplements).Failed(out issue, out var valueSet)) return issue;
        if (Languages.Of(question, source).Failed(out issue, out var languages)) return issue;
        if (question.Flag("activeOnly") == true) valueSet = valueSet.OnlyActive();
        return Judge(new(vocabulary, question, valueSet, languages, supplements, _verdict), valueSet, system: null);
    }

    public Result<Element> InCodeSystem()
    {
        if (vocabulary.Supplements(question, source).Failed(out var issue, out var supplements)) return issue;
        if (Languages.Of(question, source).Failed(out issue, out var languages)) return issue;
        var system = source.Exists ? source["url"].Text : question.Text("url");
        return Judge(new(vocabulary, question, null, languages, supplements, _verdict), null, system);
    }

    private Result<Element> Judge(CodeJudge judge, ValueSetContent? valueSet, string? system)
    {
        if (question.Value("codeableConcept") is { Exists: true } concept) return Concept(judge, valueSet, concept);
        if (question.Value("coding") is { Exists: true } coding) judge.Judge(Coded.Of(coding, "Coding"), oneOfSeveral: false);
        else if (question.Text("code") is { } code)
        {
            var coded = new Coded(system ?? question.Text("system"), question.Text("systemVersion") ?? question.Text("version"), code, question.Text("display"), "");
            if (coded.System is null && valueSet is not null) coded = coded with { System = Inferred(valueSet, code) };
            if (coded.System is not null || valueSet is null) judge.Judge(coded, oneOfSeveral: false);
        }
        else return new Issue(IssueKind.Invalid, "Unable to find code to validate (looked for coding | codeableConcept | code+system | code+inferSystem in parameters", "Parameters") { Code = "invalid" };
        return _verdict.Write();
    }

    private Result<Element> Concept(CodeJudge judge, ValueSetContent? valueSet, Element concept)
    {
        _verdict.Concept = concept;
        var (any, at) = (false, 0);
        foreach (var coding in concept.Each("coding"))
        {
            var (code, system, version, display) = (_verdict.Code, _verdict.System, _verdict.Version, _verdict.Display);
            var good = judge.Judge(Coded.Of(coding, $"CodeableConcept.coding[{at++}]"), oneOfSeveral: valueSet is not null);
            // The first good one is told.
            if (any || !good) (_verdict.Code, _verdict.System, _verdict.Version, _verdict.Display) = (code, system, version, display);
            any |= good;
        }
        var missing = _verdict.Findings.Any(f => f.Where is null && f.Kind == "not-found") || _verdict.NeededSystem is not null;
        if (!any && valueSet is not null && !missing)
            _verdict.Add(new(Severity.Error, "code-invalid", "not-in-vs", $"No valid coding was found for the value set '{valueSet.Canonical}'", null, "TX_GENERAL_CC_ERROR_MESSAGE"));
        return _verdict.Write();
    }

    // A bare code: the one system of the value set that has it.
    private string? Inferred(ValueSetContent valueSet, string code)
    {
        _verdict.Code = code;
        string[] systems = [.. Systems(valueSet).Distinct().Where(s => valueSet.Has(s, null, code) == Membership.In)];
        if (systems.Length == 1) return systems[0];
        var why = systems.Length == 0 ? "value set expansion has no matches" : $"value set expansion has multiple matches: [{string.Join(", ", systems)}]";
        _verdict.Add(new(Severity.Error, "not-found", "cannot-infer", $"The System URI could not be determined for the code '{code}' in the ValueSet '{valueSet.Canonical}': {why}", "code", systems.Length == 0 ? "Unable_to_resolve_system__value_set_has_no_matches" : "Unable_to_resolve_system__value_set_has_multiple_matches"));
        _verdict.Add(new(Severity.Error, "code-invalid", "not-in-vs", $"The provided code '#{code}' was not found in the value set '{valueSet.Canonical}'", "code", "None_of_the_provided_codes_are_in_the_value_set_one"));
        return null;
    }

    private static IEnumerable<string> Systems(ValueSetContent valueSet) =>
        valueSet.Includes.SelectMany(i => i.System is { } system ? [system] : i.ValueSets.SelectMany(Systems));
}
