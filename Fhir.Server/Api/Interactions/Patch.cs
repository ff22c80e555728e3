using System.Globalization;
using Fhir.Server.Api.Audit;
using Fhir.Server.Api.Blobs;
using Fhir.Server.Api.Http;
using Fhir.Server.Api.Identity;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Resources;
using Fhir.Server.Store.Search;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Fhir.Server.Api.Interactions;

/// <summary>What a patch asks: of which resource, how it changes, and under which conditions. Criteria stand in for the id.</summary>
public sealed record PatchCall(ResourceKey Key, PatchText Text, Conditions Conditions)
{
    public IReadOnlyList<KeyValuePair<string, string>>? Criteria { get; init; }
    public string? Where { get; init; }

    /// <summary>All that it searches for.</summary>
    public IEnumerable<SearchQuery> Asked => this.Criteria is not { } query || Interactions.Criteria.Of(Key.Type, query).Failed(out _, out var criteria) ? [] : [criteria];
}

/// <summary>patch and conditional patch — https://hl7.org/fhir/R4/http.html#patch. An update of the version that was patched: who came in between is never overwritten.</summary>
public sealed class Patch(ResourceStore store, Writing writing, BinaryData binaries, TenantDatabase database, ResourceSearch search, ApiSettings settings)
{
    public const int MostTries = 20;

    public static readonly Issue Overtaken = new(IssueKind.Conflict, "Others keep writing this resource; try again.");

    public static void Map(RouteGroupBuilder fhir)
    {
        fhir.MapPatch("/{type}/{id}", (string type, string id, HttpContext context, Caller caller, Patch patch, CancellationToken stop) =>
            patch.OneAsync(new(type, id), null, context, caller, stop)).Asks(Right.Patch);
        fhir.MapPatch("/{type}", (string type, HttpContext context, Caller caller, Patch patch, CancellationToken stop) =>
            patch.OneAsync(new(type, ""), [.. Links.Pairs(context.Request.Query)], context, caller, stop)).Asks(Right.Patch);
    }

    private async Task<IResult> OneAsync(ResourceKey key, IReadOnlyList<KeyValuePair<string, string>>? criteria, HttpContext context, Caller caller, CancellationToken stop)
    {
        if (key.Type == "AuditEvent") return Refusal.MethodNotAllowed("GET, HEAD");
        if (!DefinitionSet.R4.IsResource(key.Type)) return Refusal.Of(Writing.NoSuchType);
        if ((await PatchText.ReadAsync(context.Request, stop)).Failed(out var issue, out var text)) return Refusal.Of(issue);
        if (Conditions.Of(context.Request).Failed(out issue, out var conditions)) return Refusal.Of(issue);
        var call = new PatchCall(key, text, conditions) { Criteria = criteria };
        var failed = (await RunAsync(call, caller, stop)).Failed(out issue, out var done);
        if (!await writing.IsTracedAsync(Call.Of(context), caller, call.Asked, done, stop)) return AuditFilter.Unaudited;
        return failed ? Refusal.Of(issue!) : await writing.AnswerAsync(context, caller, done!, stop);
    }

    /// <summary>Patches and commits; once more on what is there now, when somebody came in between.</summary>
    public async Task<Result<Done>> RunAsync(PatchCall call, Caller caller, CancellationToken stop)
    {
        for (var tries = 1; tries <= MostTries; tries++)
        {
            if ((await PrepareAsync(call, caller, stop)).Failed(out var issue, out var write)) return issue;
            if (!(await writing.CommitAsync([write], caller, stop)).Failed(out issue, out var all)) return all[0];
            if (issue.Kind != IssueKind.Stale || call.Conditions.IsAny) return issue;
        }
        return Overtaken;
    }

    /// <summary>
    /// The update that a patch comes to. It is judged like any update: what the patch makes is read again, from the text that will be stored.
    /// </summary>
    public async Task<Result<Write>> PrepareAsync(PatchCall call, Caller caller, CancellationToken stop)
    {
        if ((await KeyAsync(call, caller, stop)).Failed(out var issue, out var key)) return issue;
        if ((await store.ReadAsync(key, caller.Sees, stop)).Failed(out issue, out var version)) return issue;
        var current = version.Version.ToString(CultureInfo.InvariantCulture);
        if (call.Conditions.IfMatch is { } wanted && wanted != current) return new Issue(IssueKind.Stale, $"The current version is {current}, not the one you name.", "If-Match");
        if (RequestBody.Reread((await binaries.PutBackAsync(version, stop)).Body).Failed(out issue, out var stored)) return issue;
        // Before the patch: it could take the mark away, and what was left out would be gone.
        if (Writing.ReadInPart(stored.Resource) is { } part) return part;
        if (call.Text.Apply(stored).Failed(out issue, out var patched)) return issue;
        if (patched.Length > settings.MaxBodyBytes) return new Issue(IssueKind.Invalid, "The patch makes the resource too large.") { Code = "too-long" };
        if (RequestBody.Parse(patched).Failed(out issue, out var body)) return issue with { Kind = IssueKind.Unfit };
        if ((await writing.FitAsync(body, key.Type, stop)).Failed(out issue, out body)) return issue;
        return Update.Prepare(key, body, call.Conditions with { IfMatch = current }, null, call.Where);
    }

    // What meets the criteria now; the commit holds that version fast.
    private async Task<Result<ResourceKey>> KeyAsync(PatchCall call, Caller caller, CancellationToken stop)
    {
        if (call.Criteria is not { } query) return call.Key;
        if (Criteria.Of(call.Key.Type, query).Failed(out var issue, out var criteria)) return issue;
        await using var session = await database.ReadAsync(snapshot: false, stop);
        if ((await search.MatchAsync(session, criteria, caller.Sees, 2, stop)).Failed(out issue, out var rids)) return issue;
        if (rids.Count == 0) return new Issue(IssueKind.NotFound, "Nothing meets the criteria.");
        if (rids.Count > 1) return ResourceSearch.MoreThanOne;
        return new ResourceKey(call.Key.Type, (await session.FirstAsync(Sql.Of($"select fid from res where rid = {rids[0]}"), r => r.GetString(0), stop))!);
    }
}
