using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Json;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Resources;

namespace Fhir.Server.Api.Validating;

/// <summary>The resources that another refers to, read beforehand and as the caller sees them: what is hidden is as unknown as what is not there.</summary>
public sealed class ReferencesInView
{
    private const int Most = 100;   // each costs a read
    private readonly Dictionary<string, Element> _found = new(StringComparer.Ordinal);
    private readonly List<long> _rids = [];

    private ReferencesInView() { }

    /// <summary>For the audit.</summary>
    public IReadOnlyList<long> Rids => _rids;

    /// <summary>What a reference text points to, or null.</summary>
    public Element? Find(string reference) => _found.GetValueOrDefault(reference);

    public static async Task<ReferencesInView> OfAsync(Element resource, AccessContext sees, ResourceStore store, string baseUrl, CancellationToken stop)
    {
        var view = new ReferencesInView();
        foreach (var text in Texts(resource).Distinct(StringComparer.Ordinal).Take(Most).ToList())
            if (KeyOf(text, baseUrl) is { } key && sees.Allows(key.Type, Permission.Read)) await view.ReadAsync(text, key, sees, store, stop);
        return view;
    }

    private async Task ReadAsync(string text, ResourceKey key, AccessContext sees, ResourceStore store, CancellationToken stop)
    {
        if ((await store.ReadAsync(key, sees, stop)).Failed(out _, out var version)) return;
        if (JsonReader.Read(version.Body, DefinitionSet.R4).Failed(out _, out var element)) return;
        _found.Add(text, element);
        _rids.Add(version.Rid);
    }

    private static IEnumerable<string> Texts(Element element)
    {
        if (element.Type == "Reference" && element["reference"].Text is { } text) yield return text;
        foreach (var child in element.Children)
            foreach (var below in Texts(child)) yield return below;
    }

    private static ResourceKey? KeyOf(string text, string baseUrl) =>
        Reference.TryParse(text, out var reference) && reference is { Type: { } type, Id: { } id } && (reference.Form == ReferenceForm.Relative || reference.Base == baseUrl) ? new(type, id) : null;
}
