using System.Globalization;
using Fhir.Server.Api.Http;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;
using Microsoft.AspNetCore.Http;

namespace Fhir.Server.Api.Operations;

/// <summary>The input of an operation, read by name and type — https://hl7.org/fhir/R4/parameters.html. Each issue names its parameter.</summary>
public sealed class Parameters
{
    private readonly ILookup<string, Element> _byName;

    private Parameters(Element resource) => _byName = resource.Each("parameter").ToLookup(p => p["name"].Text ?? "", StringComparer.Ordinal);

    /// <summary>Reads the body; a parameter whose name is not among the known ones is refused, so that a misspelt one is never ignored.</summary>
    public static async Task<Result<Parameters>> ReadAsync(HttpRequest request, IReadOnlyCollection<string> known, CancellationToken stop) =>
        (await RequestBody.ReadAsync(request, stop)).Failed(out var issue, out var body) ? issue : Of(body.Resource, known);

    public static Result<Parameters> Of(Element resource, IReadOnlyCollection<string> known)
    {
        if (resource.Type != "Parameters") return new Issue(IssueKind.Invalid, "The body of an operation is a Parameters resource.", "Parameters");
        var parameters = new Parameters(resource);
        var unknown = resource.Each("parameter").FirstOrDefault(p => !known.Contains(p["name"].Text ?? ""));
        return unknown is null ? parameters : new Issue(IssueKind.Invalid, $"The operation has no such parameter; it knows {string.Join(", ", known)}.", unknown.Location);
    }

    public bool Has(string name) => _byName.Contains(name);

    /// <summary>Every parameter of that name, for those that have parts.</summary>
    public IEnumerable<Element> Each(string name) => _byName[name];

    public Result<string> String(string name) => Required(name, Text(name, "string"));
    public Result<string?> StringOrNone(string name) => Text(name, "string");
    public Result<string> Code(string name) => Required(name, Text(name, "code"));
    public Result<string?> CodeOrNone(string name) => Text(name, "code");

    /// <summary>A canonical or other uri, by whichever of their types, or as a string.</summary>
    public Result<string?> UriOrNone(string name) => Text(name, "uri", "canonical", "url", "string");

    public Result<int> Integer(string name)
    {
        if (Required(name, Text(name, "integer", "unsignedInt", "positiveInt")).Failed(out var issue, out var text)) return issue;
        return int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : Wrong(name, "is not a whole number.");
    }

    public Result<ResourceKey> Reference(string name) =>
        ReferenceOrNone(name).Failed(out var issue, out var key) ? issue : key is { } there ? there : Missing(name);

    public Result<ResourceKey?> ReferenceOrNone(string name)
    {
        if (One(name, "Reference").Failed(out var issue, out var value)) return issue;
        if (!value.Exists) return (ResourceKey?)null;
        return KeyOf(value) is { } key ? key : Wrong(name, "is not a reference of the form Type/id.");
    }

    /// <summary>One or more references of that name.</summary>
    public Result<List<ResourceKey>> References(string name)
    {
        var keys = new List<ResourceKey>();
        foreach (var parameter in _byName[name])
        {
            if (parameter["value"] is not { Type: "Reference" } value || KeyOf(value) is not { } key) return Wrong(name, "is not a reference of the form Type/id.");
            keys.Add(key);
        }
        return keys.Count > 0 ? keys : Missing(name);
    }

    /// <summary>A value of a complex type such as Attachment, or <see cref="Element.None"/>.</summary>
    public Result<Element> ValueOrNone(string name, string type) => One(name, type);

    private Result<string?> Text(string name, params string[] types) =>
        One(name, types).Failed(out var issue, out var value) ? issue : value.Text;

    private Result<Element> One(string name, params string[] types)
    {
        var all = _byName[name].ToList();
        if (all.Count == 0) return Element.None;
        if (all.Count > 1) return Wrong(name, "may stand only once.");
        var value = all[0]["value"];
        return value.Exists && types.Contains(value.Type) ? value : Wrong(name, $"must have a value[x] of type {string.Join(" or ", types)}.");
    }

    private static Result<string> Required(string name, Result<string?> found) =>
        found.Failed(out var issue, out var text) ? issue : string.IsNullOrEmpty(text) ? Missing(name) : text;

    private static ResourceKey? KeyOf(Element reference) =>
        reference["reference"].Text?.Split('/') is [{ Length: > 0 } type, { Length: > 0 } id] ? new(type, id) : null;

    private static Issue Missing(string name) => new(IssueKind.Invalid, $"The parameter {name} is needed.", Where(name)) { Code = "required" };
    private static Issue Wrong(string name, string how) => new(IssueKind.Invalid, $"The parameter {name} {how}", Where(name)) { Code = "value" };
    private static string Where(string name) => $"Parameters.parameter.where(name='{name}')";
}
