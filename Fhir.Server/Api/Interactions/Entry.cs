using System.Globalization;
using Fhir.Server.Api.Http;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Resources;

namespace Fhir.Server.Api.Interactions;

/// <summary>One entry of a batch or transaction, understood — https://hl7.org/fhir/R4/http.html#transaction</summary>
public sealed class Entry
{
    public required int Index { get; init; }
    public required string Method { get; init; }
    public required EntryAddress Address { get; init; }
    public required Conditions Conditions { get; init; }
    public string? FullUrl { get; init; }
    /// <summary>The resource that it brings, or null.</summary>
    public RequestBody? Body { get; set; }

    /// <summary>Where it will be stored: for a create under the id that the server chose.</summary>
    public ResourceKey Key { get; set; }

    /// <summary>An earlier create under the same condition: both mean one resource.</summary>
    public Entry? SameAs { get; set; }

    /// <summary>For issues: <c>Bundle.entry[3]</c>.</summary>
    public string Where => Place(Index);

    public bool IsRead => Method is "GET" or "HEAD";

    /// <summary>DELETE, POST, PUT, then GET, whatever the order in the Bundle.</summary>
    public int Turn => Method switch { "DELETE" => 0, "POST" => 1, "PUT" => 2, _ => 3 };

    private static string Place(int index) => string.Create(CultureInfo.InvariantCulture, $"Bundle.entry[{index}]");

    public static Result<Entry> Of(EntryText text, int index, bool inTransaction)
    {
        var place = Place(index);
        if (text.Method is not { } method || text.Url is not { } url) return new Issue(IssueKind.Invalid, "Every entry needs a request with method and url.", $"{place}.request") { Code = "required" };
        if (EntryAddress.Parse(url).Failed(out var issue, out var address) || Conditions.Of(text).Failed(out issue, out var conditions)) return Refusal.At(issue, place);
        if (text.Broken is { } broken) return Refusal.At(broken, $"{place}.resource");
        RequestBody? body = null;
        if (method is "POST" or "PUT" && !text.Resource.IsEmpty && RequestBody.Parse(text.Resource, inTransaction).Failed(out issue, out body)) return Refusal.At(issue, $"{place}.resource");
        var made = new Entry { Index = index, Method = method, Address = address, Conditions = conditions, FullUrl = text.FullUrl, Body = body };
        return made.Misfit() is { } misfit ? misfit : made.WithKey();
    }

    private Issue? Misfit() => Method switch
    {
        "GET" or "HEAD" => null,
        "DELETE" => Address is { Id: not null, History: false, Version: null } ? null : Wrong("A DELETE names Type/id."),
        "PUT" => Address is not { Id: not null, History: false, Version: null } ? Wrong("A PUT names Type/id.") : NoBody(),
        "POST" => Address is not { Type: not null, Id: null, History: false } ? Wrong("A POST names a type.") : NoBody(),
        _ => new Issue(IssueKind.Unsupported, "GET, HEAD, POST, PUT and DELETE are known here.", $"{Where}.request.method"),
    };

    private Issue? NoBody() => Body is null ? new Issue(IssueKind.Invalid, "This entry needs a resource.", $"{Where}.resource") { Code = "required" }
        : Body.Resource.Type != Address.Type ? new Issue(IssueKind.Invalid, "The resource is of another type than the url.", $"{Where}.resource") : null;

    private Issue Wrong(string text) => new(IssueKind.Invalid, text, $"{Where}.request.url");

    private Entry WithKey()
    {
        if (Address.Type is { } type) Key = new(type, Address.Id ?? (Method == "POST" ? Write.NewId() : ""));
        return this;
    }

    /// <summary>The write it asks for.</summary>
    public Result<Write> ToWrite(ResourceKey? home) => Method switch
    {
        "POST" => Create.Prepare(Key, Body!, Conditions, home, Where),
        "PUT" => Update.Prepare(Key, Body!, Conditions, home, Where),
        _ => Delete.Prepare(Key.Type, Key.Id, Conditions, Where),
    };
}
