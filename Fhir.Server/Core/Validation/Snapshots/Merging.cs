using Fhir.Server.Core.Elements;

namespace Fhir.Server.Core.Validation.Snapshots;

/// <summary>What a profile says, laid over what its base says — https://hl7.org/fhir/R4/elementdefinition.html#interpretation</summary>
internal static class Merging
{
    private static readonly HashSet<string> Bindable = new(StringComparer.Ordinal)
        { "code", "Coding", "CodeableConcept", "Quantity", "string", "uri" };

    public static void Lay(Facts change, Node over)
    {
        foreach (var group in change.All.GroupBy(f => f.Name)) Lay(group.Key, [.. group], over);
        if (over.Facts.Has("binding") && over.Facts.TypeCodes.Any() && !over.Facts.TypeCodes.Any(Bindable.Contains)) over.Facts.Remove("binding");
    }

    private static void Lay(string name, Element[] said, Node over)
    {
        var facts = over.Facts;
        switch (name)
        {
            case "slicing": facts.Set(name, [facts.Has(name) ? Slicing(facts[name], said[0]) : said[0]]); break;
            case "constraint": AddNew(facts, said, c => c["key"].Text); break;
            case "condition": AddNew(facts, said, c => c.Text); break;
            case "code": AddNew(facts, said, c => $"{c["system"].Text}|{c["code"].Text}"); break;
            case "extension": AddNew(facts, said, x => x["url"].Text); break;
            case "binding": facts.Set(name, [facts.Has(name) ? Binding(facts[name], said[0]) : said[0]]); break;
            case "type" when facts.Has("contentReference"): break;
            case "isModifier" when !over.IsExtension && facts.Has(name): break;   // a profile cannot change it
            case "isSummary" when facts.Has(name): break;
            case "base" or "contentReference": break;
            default: facts.Set(name, said); break;
        }
    }

    private static void AddNew(Facts facts, Element[] said, Func<Element, string?> key)
    {
        foreach (var element in said)
            if (!facts.Each(element.Name).Any(e => key(e) == key(element))) facts.Add(element);
    }

    private static Element Slicing(Element below, Element above)
    {
        var merged = Element.Of("ElementDefinition").Add("slicing");
        foreach (var d in below.Each("discriminator").Concat(above.Each("discriminator")).DistinctBy(d => (d["type"].Text, d["path"].Text)))
        {
            var discriminator = merged.Add("discriminator");
            discriminator.Add("type", d["type"].Text);
            discriminator.Add("path", d["path"].Text);
        }
        foreach (var name in (string[])["ordered", "rules"])
            if ((above[name].Text ?? below[name].Text) is { } text) merged.Add(name, text);
        return merged;
    }

    private static Element Binding(Element below, Element above)
    {
        var merged = Element.Of("ElementDefinition").Add("binding");
        foreach (var extension in above.Each("extension")) merged.Add(extension.Copy());
        foreach (var name in (string[])["strength", "valueSet"])
            if ((above[name].Exists ? above[name] : below[name]) is { Exists: true } found) merged.Add(found.Copy());
        return merged;
    }
}
