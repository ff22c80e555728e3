// https://hl7.org/fhir/R4/valueset-definitions.html#ValueSet.expansion.contains
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Terminology.Systems;
using Fhir.Server.Core.Terminology.ValueSets;
using Fhir.Server.Core.Terminology.Wordings;

namespace Fhir.Server.Core.Terminology.Expanding;

/// <summary>Writes one code of an expansion. Properties, which R4 does not have there, stand in the extensions that R5 gives for them.</summary>
internal sealed class EntryWriter(Question question, ValueSetContent valueSet, Languages? languages, bool showsVersions)
{
    private const string Extensions = "http://hl7.org/fhir/StructureDefinition/";
    private const string R5 = "http://hl7.org/fhir/5.0/StructureDefinition/extension-ValueSet.expansion.";

    private static readonly string[] Kept = [Extensions + "rendering-style", Extensions + "rendering-xhtml", Extensions + "valueset-deprecated", Extensions + "valueset-concept-definition", Extensions + "valueset-concept-comments"];
    private static readonly string[] KeptOnWordings = [Extensions + "coding-sctdescid", Extensions + "structuredefinition-standards-status"];
    // What the value set says stands above what the code system says.
    private static readonly (string Extension, string Property, string Type)[] AsProperties =
    [
        (Extensions + "valueset-conceptOrder", "order", "valueDecimal"), (Extensions + "codesystem-conceptOrder", "order", "valueDecimal"),
        (Extensions + "valueset-label", "label", "valueString"), (Extensions + "codesystem-label", "label", "valueString"),
        (Extensions + "itemWeight", "weight", "valueDecimal"), (Extensions + "ordinalValue", "weight", "valueDecimal"),
        (Extensions + "structuredefinition-standards-status", "status", "valueCode"),
    ];

    private readonly SortedDictionary<string, string?> _declared = new(StringComparer.Ordinal);
    private readonly HashSet<string> _wanted = [.. question.Texts("property")];

    public void Write(Element parent, Entry entry)
    {
        var contains = parent.Add("contains");
        IReadOnlyList<Element> sources = [.. entry.Listed is null ? [] : new[] { entry.Listed }, .. entry.Concept?.Sources ?? []];
        foreach (var extension in sources.SelectMany(s => s.Each("extension")).Where(e => Kept.Contains(e["url"].Text)).DistinctBy(e => e["url"].Text)) contains.Copy(extension);
        foreach (var (code, type, value) in Properties(entry, sources)) Property(contains, code, type, value);
        if (entry.System is { } system) contains.Add("system", system);
        if (entry.Concept?.IsAbstract == true) contains.Add("abstract", "true");
        if (entry.IsInactive) contains.Add("inactive", "true");
        if (showsVersions && entry.Version is { } version) contains.Add("version", version);
        contains.Add("code", entry.Code);
        Words(contains, entry);
        foreach (var below in entry.Below) Write(contains, below);
    }

    /// <summary>Says in the expansion which properties its codes have.</summary>
    public void Declare(Element expansion)
    {
        foreach (var (code, uri) in _declared)
        {
            var extension = expansion.Add("extension");
            extension.Add("url", R5 + "property");
            Part(extension, "code", "valueCode", code);
            if (uri is not null) Part(extension, "uri", "valueUri", uri);
        }
    }

    private void Words(Element contains, Entry entry)
    {
        var all = Wording.Of(entry.Concept, entry.Content, entry.Listed, valueSet.Source["language"].Text);
        var best = Wording.Best(all, languages);
        if (best is not null) contains.Add("display", best.Text);
        if (question.Flag("includeDesignations") != true) return;
        var native = all.Find(w => w.IsDisplay);
        foreach (var wording in all.Where(w => !ReferenceEquals(w, best) && (!w.IsDisplay || ReferenceEquals(w, native)) && Asked(w))) Designation(contains, wording);
    }

    private bool Asked(Wording wording)
    {
        string[] asked = [.. question.Texts("designation")];
        if (asked.Length == 0) return true;
        var use = wording.Source["use"];
        return asked.Any(a => a == $"urn:ietf:bcp:47|{wording.Language}" || a == wording.Language || (use.Exists && a == $"{use["system"].Text}|{use["code"].Text}"));
    }

    private static void Designation(Element contains, Wording wording)
    {
        var designation = contains.Add("designation");
        foreach (var extension in wording.Source.Each("extension").Where(e => KeptOnWordings.Contains(e["url"].Text))) designation.Copy(extension);
        if (wording.Language is { } language) designation.Add("language", language);
        if (wording.IsDisplay)
        {
            var use = designation.Add("use");
            use.Add("system", "http://terminology.hl7.org/CodeSystem/hl7TermMaintInfra");
            use.Add("code", "preferredForLanguage");
        }
        else if (wording.Source["use"].Exists) designation.Copy(wording.Source["use"]);
        designation.Add("value", wording.Text);
    }

    private IEnumerable<(string Code, string Type, string Value)> Properties(Entry entry, IReadOnlyList<Element> sources)
    {
        var told = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (url, code, type) in AsProperties)
            if (sources.SelectMany(s => s.Each("extension")).FirstOrDefault(e => e["url"].Text == url)?["value"].Text is { } value && told.Add(code)) yield return (code, type, value);
        if (entry.Concept is not { } concept) yield break;
        if (concept.Status is { } status and not "active" && told.Add("status")) yield return ("status", "valueCode", status);
        if (_wanted.Contains("definition") && concept.Source["definition"].Text is { } definition) yield return ("definition", "valueString", definition);
        foreach (var property in concept.Sources.SelectMany(s => s.Each("property")).Where(p => _wanted.Contains(p["code"].Text ?? "") || _wanted.Contains("*")))
            if (property["code"].Text is { } name && name != "status" && property["value"] is { Text: { } text } value) yield return (name, "value" + char.ToUpperInvariant(value.Type[0]) + value.Type[1..], text);
    }

    private void Property(Element contains, string code, string type, string value)
    {
        if (!_declared.ContainsKey(code)) _declared.Add(code, Uri(code));
        var extension = contains.Add("extension");
        extension.Add("url", R5 + "contains.property");
        Part(extension, "code", "valueCode", code);
        Part(extension, "value", type, value);
    }

    // What the code system says; where it says nothing, what FHIR means by that name.
    private string? Uri(string code) =>
        Contents.Parts(valueSet).Select(i => i.Content).OfType<CodeContent>().SelectMany(c => c.Supplements.Prepend(c.Source))
            .SelectMany(s => s.Each("property")).FirstOrDefault(p => p["code"].Text == code)?["uri"].Text
        ?? code switch
        {
            "weight" => "http://hl7.org/fhir/concept-properties#itemWeight",
            "order" or "label" or "status" or "definition" or "inactive" or "notSelectable" or "parent" or "child" => "http://hl7.org/fhir/concept-properties#" + code,
            _ => null,
        };

    private static void Part(Element extension, string name, string type, string value)
    {
        var part = extension.Add("extension");
        part.Add("url", name);
        part.Add(type, value);
    }
}
