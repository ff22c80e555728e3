using Fhir.Server.Core.Elements;

namespace Fhir.Messaging.Threads;

/// <summary>Do two contents say the same, apart from what the server adds and the elements that may change?</summary>
public static class Unchanged
{
    private static readonly string[] Added = ["id", "meta"];

    public static bool But(Element before, Element after, params string[] mayChange) =>
        Sameness.Of(Children(before, mayChange), Children(after, mayChange));

    /// <summary>What stood in these repetitions still does, in its place; whatever is new comes behind it.</summary>
    public static bool Continues(IEnumerable<Element> before, IEnumerable<Element> after) =>
        before.ToList() is var old && after.Take(old.Count).ToList() is var kept && kept.Count == old.Count && old.Zip(kept).All(pair => Sameness.Of(pair.First, pair.Second));

    private static List<Element> Children(Element resource, string[] mayChange) =>
        [.. resource.Children.Where(c => !Added.Contains(c.Name) && !mayChange.Contains(c.Name) && !OwnExtensions.Is(c))];
}
