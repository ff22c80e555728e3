using Fhir.Server.Api.Http;
using Fhir.Server.Api.Identity;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Resources;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Fhir.Server.Api.Interactions;

/// <summary>update and conditional update — https://hl7.org/fhir/R4/http.html#update. To a new id it creates, for callers who see the whole tenant.</summary>
public static class Update
{
    public static void Map(RouteGroupBuilder fhir)
    {
        fhir.MapPut("/{type}/{id}", OneAsync).Asks(Right.Update);
        fhir.MapPut("/{type}", ConditionalAsync).Asks(Right.Update);
    }

    private static async Task<IResult> OneAsync(string type, string id, HttpContext context, Caller caller, Writing writing, CancellationToken stop)
    {
        if (type == "AuditEvent") return Refusal.MethodNotAllowed("GET, HEAD");
        if ((await writing.BodyAsync(context.Request, type, stop)).Failed(out var issue, out var body)) return Refusal.Of(issue);
        if (Conditions.Of(context.Request).Failed(out issue, out var conditions)) return Refusal.Of(issue);
        if (Prepare(new(type, id), body, conditions, HomeOrganization.Of(context.Request, caller.Sees)).Failed(out issue, out var write)) return Refusal.Of(issue);
        return await writing.CommitAsync(context, caller, write, stop);
    }

    private static async Task<IResult> ConditionalAsync(string type, HttpContext context, Caller caller, Writing writing, CancellationToken stop)
    {
        if (type == "AuditEvent") return Refusal.MethodNotAllowed("GET, HEAD, POST");
        if ((await writing.BodyAsync(context.Request, type, stop)).Failed(out var issue, out var body)) return Refusal.Of(issue);
        if (Conditions.Of(context.Request).Failed(out issue, out var conditions)) return Refusal.Of(issue);
        var query = Links.Pairs(context.Request.Query);
        if (Prepare(type, query, body, conditions, HomeOrganization.Of(context.Request, caller.Sees)).Failed(out issue, out var write)) return Refusal.Of(issue);
        return await writing.CommitAsync(context, caller, write, stop);
    }

    /// <summary>The write of a conditional update: which resource it means, the commit finds out.</summary>
    public static Result<Write> Prepare(string type, IEnumerable<KeyValuePair<string, string>> query, RequestBody body, Conditions conditions, ResourceKey? home, string? where = null, string? id = null)
    {
        if (Criteria.Of(type, query).Failed(out var issue, out var criteria)) return issue;
        var named = body.Resource["id"].Text;
        if (named is not null && !IsId(named)) return new Issue(IssueKind.Invalid, "An id has 1 to 64 letters, digits, - and '.'.", $"{type}.id");
        return WriteOf(new(type, named ?? id ?? Write.NewId()), body, conditions, home, where) with { Criteria = criteria };
    }

    /// <summary>The write of an update; the body must name the id of the URL.</summary>
    public static Result<Write> Prepare(ResourceKey key, RequestBody body, Conditions conditions, ResourceKey? home, string? where = null)
    {
        if (!IsId(key.Id)) return new Issue(IssueKind.Invalid, "An id has 1 to 64 letters, digits, - and '.'.", $"{key.Type}.id");
        return body.Resource["id"].Text == key.Id ? WriteOf(key, body, conditions, home, where) : new Issue(IssueKind.Invalid, "The id in the body must be there and be the one in the URL.", $"{key.Type}.id");
    }

    /// <summary>The same for raw content, which names no id of its own.</summary>
    public static Write WriteOf(ResourceKey key, RequestBody body, Conditions conditions, ResourceKey? home, string? where = null) => new()
    {
        Kind = WriteKind.Update, Key = key, Json = body.Json, Resource = body.Resource,
        IfMatch = conditions.IfMatch, OnlyIfNew = conditions.OnlyIfNew, Home = home, Where = where,
    };

    // https://hl7.org/fhir/R4/datatypes.html#id
    public static bool IsId(string id) => id is { Length: > 0 and <= 64 } && id.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.');
}
