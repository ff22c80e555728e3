using Fhir.Server.Core.Elements;

namespace Fhir.Server.Core.Tests.Validation.Snapshots;

/// <summary>
/// Two snapshots compared element by element, fact by fact. Prose (short, definition, comment, mapping, ...) is not compared: we do not carry it.
/// HL7's tools pin the canonicals of R4 itself (<c>|4.0.1</c>) and write contentReference with the url of its definition; R4 does neither.
/// </summary>
internal static class SnapshotFacts
{
    private static readonly string[] Plain = ["path", "sliceName", "min", "max", "maxLength"];
    private static readonly string[] Flags = ["mustSupport", "isModifier", "isSummary"];
    private static readonly string[] Values = ["fixed", "pattern", "minValue", "maxValue", "defaultValue"];

    /// <summary>One line for each difference: <c>id fact: expected → actual</c>.</summary>
    public static List<string> Differences(Element expected, Element actual)
    {
        var differences = new List<string>();
        var (left, right) = (ById(expected), ById(actual));
        differences.AddRange(left.Keys.Except(right.Keys).Select(id => $"{id} is missing"));
        differences.AddRange(right.Keys.Except(left.Keys).Select(id => $"{id} is too much"));
        foreach (var (id, element) in left.Where(e => right.ContainsKey(e.Key)))
            foreach (var (fact, value) in Of(element))
                if (Of(right[id])[fact] is var other && other != value) differences.Add($"{id} {fact}: {value} → {other}");
        var order = left.Keys.Where(right.ContainsKey);
        if (!order.SequenceEqual(right.Keys.Where(left.ContainsKey))) differences.Add("the order is another");
        return differences;
    }

    private static Dictionary<string, Element> ById(Element snapshot)
    {
        var byId = new Dictionary<string, Element>(StringComparer.Ordinal);
        foreach (var element in snapshot.Each("element"))
        {
            var id = element["id"].Text ?? element["path"].Text!;
            while (!byId.TryAdd(id, element)) id += "'";
        }
        return byId;
    }

    private static Dictionary<string, string> Of(Element element)
    {
        var facts = Plain.ToDictionary(name => name, name => element[name].Text ?? "", StringComparer.Ordinal);
        foreach (var name in Flags) facts[name] = element[name].Text ?? "false";
        foreach (var name in Values) facts[name] = Shown(element[name]);
        facts["contentReference"] = element["contentReference"].Text is { } reference ? reference[reference.IndexOf('#', StringComparison.Ordinal)..] : "";
        facts["base"] = $"{element["base"]["path"].Text} {element["base"]["min"].Text}..{element["base"]["max"].Text}";
        facts["slicing"] = Slicing(element["slicing"]);
        facts["binding"] = $"{element["binding"]["strength"].Text} {Unpinned(element["binding"]["valueSet"].Text)}".Trim();
        facts["constraint"] = Sorted(element.Each("constraint").Select(c => c["key"].Text));
        facts["condition"] = Sorted(element.Each("condition").Select(c => c.Text));
        facts["representation"] = Sorted(element.Each("representation").Select(c => c.Text));
        facts["type"] = string.Join(" ", element.Each("type").Select(TypeOf));
        return facts;
    }

    private static string TypeOf(Element type) => type["code"].Text + Listed(type, "profile", "()") + Listed(type, "targetProfile", "<>") + Listed(type, "aggregation", "{}");

    private static string Listed(Element type, string name, string brackets) =>
        type.Each(name).Any() ? brackets[0] + Sorted(type.Each(name).Select(p => Unpinned(p.Text))) + brackets[1] : "";

    private static string Slicing(Element slicing) => !slicing.Exists ? "" :
        $"{Sorted(slicing.Each("discriminator").Select(d => $"{d["type"].Text}:{d["path"].Text}"))} {(slicing["ordered"].Text == "true" ? "ordered " : "")}{slicing["rules"].Text}";

    private static string? Unpinned(string? canonical) =>
        canonical is not null && canonical.StartsWith("http://hl7.org/fhir/", StringComparison.Ordinal) && canonical.EndsWith("|4.0.1", StringComparison.Ordinal) ? canonical[..^6] : canonical;

    private static string Sorted(IEnumerable<string?> texts) => string.Join(",", texts.Distinct().Order(StringComparer.Ordinal));

    private static string Shown(Element value) => !value.Exists ? "" : value.Children.Count == 0 ? $"{value.Type} {value.Text}" :
        $"{value.Type} {{{string.Join(" ", value.Children.Select(c => $"{c.Name}={Shown(c)}"))}}}";
}
