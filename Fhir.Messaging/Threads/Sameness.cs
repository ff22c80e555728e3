using Fhir.Server.Core.Elements;

namespace Fhir.Messaging.Threads;

/// <summary>Do two contents say the same, apart from what the server adds and the elements that may change?</summary>
public static class Sameness
{
    private static readonly string[] Added = ["id", "meta"];

    public static bool But(Element before, Element after, params string[] mayChange) =>
        Same(Children(before, mayChange), Children(after, mayChange));

    /// <summary>What stood in these repetitions still does, in its place; whatever is new comes behind it.</summary>
    public static bool Continues(IEnumerable<Element> before, IEnumerable<Element> after) =>
        before.ToList() is var old && after.Take(old.Count).ToList() is var kept && kept.Count == old.Count && old.Zip(kept).All(pair => Same(pair.First, pair.Second));

    private static List<Element> Children(Element resource, string[] mayChange) =>
        [.. resource.Children.Where(c => !Added.Contains(c.Name) && !mayChange.Contains(c.Name) && !OwnExtensions.Is(c))];

    // The order of different elements has no meaning; that of repetitions has.
    private static bool Same(IReadOnlyList<Element> a, IReadOnlyList<Element> b) =>
        a.Count == b.Count && a.OrderBy(e => e.Name, StringComparer.Ordinal).Zip(b.OrderBy(e => e.Name, StringComparer.Ordinal)).All(pair => Same(pair.First, pair.Second));

    private static bool Same(Element a, Element b) => a.Name == b.Name && a.Type == b.Type && a.Text == b.Text && Same(a.Children, b.Children);
}
