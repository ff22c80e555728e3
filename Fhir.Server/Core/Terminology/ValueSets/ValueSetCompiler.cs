// https://hl7.org/fhir/R4/valueset.html#compositions
using System.Collections.Frozen;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Core.Packages;
using Fhir.Server.Core.Terminology.Systems;

namespace Fhir.Server.Core.Terminology.ValueSets;

/// <summary>Looks up all that a value set draws from. A value set that leads back to itself is an issue, never a loop.</summary>
internal sealed class ValueSetCompiler(Conformance conformance, CodeSystems systems)
{
    private const int Deepest = 40;
    private readonly List<string> _path = [];

    public Result<ValueSetContent> Compile(string canonical)
    {
        if (Find(canonical) is not { } source) return NotFound(canonical);
        return Compile(source);
    }

    public Result<ValueSetContent> Compile(Element source)
    {
        var name = source["url"].Text is { } url ? $"{url}|{source["version"].Text}" : "";
        if (name.Length > 0 && _path.Contains(name)) return Circle(source["url"].Text!);
        if (_path.Count >= Deepest) return new Issue(IssueKind.Invalid, "The value sets name each other too deeply.") { Code = "too-costly" };
        _path.Add(name);
        var compiled = Composed(source);
        _path.RemoveAt(_path.Count - 1);
        return compiled;
    }

    internal static Issue NotFound(string canonical) => new(IssueKind.NotFound, $"The value set {canonical} is not known here.") { Code = "not-found" };

    private Issue Circle(string url) => new(IssueKind.Invalid, $"The value set {url} leads back to itself: {string.Join(", ", _path.Select(p => p.TrimEnd('|')))}.") { Code = "processing" };

    private Result<ValueSetContent> Composed(Element source)
    {
        if (Each(source["compose"].Each("include")).Failed(out var issue, out var includes)) return issue;
        if (Each(source["compose"].Each("exclude")).Failed(out issue, out var excludes)) return issue;
        var stored = source["expansion"].Each("contains").SelectMany(Flat).Where(c => c["code"].Exists).Select(c => (c["system"].Text, c["code"].Text!)).ToFrozenSet();
        if (includes.Count == 0 && !source["compose"].Exists) includes.AddRange(FromExpansion(source["expansion"]));
        return new ValueSetContent { Source = source, Includes = includes, Excludes = excludes, Stored = stored };
    }

    private Result<List<Include>> Each(IEnumerable<Element> sources)
    {
        var all = new List<Include>();
        foreach (var source in sources)
        {
            if (One(source).Failed(out var issue, out var include)) return issue;
            all.Add(include);
        }
        return all;
    }

    private Result<Include> One(Element source)
    {
        var (system, version) = (source["system"].Text, source["version"].Text);
        var content = system is null ? null : systems.Find(system, version);
        var (filters, valueSets) = (new List<ConceptFilter>(), new List<ValueSetContent?>());
        foreach (var filter in source.Each("filter"))
        {
            if (ConceptFilter.Of(filter, content).Failed(out var issue, out var compiled)) return issue;
            filters.Add(compiled);
        }
        foreach (var canonical in source.Each("valueSet").Select(v => v.Text).OfType<string>())
        {
            if (Imported(canonical).Failed(out var issue, out var valueSet)) return issue;
            valueSets.Add(valueSet);
        }
        return new Include { Source = source, System = system, Version = version, Content = content, Listed = ListedIn(source, content), Filters = filters, ValueSets = valueSets };
    }

    // One that is not loaded makes the answer unknown; one that goes round, or is wrong, makes this one wrong too.
    private Result<ValueSetContent?> Imported(string canonical)
    {
        if (Find(canonical) is not { } source) return (ValueSetContent?)null;
        return Compile(source).Failed(out var issue, out var compiled) ? issue : compiled;
    }

    private static FrozenDictionary<string, Element>? ListedIn(Element source, CodeContent? content)
    {
        var listed = new Dictionary<string, Element>(content?.Comparer ?? StringComparer.Ordinal);
        foreach (var concept in source.Each("concept")) if (concept["code"].Text is { } code) listed.TryAdd(code, concept);
        return listed.Count == 0 ? null : listed.ToFrozenDictionary(listed.Comparer);
    }

    private Element? Find(string canonical) => conformance.Find("ValueSet", canonical) ?? ImplicitValueSets.Of(canonical, systems);

    private IEnumerable<Include> FromExpansion(Element expansion) =>
        expansion.Each("contains").SelectMany(Flat).Where(c => c["code"].Exists && c["abstract"].Text != "true").GroupBy(c => c["system"].Text).Select(codes => new Include
        {
            Source = expansion, System = codes.Key, Content = codes.Key is { } system ? systems.Find(system) : null, Filters = [], ValueSets = [],
            Listed = codes.DistinctBy(c => c["code"].Text).ToFrozenDictionary(c => c["code"].Text!, StringComparer.Ordinal),
        });

    private static IEnumerable<Element> Flat(Element contains) => contains.Each("contains").SelectMany(Flat).Prepend(contains);
}
