// https://hl7.org/fhir/R4/conceptmap.html
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Packages;

namespace Fhir.Server.Core.Terminology.Mapping;

/// <summary>A code on one side of a map.</summary>
internal sealed record Mapped(string? System, string? Version, string? Code, string? Display);

/// <summary>One translation, with what it is worth and the map it comes from.</summary>
internal sealed record Match(string Equivalence, Mapped From, Mapped To, string? Map)
{
    public IReadOnlyList<Element> Products { get; init; } = [];
}

/// <summary>Reads concept maps, there and back.</summary>
internal sealed class Mapper(Conformance conformance, IReadOnlyList<Element> dependencies)
{
    public IEnumerable<Match> Translate(Element map, string? system, string code, string? wanted, bool isReverse) =>
        isReverse ? Back(map, system, code, wanted) : There(map, system, code, wanted, []);

    // Each map is asked once, however many groups lead to it.
    private IEnumerable<Match> There(Element map, string? system, string code, string? wanted, HashSet<Element> asked)
    {
        if (!asked.Add(map)) yield break;
        foreach (var group in map.Each("group"))
        {
            if (!Same(system, group["source"].Text) || !Same(wanted, group["target"].Text)) continue;
            var elements = group.Each("element").Where(e => e["code"].Text == code).ToList();
            var from = new Mapped(group["source"].Text ?? system, null, code, null);
            foreach (var match in elements.Count > 0 ? elements.SelectMany(e => Targets(map, group, e, from)) : Unmapped(map, group, from, wanted, asked)) yield return match;
        }
    }

    private IEnumerable<Match> Targets(Element map, Element group, Element element, Mapped from) =>
        element.Each("target").Where(Applies).Select(t => new Match(
            t["equivalence"].Text ?? "relatedto", from, new(group["target"].Text, group["targetVersion"].Text, t["code"].Text, t["display"].Text), Canonical(map)) { Products = [.. t.Each("product")] });

    private IEnumerable<Match> Unmapped(Element map, Element group, Mapped from, string? wanted, HashSet<Element> asked)
    {
        var unmapped = group["unmapped"];
        return unmapped["mode"].Text switch
        {
            "provided" => [new("equal", from, new(group["target"].Text, group["targetVersion"].Text, from.Code, null), Canonical(map))],
            "fixed" => [new("relatedto", from, new(group["target"].Text, group["targetVersion"].Text, unmapped["code"].Text, unmapped["display"].Text), Canonical(map))],
            "other-map" when unmapped["url"].Text is { } url && conformance.Find("ConceptMap", url) is { } other => There(other, from.System, from.Code!, wanted, asked),
            _ => [],
        };
    }

    private IEnumerable<Match> Back(Element map, string? system, string code, string? wanted) =>
        from grouped in map.Each("group")
        where Same(system, grouped["target"].Text) && Same(wanted, grouped["source"].Text)
        from element in grouped.Each("element")
        from target in element.Each("target")
        where target["code"].Text == code && Applies(target)
        select new Match(Turned(target["equivalence"].Text), new(grouped["target"].Text, grouped["targetVersion"].Text, code, target["display"].Text),
            new(grouped["source"].Text, grouped["sourceVersion"].Text, element["code"].Text, element["display"].Text), Canonical(map));

    // What holds only under a condition counts only when the condition is told, and met.
    private bool Applies(Element target) => target.Each("dependsOn").All(needed => dependencies.Any(given =>
        Part(given, "element", "attribute")["value"].Text == needed["property"].Text && Codes(Part(given, "concept", "value")["value"]).Any(c => c.Code == needed["value"].Text && Same(needed["system"].Text, c.System))));

    private static Element Part(Element parameter, string name, string also) =>
        parameter.Each("part").FirstOrDefault(p => p["name"].Text == name || p["name"].Text == also) ?? Element.None;

    private static IEnumerable<(string? System, string? Code)> Codes(Element value) => value.Type switch
    {
        "CodeableConcept" => value.Each("coding").Select(c => (c["system"].Text, c["code"].Text)),
        "Coding" => [(value["system"].Text, value["code"].Text)],
        _ => [(null, value.Text)],
    };

    private static bool Same(string? asked, string? there) => asked is null || there is null || asked == there;

    private static string? Canonical(Element map) => map["url"].Text is { } url ? map["version"].Text is { } version ? $"{url}|{version}" : url : null;

    // R4 says what the target is to the source; back, the source becomes the target.
    private static string Turned(string? equivalence) => equivalence switch
    {
        "wider" => "narrower",
        "narrower" => "wider",
        "subsumes" => "specializes",
        "specializes" => "subsumes",
        null => "relatedto",
        _ => equivalence,
    };
}
