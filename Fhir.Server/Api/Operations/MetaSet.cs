using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;

namespace Fhir.Server.Api.Operations;

/// <summary>Profiles, security labels and tags as sets — https://hl7.org/fhir/R4/resource.html#Meta. A coding is the same when system and code are.</summary>
internal sealed class MetaSet
{
    public static readonly string[] Parts = ["profile", "security", "tag"];
    private readonly Dictionary<string, Element> _all = new(StringComparer.Ordinal);

    public void Add(Element meta)
    {
        foreach (var part in Of(meta)) _all.TryAdd(KeyOf(part), part);
    }

    public void Remove(Element meta)
    {
        foreach (var part in Of(meta)) _all.Remove(KeyOf(part));
    }

    /// <summary>A Meta of these, after what else stood in it.</summary>
    public Element ToMeta(IEnumerable<Element> others)
    {
        var meta = new Element("meta", DefinitionSet.R4.Type("Meta")!);
        foreach (var other in others.Where(o => !Parts.Contains(o.Name))) meta.Add(other.Copy());
        foreach (var name in Parts)
            foreach (var part in _all.Values.Where(p => p.Name == name)) meta.Add(part.Copy());
        return meta;
    }

    private static IEnumerable<Element> Of(Element meta) => meta.Children.Where(c => Parts.Contains(c.Name));

    private static string KeyOf(Element part) => part.Name == "profile" ? $"profile\n{part.Text}" : $"{part.Name}\n{part["system"].Text}\n{part["code"].Text ?? part["display"].Text}";
}
