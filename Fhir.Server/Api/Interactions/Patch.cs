using Fhir.Server.Api.Blobs;
using Fhir.Server.Api.Http;
using Fhir.Server.Api.Identity;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Json;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Core.Patch;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Resources;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Fhir.Server.Api.Interactions;

/// <summary>patch, as FHIRPath Patch — https://hl7.org/fhir/R4/http.html#patch. An update of the version that was patched: who came in between is never overwritten.</summary>
public sealed class Patch(ResourceStore store, Writing writing, BinaryData binaries)
{
    private const int MostTries = 20;

    public static void Map(RouteGroupBuilder fhir) => fhir.MapPatch("/{type}/{id}", (string type, string id, HttpContext context, Caller caller, Patch patch, CancellationToken stop) =>
        patch.OneAsync(new(type, id), context, caller, stop)).Asks(Right.Patch);

    private async Task<IResult> OneAsync(ResourceKey key, HttpContext context, Caller caller, CancellationToken stop)
    {
        if (key.Type == "AuditEvent") return Refusal.MethodNotAllowed("GET, HEAD");
        if (!DefinitionSet.R4.IsResource(key.Type)) return Refusal.Of(Writing.NoSuchType);
        if ((await RequestBody.ReadAsync(context.Request, stop)).Failed(out var issue, out var asked)) return Refusal.Of(issue);
        if (Conditions.Of(context.Request).Failed(out issue, out var conditions)) return Refusal.Of(issue);
        for (var tries = 1; ; tries++)
        {
            if ((await WriteAsync(key, asked, conditions, caller, stop)).Failed(out issue, out var write)) return Refusal.Of(issue);
            if (!(await writing.CommitAsync([write], caller, stop)).Failed(out issue, out var all)) return await writing.AnswerAsync(context, caller, all[0], stop);
            var wasOvertaken = issue.Kind == IssueKind.Stale && conditions.IfMatch is null && !conditions.OnlyIfNew;
            if (!wasOvertaken) return Refusal.Of(issue);
            if (tries == MostTries) return Refusal.Of(new(IssueKind.Conflict, "Others keep writing this resource; try again."));
        }
    }

    // The patch is judged like any update: what it makes is read again, from the text that will be stored.
    private async Task<Result<Write>> WriteAsync(ResourceKey key, RequestBody asked, Conditions conditions, Caller caller, CancellationToken stop)
    {
        if ((await store.ReadAsync(key, caller.Sees, stop)).Failed(out var issue, out var version)) return issue;
        var current = version.Version.ToString(System.Globalization.CultureInfo.InvariantCulture);
        if (conditions.IfMatch is { } wanted && wanted != current) return new Issue(IssueKind.Stale, $"The current version is {current}, not the one you name.", "If-Match");
        if (RequestBody.Reread((await binaries.PutBackAsync(version, stop)).Body).Failed(out issue, out var stored)) return issue;
        // Before the patch: it could take the mark away, and what was left out would be gone.
        if (Writing.ReadInPart(stored.Resource) is { } part) return part;
        if (FhirPathPatch.Apply(stored.Resource, asked.Resource).Failed(out issue, out var patched)) return issue;
        if (RequestBody.Parse(JsonWriter.Write(patched)).Failed(out issue, out var body)) return issue with { Kind = IssueKind.Unfit };
        if ((await writing.FitAsync(body, key.Type, stop)).Failed(out issue, out body)) return issue;
        return Update.Prepare(key, body, conditions with { IfMatch = current }, null);
    }
}
