using System.Text.Json.Nodes;
using Fhir.Server.Api.Http;
using Fhir.Server.Api.Identity;
using Fhir.Server.Api.Operations;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Resources;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Fhir.Messaging.Threads;

/// <summary>$open-thread: a header, and its first message in the same commit. The same as posting the two Communications.</summary>
public static class OpenThread
{
    private static readonly Operation Definition = new("open-thread", "Communication", OperationLevel.Type, ClinicUrls.Base + "/OperationDefinition/open-thread");
    private static readonly string[] Known = ["subject", "recipient", "topic", "category", "priority", "consent", "text"];

    public static void Map(RouteGroupBuilder fhir) => fhir.MapOperation(Definition, Right.Operation(Permission.Create, "Communication"), RunAsync);

    private static async Task<IResult> RunAsync(HttpContext context, Caller caller, ResourceStore store, NewWrite make, TimeProvider clock, CancellationToken stop)
    {
        if ((await Parameters.ReadAsync(context.Request, Known, stop)).Failed(out var issue, out var input)) return Refusal.Of(issue);
        if (caller.Sees.Actor is not { } sender) return Refusal.Of(new(IssueKind.Forbidden, "A thread is opened by a clinician, in her own name."));
        if (Writes(input, sender, make, clock.GetUtcNow()).Failed(out issue, out var writes)) return Refusal.Of(issue);
        if ((await store.CommitAsync(writes, caller.Sees, stop)).Failed(out issue, out var written)) return Refusal.Of(issue);
        Call.Of(context).Audited = true;
        return FhirBody.Created(written[0].Version!);
    }

    private static Result<List<Write>> Writes(Parameters input, ResourceKey sender, NewWrite make, DateTimeOffset now)
    {
        if (Header(input, sender, now).Failed(out var issue, out var header)) return issue;
        if (input.StringOrNone("text").Failed(out issue, out var text)) return issue;
        var id = Write.NewId();
        if (make.Of(header, id, ClinicUrls.Thread, shape: Shape).Failed(out issue, out var opening)) return issue;
        if (text is null) return new List<Write> { opening };
        var first = MessageJson.Of(new("Communication", id), header["subject"], sender, now) with { Text = text };
        return make.Of(first.Json(), Write.NewId(), ClinicUrls.Message).Failed(out issue, out var message) ? issue : new List<Write> { opening, message };
    }

    private static Issue? Shape(Element header) => ThreadHeader.Read(header).Failed(out var issue, out _) ? issue : null;

    private static Result<JsonObject> Header(Parameters input, ResourceKey sender, DateTimeOffset now)
    {
        if (input.Reference("subject").Failed(out var issue, out var subject)) return issue;
        if (input.References("recipient").Failed(out issue, out var recipients)) return issue;
        if (input.String("topic").Failed(out issue, out var topic)) return issue;
        if (input.Code("category").Failed(out issue, out var category)) return issue;
        if (input.CodeOrNone("priority").Failed(out issue, out var priority)) return issue;
        if (input.ReferenceOrNone("consent").Failed(out issue, out var consent)) return issue;
        var header = new JsonObject
        {
            ["resourceType"] = "Communication",
            ["status"] = "in-progress",
            ["category"] = new JsonArray(new JsonObject { ["coding"] = new JsonArray(new JsonObject { ["system"] = ClinicUrls.ThreadCategory, ["code"] = category }) }),
            ["priority"] = priority ?? "routine",
            ["subject"] = NewWrite.Reference(subject),
            ["topic"] = new JsonObject { ["text"] = topic },
            ["sent"] = NewWrite.Instant(now),
            ["recipient"] = new JsonArray([.. recipients.Select(NewWrite.Reference)]),
            ["sender"] = NewWrite.Reference(sender),
        };
        if (consent is { } named) header["about"] = new JsonArray(NewWrite.Reference(named));
        return header;
    }
}
