using System.Collections.Concurrent;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Core.Packages;
using Fhir.Server.Core.Terminology.Expanding;
using Fhir.Server.Core.Terminology.Judging;
using Fhir.Server.Core.Terminology.Lookups;
using Fhir.Server.Core.Terminology.Mapping;
using Fhir.Server.Core.Terminology.Systems;
using Fhir.Server.Core.Terminology.ValueSets;

namespace Fhir.Server.Core.Terminology;

/// <summary>All terminology that is loaded. Safe from all threads; what it has looked up once it keeps.</summary>
public sealed class Vocabulary(Conformance conformance)
{
    private const string SupplementExtension = "http://hl7.org/fhir/StructureDefinition/valueset-supplement";
    private const int MostKept = 20_000;
    private readonly Conformance _conformance = conformance;
    private readonly ConcurrentDictionary<string, Result<CompiledValueSet>> _compiled = new(StringComparer.Ordinal);

    public CodeSystems Systems { get; } = new(conformance);

    /// <summary>Whether the value set (canonical, with <c>|version</c> or without) has the code; system is null for an element of type code.</summary>
    public Membership Contains(string valueSet, string? system, string? version, string code) =>
        Compile(valueSet).Failed(out _, out var compiled) ? Membership.Unknown : compiled.Contains(system, version, code);

    /// <summary>Whether the code system has the code.</summary>
    public Membership IsCode(string system, string? version, string code)
    {
        if (Systems.Find(system, version) is { } content) return content.Has(code);
        return version is not null && Systems.Find(system) is { } other && other.Has(code) == Membership.In ? Membership.In : Membership.Unknown;
    }

    /// <summary>The value set, ready for many questions; it may be held as long as this vocabulary. NotFound when it is not loaded.</summary>
    public Result<CompiledValueSet> Compile(string valueSet)
    {
        if (_compiled.TryGetValue(valueSet, out var known)) return known;
        if (new ValueSetCompiler(_conformance, Systems).Compile(valueSet).Failed(out var issue, out var content)) return Keep(valueSet, issue);
        if (valueSet.Contains("?fhir_vs=", StringComparison.Ordinal)) return new CompiledValueSet(content);
        var own = content.Version is null ? content.Url! : $"{content.Url}|{content.Version}";
        return Keep(valueSet, _compiled.GetOrAdd(own, _ => new CompiledValueSet(content)));
    }

    // Names come from outside. Those that are made up (ever other versions) have no end: they share what they mean, and the names kept are bounded.
    private Result<CompiledValueSet> Keep(string valueSet, Result<CompiledValueSet> made)
    {
        if (made.Failed(out var issue, out _) && issue.Kind == IssueKind.NotFound) return made;
        return _compiled.Count < MostKept ? _compiled.GetOrAdd(valueSet, made) : made;
    }

    /// <summary>All codes of a value set (canonical, with <c>|version</c> or without).</summary>
    public Result<IReadOnlyList<(string? System, string Code)>> CodesOf(string valueSet)
    {
        if (Compile(valueSet).Failed(out var issue, out var compiled)) return issue;
        if (new Contents(compiled.Content, VersionRules.None, new(Systems)).List().Failed(out issue, out var entries)) return issue;
        return entries.Select(e => (e.System, e.Code)).ToArray();
    }

    /// <summary>The code and all that stands above or below it in its code system; null where that cannot be told.</summary>
    public IReadOnlyList<string>? CodesAlong(string system, string code, bool above)
    {
        if (Systems.Find(system) is not { } content || content.Source["hierarchyMeaning"].Text is not (null or "is-a")) return null;
        if (content.Find(code) is not { } concept) return content.IsComplete ? [code] : null;
        return [concept.Code, .. (above ? concept.Ancestors() : concept.Descendants()).Select(c => c.Code)];
    }

    /// <summary>The same with these on top, as a request may bring its own definitions.</summary>
    public Vocabulary With(IEnumerable<Element> resources) => new(_conformance.With(resources));

    /// <summary>https://hl7.org/fhir/R4/valueset-operation-validate-code.html</summary>
    public Result<Element> ValidateInValueSet(Question question) => OnValueSet(question, (all, asked, valueSet) => new ValidateCode(all, asked, valueSet).InValueSet());

