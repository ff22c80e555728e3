// https://hl7.org/fhir/R4/valueset-definitions.html#ValueSet.expansion
using System.Globalization;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Terminology.Judging;
using Fhir.Server.Core.Terminology.Systems;
using Fhir.Server.Core.Terminology.ValueSets;
using Fhir.Server.Core.Terminology.Wordings;

namespace Fhir.Server.Core.Terminology.Expanding;

/// <summary>Writes an expansion as a ValueSet, with what it was made from.</summary>
internal sealed class ExpansionWriter(Question question, ValueSetContent valueSet, VersionRules rules, Languages? languages, bool showsVersions)
{
    private const string Extensions = "http://hl7.org/fhir/StructureDefinition/";
    private static readonly string[] Head = ["language", "url", "identifier", "version", "name", "title", "status", "experimental", "date"];
    private static readonly string[] Echoed = ["excludeNested", "activeOnly", "includeDesignations", "includeDefinition", "count", "offset", "filter", "designation", "excludeNotForUI", "excludePostCoordinated", "exclude-system"];

    private readonly EntryWriter _entries = new(question, valueSet, languages, showsVersions);

    public Element Write(List<Entry> page, int total, int? offset)
    {
        var answer = Element.Of("ValueSet");
        var definition = question.Flag("includeDefinition") == true;
        foreach (var child in valueSet.Source.Children)
            if (child.Name != "expansion" && (definition || Head.Contains(child.Name))) answer.Copy(child);
        if (!answer["status"].Exists) answer.Add("status", "unknown");
        var expansion = answer.Add("expansion");
        var fragments = Contents.Parts(valueSet).Select(i => i.Content).OfType<CodeContent>().Where(c => !c.IsComplete).DistinctBy(c => c.Canonical).ToList();
        foreach (var fragment in fragments) Unclosed(expansion, fragment);
        // The properties are known only once the codes are written.
        var contains = Element.Of("ValueSet").Add("expansion");
        foreach (var entry in page) _entries.Write(contains, entry);
        _entries.Declare(expansion);
        if (question.Identifier is { } identifier) expansion.Add("identifier", identifier);
        expansion.Add("timestamp", question.At.ToString("yyyy-MM-dd'T'HH:mm:ss.fffK", CultureInfo.InvariantCulture));
        expansion.Add("total", total.ToString(CultureInfo.InvariantCulture));
        if (offset is { } from) expansion.Add("offset", from.ToString(CultureInfo.InvariantCulture));
        Asked(expansion);
        Used(expansion, fragments);
        foreach (var child in contains.Children) expansion.Add(child);
        return answer;
    }

    private void Asked(Element expansion)
    {
        foreach (var name in Echoed)
            foreach (var given in question.Each(name))
                if (given["value"] is { Exists: true } value) Parameter(expansion, name, value);
        if (languages is not null) Parameter(expansion, "displayLanguage", "valueCode", languages.Text);
        var asked = Contents.Parts(valueSet).Where(i => i.System is not null).ToList();
        Versions(expansion, "force-system-version", asked.Where(i => rules.IsForced(i.System!)));
        Versions(expansion, "system-version", asked.Where(i => i.Asked is null && rules.IsDefaulted(i.System!)));
        Versions(expansion, "check-system-version", asked.Where(i => i.Asked is null && rules.IsChecked(i.System!)));
        ValueSetVersions(expansion, Contents.Parts(valueSet));
    }

    private void ValueSetVersions(Element expansion, IEnumerable<Include> parts)
    {
        var imported = parts.SelectMany(i => i.Source.Each("valueSet")).Select(v => v.Text).OfType<string>().Distinct();
        foreach (var canonical in imported.Where(c => rules.ValueSet(c) != c)) Parameter(expansion, "default-valueset-version", "valueUri", rules.ValueSet(canonical));
    }

    private static void Versions(Element expansion, string name, IEnumerable<Include> includes)
    {
        foreach (var canonical in includes.Select(i => $"{i.System}|{i.Version}").Distinct()) Parameter(expansion, name, "valueUri", canonical);
    }

    private void Used(Element expansion, List<CodeContent> fragments)
    {
        var contents = Contents.Parts(valueSet).Select(i => i.Content).OfType<CodeContent>().DistinctBy(c => c.Canonical).ToList();
        foreach (var content in contents) Parameter(expansion, "used-codesystem", "valueUri", content.Canonical);
        foreach (var fragment in fragments) Parameter(expansion, "used-fragment", "valueUri", fragment.Canonical);
        foreach (var supplement in contents.SelectMany(c => c.Supplements).Distinct()) Parameter(expansion, "used-supplement", "valueUri", $"{supplement["url"].Text}|{supplement["version"].Text}".TrimEnd('|'));
        var imported = Contents.Parts(valueSet).SelectMany(i => i.ValueSets).DistinctBy(v => v.Canonical).ToList();
        foreach (var other in imported) Parameter(expansion, "used-valueset", "valueUri", other.Canonical);
        foreach (var content in contents) if (Standing.Of(content.Source, valueSet.Source) is { } standing) Parameter(expansion, $"warning-{standing}", "valueUri", content.Canonical);
        foreach (var other in imported.Prepend(valueSet)) if (Standing.Of(other.Source, valueSet.Source) is { } standing) Parameter(expansion, $"warning-{standing}", "valueUri", other.Canonical);
    }

    private static void Unclosed(Element expansion, CodeContent fragment)
    {
        var unclosed = expansion.Add("extension");
        unclosed.Add("url", Extensions + "valueset-unclosed");
        unclosed.Add("valueBoolean", "true");
        var reason = expansion.Add("extension");
        reason.Add("url", Extensions + "valueset-unclosed-reason");
        reason.Add("valueString", $"This extension is based on a fragment of the code system {fragment.Url}");
    }

    private static void Parameter(Element expansion, string name, string type, string value)
    {
        var parameter = expansion.Add("parameter");
        parameter.Add("name", name);
        parameter.Add(type, value);
    }

    // Of the types that an expansion parameter may have, a Coding or canonical is none.
    private static void Parameter(Element expansion, string name, Element value)
    {
        if (value.Type is "string" or "boolean" or "integer" or "decimal" or "uri" or "code" or "dateTime")
            Parameter(expansion, name, "value" + char.ToUpperInvariant(value.Type[0]) + value.Type[1..], value.Text!);
        else if (value.Text is { } text) Parameter(expansion, name, "valueString", text);
    }
}
