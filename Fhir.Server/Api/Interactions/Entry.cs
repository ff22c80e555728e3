using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Fhir.Server.Api.Http;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Resources;
using Fhir.Server.Store.Search;

namespace Fhir.Server.Api.Interactions;

/// <summary>One entry of a batch or transaction, understood — https://hl7.org/fhir/R4/http.html#transaction</summary>
public sealed class Entry
{
    public required int Index { get; init; }
    public required string Method { get; init; }
    /// <summary>As it was sent.</summary>
    public required string Url { get; init; }
    public required EntryAddress Address { get; init; }
    public required Conditions Conditions { get; init; }
    public string? FullUrl { get; init; }
    /// <summary>The resource that it brings, or null.</summary>
    public RequestBody? Body { get; set; }

    /// <summary>Where it will be stored: for a create under the id that the server chose.</summary>
    public ResourceKey Key { get; set; }

    /// <summary>Where it is stored when a job does it: a create has an id that follows from the job and its place.</summary>
    public ResourceKey KeyIn(string job) => Method != "POST" ? Key
        : new(Key.Type, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{job}/{Index}")))[..16]));

    /// <summary>An earlier create under the same condition: both mean one resource.</summary>
    public Entry? SameAs { get; set; }

    /// <summary>For issues: <c>Bundle.entry[3]</c>.</summary>
    public string Where => Place(Index);

    public bool IsRead => Method is "GET" or "HEAD";

    /// <summary>DELETE, POST, PUT and PATCH, then GET, whatever the order in the Bundle.</summary>
    public int Turn => Method switch { "DELETE" => 0, "POST" => 1, "PUT" or "PATCH" => 2, _ => 3 };

    private static string Place(int index) => string.Create(CultureInfo.InvariantCulture, $"Bundle.entry[{index}]");

    public static Result<Entry> Of(EntryText text, int index, bool inTransaction)
    {
        var place = Place(index);
        if (text.Method is not { } method || text.Url is not { } url) return new Issue(IssueKind.Invalid, "Every entry needs a request with method and url.", $"{place}.request") { Code = "required" };
        if (EntryAddress.Parse(url).Failed(out var issue, out var address) || Conditions.Of(text).Failed(out issue, out var conditions)) return Refusal.At(issue, place);
        if (text.Broken is { } broken) return Refusal.At(broken, $"{place}.resource");
        RequestBody? body = null;
        if (method is "POST" or "PUT" or "PATCH" && !text.Resource.IsEmpty && RequestBody.Parse(text.Resource, inTransaction).Failed(out issue, out body)) return Refusal.At(issue, $"{place}.resource");
        var made = new Entry { Index = index, Method = method, Url = url, Address = address, Conditions = conditions, FullUrl = text.FullUrl, Body = body };
        return made.Misfit() is { } misfit ? misfit : made.WithKey();
    }

    private Issue? Misfit() => Method switch
    {
        "GET" or "HEAD" => null,
        "DELETE" => NamesOne ? null : Wrong("A DELETE names Type/id or Type?criteria."),
        "PUT" => NamesOne ? NoBody() ?? OtherType() : Wrong("A PUT names Type/id or Type?criteria."),
        "PATCH" => NamesOne ? NoBody() : Wrong("A PATCH names Type/id or Type?criteria."),
        "POST" => Address is not { Type: not null, Id: null, History: false, Within: null } ? Wrong("A POST names a type.") : NoBody() ?? OtherType(),
        _ => new Issue(IssueKind.Unsupported, "GET, HEAD, POST, PUT, PATCH and DELETE are known here.", $"{Where}.request.method"),
    };

    private bool NamesOne => Address is { Type: not null, History: false, Version: null, Within: null } && Address.Id is null == IsConditional;

    /// <summary>Which resource a PUT, PATCH or DELETE means is said by criteria.</summary>
    public bool IsConditional => Address is { Type: not null, Id: null, Query.Count: > 0 };

    private Issue? NoBody() => Body is null ? new Issue(IssueKind.Invalid, "This entry needs a resource.", $"{Where}.resource") { Code = "required" } : null;

    private Issue? OtherType() => Body!.Resource.Type != Address.Type ? new Issue(IssueKind.Invalid, "The resource is of another type than the url.", $"{Where}.resource") : null;

    private Issue Wrong(string text) => new(IssueKind.Invalid, text, $"{Where}.request.url");

    private Entry WithKey()
    {
        if (Address.Type is { } type) Key = new(type, Address.Id ?? (Method == "PUT" ? Body!.Resource["id"].Text : null) ?? (Method is "POST" or "PUT" ? Write.NewId() : ""));
        return this;
    }

    /// <summary>All that a write searches for: its condition, and what its references mean.</summary>
    public IEnumerable<SearchQuery> Asked()
    {
        SearchQuery? criteria = null;
        if (!IsRead && IsConditional && Criteria.Of(Key.Type, Address.Query).Failed(out _, out criteria)) criteria = null;
        if (Conditions.IfNoneExist is { } search && Criteria.Parse(Key.Type, search).Failed(out _, out criteria)) criteria = null;
        if (criteria is not null) yield return criteria;
        if (Body is null || ConditionalReferences.In(Body.Resource).Failed(out _, out var lookups)) yield break;
        foreach (var lookup in lookups.Values) yield return lookup;
    }

    /// <summary>The patch it asks for.</summary>
    public Result<PatchCall> ToPatch() => PatchText.Of(Body!, Where).Failed(out var issue, out var text) ? issue
        : new PatchCall(Key, text, Conditions) { Criteria = IsConditional ? Address.Query : null, Where = Where };

    /// <summary>The write it asks for.</summary>
    public Result<Write> ToWrite(ResourceKey? home) => Method switch
    {
        "POST" => Create.Prepare(Key, Body!, Conditions, home, Where),
        "PUT" when IsConditional => Update.Prepare(Key.Type, Address.Query, Body!, Conditions, home, Where, Key.Id),
        "DELETE" when IsConditional => Delete.Prepare(Key.Type, Address.Query, Conditions, Where),
        "PUT" => Update.Prepare(Key, Body!, Conditions, home, Where),
        _ => Delete.Prepare(Key.Type, Key.Id, Conditions, Where),
    };
}