    /// <summary>https://hl7.org/fhir/R4/valueset-operation-expand.html</summary>
    public Result<Element> Expand(Question question) => OnValueSet(question, (all, asked, valueSet) => new Expand(all, asked, valueSet).Run());

    /// <summary>https://hl7.org/fhir/R4/codesystem-operation-validate-code.html</summary>
    public Result<Element> ValidateInCodeSystem(Question question) =>
        new ValidateCode(For(question), question, question.Instance.Exists ? question.Instance : question.Resource("codeSystem")).InCodeSystem();

    /// <summary>https://hl7.org/fhir/R4/codesystem-operation-lookup.html</summary>
    public Result<Element> Lookup(Question question) => new Lookup(For(question), question).Run();

    /// <summary>https://hl7.org/fhir/R4/codesystem-operation-subsumes.html</summary>
    public Result<Element> Subsumes(Question question) => new Subsumption(For(question), question).Run();

    /// <summary>Whether the one Coding is the other or stands above it in their code system; null when that cannot be told.</summary>
    public bool? Subsumes(Element wide, Element narrow) => Subsumption.Holds(Systems, wide, narrow);

    /// <summary>https://hl7.org/fhir/R4/conceptmap-operation-translate.html</summary>
    public Result<Element> Translate(Question question) => new Translation(For(question)._conformance, question).Run();

    private Result<Element> OnValueSet(Question question, Func<Vocabulary, Question, Element, Result<Element>> run)
    {
        var all = For(question);
        return all.ValueSetOf(question, VersionRules.Of(question)).Failed(out var issue, out var valueSet) ? issue : run(all, question.With(valueSet), valueSet);
    }

    /// <summary>Whether some version of it is loaded, or known by rule.</summary>
    public bool Knows(Canonical canonical) =>
        _conformance.Find(canonical.Type, canonical.Url) is not null || (canonical.Type == "CodeSystem" && Systems.Find(canonical.Url) is not null);

    internal bool HasValueSet(string url) => _conformance.Find("ValueSet", url) is not null;

    /// <summary>The value set that is asked for: the instance, one in the request, or by its url and valueSetVersion.</summary>
    private Result<Element> ValueSetOf(Question question, VersionRules rules)
    {
        if (question.Instance.Exists) return question.Instance;
        if (question.Resource("valueSet") is { Type: "ValueSet" } given) return given;
        if (question.Text("url") is not { } url) return new Issue(IssueKind.Invalid, "The value set is named by url, or given as valueSet.", "Parameters.parameter.where(name='url')") { Code = "required" };
        var canonical = question.Text("valueSetVersion") is { } version ? $"{url}|{version}" : rules.ValueSet(url);
        return new ValueSetCompiler(_conformance, Systems) { IsExact = true }.Find(canonical) is { } found ? found : ValueSetCompiler.NotFound(canonical);
    }

    internal Result<ValueSetContent> Compile(Element valueSet, VersionRules rules, IReadOnlyList<Element> supplements) =>
        new ValueSetCompiler(_conformance, Systems) { Rules = rules, Supplements = supplements, IsExact = true }.Compile(valueSet);

    /// <summary>The supplements that the request or the value set wants; each must be there.</summary>
    internal Result<Element[]> Supplements(Question question, Element source)
    {
        var found = new List<Element>();
        var wanted = source.Each("extension").Where(e => e["url"].Text == SupplementExtension).Select(e => e["value"].Text).OfType<string>();
        foreach (var canonical in wanted.Concat(question.Texts("useSupplement")).Distinct(StringComparer.Ordinal))
        {
            var parts = canonical.Split('|');
            if (Systems.Source(parts[0], parts.ElementAtOrDefault(1)) is { } supplement && supplement["content"].Text == "supplement") found.Add(supplement);
            else return new Issue(IssueKind.NotFound, $"Required supplement not found: {canonical}") { Code = "not-found", Rule = "not-found" };
        }
        return found.ToArray();
    }

    private Vocabulary For(Question question)
    {
        List<Element> given = [.. question.Resources("tx-resource"), .. question.Resources("codeSystem").Concat(question.Instance is { Exists: true } instance ? [instance] : [])];
        return given.Count == 0 ? this : With(given);
    }
}
