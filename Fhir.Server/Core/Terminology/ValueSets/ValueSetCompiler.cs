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
    private const int Largest = 20_000;
    private readonly List<string> _path = [];
    private readonly Dictionary<Element, ValueSetContent> _done = [];

    public VersionRules Rules { get; init; } = VersionRules.None;
    public IReadOnlyList<Element> Supplements { get; init; } = [];
    /// <summary>True: a version that is named must be there. False: the nearest one stands for it.</summary>
    public bool IsExact { get; init; }

    public Result<ValueSetContent> Compile(string canonical) =>
        Find(canonical) is { } source ? Compile(source) : NotFound(canonical);

    public Result<ValueSetContent> Compile(Element source)
    {
        if (_done.TryGetValue(source, out var done)) return done;
        var name = source["url"].Text is { } url ? $"{url}|{source["version"].Text}" : "";
        if (name.Length > 0 && _path.Contains(name)) return Circle(source["url"].Text!);
        if (_path.Count >= Deepest) return new Issue(IssueKind.Unfit, "The value sets name each other too deeply.") { Code = "too-costly", Rule = "too-costly" };
        _path.Add(name);
        var composed = Composed(source);
        _path.RemoveAt(_path.Count - 1);
        if (composed.Failed(out var issue, out var compiled)) return issue;
        // Two imports at each of forty steps would be a million million.
        if (compiled.Size > Largest) return new Issue(IssueKind.Unfit, $"The value set {compiled.Url} draws from more than {Largest} includes.") { Code = "too-costly", Rule = "too-costly" };
        return _done[source] = compiled;
    }

    public static Issue NotFound(string canonical) =>
        new(IssueKind.NotFound, $"A definition for the value Set '{canonical}' could not be found") { Code = "not-found", Rule = "not-found" };

    private Issue Circle(string url) =>
        new(IssueKind.Invalid, $"The value set {url} leads back to itself: {string.Join(", ", _path.Select(p => p.TrimEnd('|')))}") { Code = "processing", Rule = "vs-invalid" };

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
        var (system, asked) = (source["system"].Text, source["version"].Text);
        var version = system is null ? null : Rules.Effective(system, asked);
        var content = system is null ? null : systems.Find(system, version, Supplements);
        var (filters, valueSets, missing) = (new List<ConceptFilter>(), new List<ValueSetContent>(), new List<string>());
        foreach (var filter in source.Each("filter"))
        {
            if (ConceptFilter.Of(filter, content).Failed(out var issue, out var compiled)) return issue;
            filters.Add(compiled);
        }
        foreach (var canonical in source.Each("valueSet").Select(v => v.Text).OfType<string>().Select(Rules.ValueSet))
        {
            // One that is not loaded makes the answer unknown; one that goes round, or is wrong, makes this one wrong too.
            if (Named(canonical, source) is not { } other) missing.Add(canonical);
            else if (Compile(other).Failed(out var issue, out var compiled)) return issue;
            else valueSets.Add(compiled);
        }
        return new Include
        {
            Source = source, System = system, Asked = asked, Version = version, Content = content, InVersion = v => systems.Find(system!, v, Supplements),
            Listed = ListedIn(source, content), Filters = filters, ValueSets = valueSets, Missing = missing,
        };
    }

    private static FrozenDictionary<string, Element>? ListedIn(Element source, CodeContent? content)
    {
        var listed = new Dictionary<string, Element>(content?.Comparer ?? StringComparer.Ordinal);
        foreach (var concept in source.Each("concept")) if (concept["code"].Text is { } code) listed.TryAdd(code, concept);
        return listed.Count == 0 ? null : listed.ToFrozenDictionary(listed.Comparer);
    }

    // "#id" is a value set contained in the one that names it.
    private Element? Named(string canonical, Element include)
    {
        if (!canonical.StartsWith('#')) return Find(canonical);
        var root = include;
        while (root.Parent is { } parent && root.Type != "ValueSet") root = parent;
        return root.Each("contained").FirstOrDefault(c => c.Type == "ValueSet" && c["id"].Text == canonical[1..]);
    }

    public Element? Find(string canonical)
    {
        if (conformance.Find("ValueSet", canonical) is not { } found) return ImplicitValueSets.Of(canonical, systems);
        var bar = canonical.LastIndexOf('|');
        return !IsExact || bar < 0 || found["version"].Text == canonical[(bar + 1)..] ? found : null;
    }

    private IEnumerable<Include> FromExpansion(Element expansion) =>
        expansion.Each("contains").SelectMany(Flat).Where(c => c["code"].Exists && c["abstract"].Text != "true").GroupBy(c => c["system"].Text).Select(codes => new Include
        {
            Source = expansion, System = codes.Key, Content = codes.Key is { } system ? systems.Find(system) : null, InVersion = v => systems.Find(codes.Key!, v),
            Filters = [], ValueSets = [], Missing = [], Listed = codes.DistinctBy(c => c["code"].Text).ToFrozenDictionary(c => c["code"].Text!, StringComparer.Ordinal),
        });

    private static IEnumerable<Element> Flat(Element contains) => contains.Each("contains").SelectMany(Flat).Prepend(contains);
}
