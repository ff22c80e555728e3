namespace Fhir.Server.Core.Elements;

/// <summary>Do two contents say the same? The order of different elements has no meaning; that of repetitions has. 1.0 and 1.00 differ.</summary>
public static class Sameness
{
    public static bool Of(Element a, Element b) => a.Name == b.Name && a.Type == b.Type && a.Text == b.Text && Of(a.Children, b.Children);

    public static bool Of(IReadOnlyList<Element> a, IReadOnlyList<Element> b) =>
        a.Count == b.Count && a.OrderBy(e => e.Name, StringComparer.Ordinal).Zip(b.OrderBy(e => e.Name, StringComparer.Ordinal)).All(pair => Of(pair.First, pair.Second));

    /// <summary>Two versions of a resource, apart from what the server writes of a version: its number and its time.</summary>
    public static bool OfVersions(Element a, Element b) => Of(Content(a), Content(b)) && Of(Own(a["meta"]), Own(b["meta"]));

    private static List<Element> Content(Element resource) => [.. resource.Children.Where(c => c.Name != "meta")];

    private static List<Element> Own(Element meta) => [.. meta.Children.Where(c => c.Name is not ("versionId" or "lastUpdated"))];
}
