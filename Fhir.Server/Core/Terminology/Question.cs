// https://hl7.org/fhir/R4/parameters.html
using System.Globalization;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;

namespace Fhir.Server.Core.Terminology;

/// <summary>A definition by its type and url, whatever its version.</summary>
public sealed record Canonical(string Type, string Url);

/// <summary>What a terminology operation is asked: its Parameters, found by name, and what comes with the request around them.</summary>
public sealed class Question
{
    private const string ParameterExtension = "http://hl7.org/fhir/StructureDefinition/valueset-expansion-parameter";
    private readonly ILookup<string, Element> _byName;

    public Question(Element parameters) =>
        _byName = parameters.Each("parameter").ToLookup(p => p["name"].Text ?? "", StringComparer.Ordinal);

    /// <summary>The languages that the request would like, as in Accept-Language; a parameter displayLanguage stands above it.</summary>
    public string? AcceptLanguage { get; init; }
    /// <summary>The moment that an expansion is stamped with.</summary>
    public DateTimeOffset At { get; init; }
    /// <summary>The name that an expansion gets.</summary>
    public string? Identifier { get; init; }
    /// <summary>The ValueSet, CodeSystem or ConceptMap that the operation was called on.</summary>
    public Element Instance { get; init; } = Element.None;

    /// <summary>The same, with what the value set itself wants where the request is silent.</summary>
    internal Question With(Element valueSet)
    {
        var wishes = valueSet["compose"].Each("extension").Where(e => e["url"].Text == ParameterExtension).ToList();
        if (wishes.Count == 0) return this;
        var parameters = Answer.New();
        foreach (var given in _byName.SelectMany(g => g)) parameters.Copy(given);
        foreach (var wish in wishes)
        {
            var (name, value) = (wish.Each("extension").FirstOrDefault(e => e["url"].Text == "name"), wish.Each("extension").FirstOrDefault(e => e["url"].Text == "value"));
            var isSaid = name?["value"].Text is not { } known || Has(known) || (known == "displayLanguage" && AcceptLanguage is not null);
            if (!isSaid && value is not null) parameters.Put(name!["value"].Text!, value["value"]);
        }
        return new(parameters) { AcceptLanguage = AcceptLanguage, At = At, Identifier = Identifier, Instance = Instance };
    }

    public bool Has(string name) => _byName.Contains(name);
    public string? Text(string name) => Value(name).Text;
    public bool? Flag(string name) => Text(name) switch { "true" => true, "false" => false, _ => null };
    public IEnumerable<string> Texts(string name) => _byName[name].Select(p => p["value"].Text).OfType<string>();
    /// <summary>The value[x], or <see cref="Element.None"/>.</summary>
    public Element Value(string name) => _byName[name].FirstOrDefault()?["value"] ?? Element.None;
    public Element Resource(string name) => Resources(name).FirstOrDefault() ?? Element.None;
    public IEnumerable<Element> Resources(string name) => _byName[name].Select(p => p["resource"]).Where(r => r.Exists);
    public IEnumerable<Element> Each(string name) => _byName[name];

    /// <summary>A number that is not negative, or null when it is not there.</summary>
    public Result<int?> Number(string name) =>
        Text(name) is not { } text ? (int?)null
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number
        : new Issue(IssueKind.Invalid, $"The parameter {name} is not a whole number from 0.", $"Parameters.parameter.where(name='{name}')") { Code = "value" };

    /// <summary>The definitions that the answer may have to be looked up in; type = what the parameter url names.</summary>
    public IEnumerable<Canonical> Definitions(string type)
    {
        foreach (var url in Texts("url")) yield return new(type, url.Split('|')[0]);
        foreach (var system in Texts("system").Concat(Texts("useSupplement"))) yield return new("CodeSystem", system.Split('|')[0]);
        foreach (var coded in new[] { "coding", "codingA", "codingB", "codeableConcept" }.Select(Value))
            foreach (var system in coded.Each("coding").Prepend(coded).Select(c => c["system"].Text).OfType<string>()) yield return new("CodeSystem", system);
        foreach (var given in Resources("valueSet").Concat(Resources("tx-resource")).Append(Instance))
            foreach (var drawn in DrawnFrom(given)) yield return drawn;
    }

    /// <summary>What a value set is made from, and what a map leads to.</summary>
    public static IEnumerable<Canonical> DrawnFrom(Element definition)
    {
        foreach (var part in definition["compose"].Each("include").Concat(definition["compose"].Each("exclude")))
        {
            if (part["system"].Text is { } system) yield return new("CodeSystem", system);
            foreach (var other in part.Each("valueSet").Select(v => v.Text).OfType<string>()) yield return new("ValueSet", other.Split('|')[0]);
        }
        foreach (var other in definition.Each("group").Select(g => g["unmapped"]["url"].Text).OfType<string>()) yield return new("ConceptMap", other.Split('|')[0]);
    }
}
