using Fhir.Server.Api.Http;
using Fhir.Server.Api.Identity;
using Fhir.Server.Api.Interactions;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Json;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Resources;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Fhir.Server.Api.Operations;

/// <summary>
/// $process-message — https://hl7.org/fhir/R4/messageheader-operation-process-message.html. One event is known: store the resources, as a
/// transaction of the sender's, once. The answer is a message, also when it was refused; what is no message is refused plainly.
/// </summary>
public sealed class ProcessMessage(Transaction transaction, ResourceStore store, TenantDatabase database, ApiSettings settings, TimeProvider clock)
{
    private static readonly Issue MayNot = new(IssueKind.Forbidden, "This role sends no messages of this kind.");
    private static readonly Issue UnknownEvent = new(IssueKind.Unsupported, $"The event known here is {Events}#{StoreResources}.", "MessageHeader.event");
    private static readonly Issue IsAnswer = new(IssueKind.Unsupported, "This is an answer, and nothing was asked here.", "MessageHeader.response");
    private static readonly Issue Nameless = new(IssueKind.Invalid, "A message is called by the id of its MessageHeader, so that it is stored once.", "MessageHeader.id") { Code = "required" };
    private static readonly Issue OurTag = new(IssueKind.Invalid, "This tag is given here, and not sent.", "MessageHeader.meta.tag") { Code = "business-rule" };
    private static readonly Issue CalledTwice = new(IssueKind.Invalid, "Another message was sent with this Bundle.identifier.", "Bundle.identifier") { Code = "duplicate" };

    /// <summary>The events, and the one that there is.</summary>
    public const string Events = $"{ApiSettings.Canonical}/CodeSystem/message-event", StoreResources = "store-resources";

    public static void Map(RouteGroupBuilder fhir) => fhir.MapOperation(
        new("process-message", Operation.NoType, OperationLevel.System, "http://hl7.org/fhir/OperationDefinition/MessageHeader-process-message"),
        Right.Operation(Permission.Create | Permission.Read, "MessageHeader"),
        (HttpContext context, Caller caller, ProcessMessage process, CancellationToken stop) => process.AnswerAsync(context, caller, stop));

    private async Task<IResult> AnswerAsync(HttpContext context, Caller caller, CancellationToken stop)
    {
        if (!caller.Sees.MayWrite("MessageHeader")) return Refusal.Of(MayNot);
        if ((await MessageText.ReadAsync(context.Request, settings.Limits.BundleEntries, stop)).Failed(out var issue, out var message)) return Refusal.Of(issue);
        var reply = new MessageReply(message, Base.Of(context));
        if (Misfit(message) is { } misfit) return Failed(reply, Refusal.Of(misfit));
        if (await TakenAsync(message, caller, stop) is { } before) return await TellAsync(before, message, reply, caller, stop);
        if (message.ToTransaction(Base.Of(context), settings.Limits.BundleEntries).Failed(out issue, out var bundle)) return Failed(reply, Refusal.Of(issue));
        var of = new BundleCall(Call.Of(context), caller, Base.Of(context), HomeOrganization.Of(context.Request, caller.Sees), Return.Minimal);
        var refused = await transaction.RunAsync(bundle, of, stop) as Refusal;
        var taken = refused is null or { Status: StatusCodes.Status409Conflict } ? await TakenAsync(message, caller, stop) : null;   // or the same one was quicker
        return taken is null ? Failed(reply, refused!) : await TellAsync(taken, message, reply, caller, stop);
    }

    private static Issue? Misfit(MessageText message)
    {
        if (message.Header["response"].Exists) return IsAnswer;
        if (!message.HasName) return Nameless;
        if (message.Header["meta"].Each("tag").Any(tag => tag["system"].Text == MessageOnce.System)) return OurTag;
        var kind = message.Header["event"];
        return kind["system"].Text == Events && kind["code"].Text == StoreResources ? null : UnknownEvent;
    }

    private ValueTask<MessageTaken?> TakenAsync(MessageText message, Caller caller, CancellationToken stop) => MessageOnce.FindAsync(database, caller.Sees, message.BundleName, stop);

    // https://hl7.org/fhir/R4/messaging.html#rel: the first answer once more; a Bundle.identifier is never used for two messages
    private async Task<IResult> TellAsync(MessageTaken taken, MessageText message, MessageReply reply, Caller caller, CancellationToken stop)
    {
        if (taken.Header != message.HeaderName) return Failed(reply, Refusal.Of(CalledTwice));
        var sees = caller.Sees with { NowMicros = Math.Max(caller.Sees.NowMicros, taken.AtMicros) };
        if ((await store.ReadVersionAsync(new(new("MessageHeader", taken.Id), "1"), sees, stop)).Failed(out _, out var stored)) stored = null;
        var header = Element.None;
        if (stored is not null && JsonReader.Read(stored.Body, DefinitionSet.R4).Failed(out _, out header)) header = Element.None;
        return reply.Ok(taken, stored, header!);
    }

    private FhirBody Failed(MessageReply reply, Refusal refusal) =>
        reply.Failed(transient: refusal.Status is StatusCodes.Status503ServiceUnavailable or StatusCodes.Status429TooManyRequests, refusal.Outcome, Micros.Of(clock.GetUtcNow()));
}
