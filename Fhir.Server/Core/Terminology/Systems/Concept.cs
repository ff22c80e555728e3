// https://hl7.org/fhir/R4/codesystem.html#concepts
using Fhir.Server.Core.Elements;

namespace Fhir.Server.Core.Terminology.Systems;

/// <summary>One concept of a code system, with its place in the hierarchy.</summary>
public sealed class Concept(string code, string? display, Element source)
{
    private readonly List<Element> _additions = [];
    private List<Concept>? _parents;
    private List<Concept>? _children;
    private HashSet<Concept>? _below;   // the same, to find one among thousands

    public string Code => code;
    public string? Display => display;
    /// <summary>The <c>CodeSystem.concept</c> it was read from, or <see cref="Element.None"/> when a rule made it.</summary>
    public Element Source => source;
    public IReadOnlyList<Concept> Parents => _parents ?? [];
    public IReadOnlyList<Concept> Children => _children ?? [];
    /// <summary>Still known, but not to be used any more.</summary>
    public bool IsInactive { get; internal set; }
    /// <summary>Only there to group others: never to be chosen.</summary>
    public bool IsAbstract { get; internal set; }
    /// <summary>The value of its property <c>status</c>, or null.</summary>
    public string? Status { get; internal set; }

    /// <summary>What supplements say of the same concept.</summary>
    public IReadOnlyList<Element> Additions => _additions;
    /// <summary>All that is said of it: in the code system, then in supplements.</summary>
    public IEnumerable<Element> Sources => _additions.Prepend(source);

    /// <summary>The values of a property, by the code it has in this code system.</summary>
    public IEnumerable<Element> Values(string property) =>
        (_additions.Count == 0 ? source.Each("property") : Sources.SelectMany(s => s.Each("property"))).Where(p => p["code"].Text == property).Select(p => p["value"]).Where(v => v.Exists);

    /// <summary>True when the other is this concept or stands above it, by any road.</summary>
    public bool IsA(Concept ancestor) => ReferenceEquals(this, ancestor) || Ancestors().Contains(ancestor);

    /// <summary>All that stands above it, each once.</summary>
    public IEnumerable<Concept> Ancestors() => Walk(this, static c => c.Parents);

    /// <summary>All that stands below it, each once.</summary>
    public IEnumerable<Concept> Descendants() => Walk(this, static c => c.Children);

    internal void Supplement(Element addition) => _additions.Add(addition);

    internal void Put(Concept child)
    {
        if (ReferenceEquals(child, this) || !(_below ??= []).Add(child)) return;
        (_children ??= []).Add(child);
        (child._parents ??= []).Add(this);
    }

    // Parents are several, and may even go round: each concept is met once.
    private static IEnumerable<Concept> Walk(Concept from, Func<Concept, IReadOnlyList<Concept>> next)
    {
        var (seen, open) = (new HashSet<Concept> { from }, new Stack<Concept>(next(from).Reverse()));
        while (open.TryPop(out var one))
        {
            if (!seen.Add(one)) continue;
            yield return one;
            foreach (var more in next(one).Reverse()) open.Push(more);
        }
    }
}
