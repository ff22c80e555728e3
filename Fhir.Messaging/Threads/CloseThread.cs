using System.Collections.Immutable;
using Fhir.Messaging.AddressBook;
using Fhir.Messaging.Delivery;
using Fhir.Messaging.Documents;
using Fhir.Server.Api.Blobs;
using Fhir.Server.Api.Http;
using Fhir.Server.Api.Identity;
using Fhir.Server.Api.Operations;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Json;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Resources;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Fhir.Messaging.Threads;

/// <summary>$close-thread: the thread is closed, its summary made, and the deliveries queued: one commit.</summary>
public sealed class CloseThread(ResourceStore store, TenantDatabase database, BinaryData binaries, Closings closings, NewWrite make, TimeProvider clock)
{
    private static readonly Operation Definition = new("close-thread", "Communication", OperationLevel.Instance, ClinicUrls.Base + "/OperationDefinition/close-thread");

    public static void Map(RouteGroupBuilder fhir) => fhir.MapOperation(Definition, Right.Operation(Permission.Update, "Communication"),
        (HttpContext context, string id, Caller caller, CloseThread operation, CancellationToken stop) => operation.RunAsync(context, id, caller, stop));

    private async Task<IResult> RunAsync(HttpContext context, string id, Caller caller, CancellationToken stop)
    {
        if ((await Parameters.ReadAsync(context.Request, ["summary", "section"], stop)).Failed(out var issue, out var input)) return Refusal.Of(issue);
        if (Sections(input).Failed(out issue, out var sections)) return Refusal.Of(issue);
        if ((await ThreadOfCall.OfParticipantAsync(id, caller.Sees, store, database, stop)).Failed(out issue, out var thread)) return Refusal.Of(issue);
        if (MayClose(thread, caller.Sees) is { } no) return Refusal.Of(no);
        if ((await CloseAsync(thread, sections, caller.Sees, stop)).Failed(out issue, out var closed)) return Refusal.Of(issue);
        Call.Of(context).Audited = true;
        var shown = await ReadInbox.OneAsync(database, thread.Row.Thread, caller.Sees, Base.Of(context), stop);
        return shown is null ? FhirBody.Of(closed) : FhirBody.Of(shown.Resource, [thread.Row.Thread]);
    }

    private static Result<ImmutableArray<SummarySection>> Sections(Parameters input)
    {
        if (input.StringOrNone("summary").Failed(out var issue, out var summary)) return issue;
        var sections = input.Each("section").Select(s => new SummarySection(Part(s, "title"), Part(s, "text"))).ToList();
        if (summary is not null) sections.Insert(0, new("Samenvatting", summary));
        if (sections.Count == 0) return Wrong("A thread is closed with a summary, or with sections.", "summary");
        return sections.Exists(s => string.IsNullOrWhiteSpace(s.Title) || string.IsNullOrWhiteSpace(s.Text))
            ? Wrong("A section has a title and a text.", "section")
            : sections.ToImmutableArray();
    }

    private static string Part(Element section, string name) =>
        section.Each("part").Where(p => p["name"].Text == name).Select(p => p["value"].Text).FirstOrDefault() ?? "";

    private static Issue Wrong(string text, string name) => new(IssueKind.Invalid, text, $"Parameters.parameter.where(name='{name}')") { Code = "required" };

    // The summary goes into the record of the organisation that opened the thread: its own clinicians write there.
    private static Issue? MayClose(ThreadOfCall thread, AccessContext by)
    {
        if (thread.Row.State != ThreadState.Open) return new Issue(IssueKind.Conflict, "The thread is closed already.");
        return thread.Row.Owner == by.OrganizationRid && by.Role != Role.CompanyDoctor
            ? null : new Issue(IssueKind.Forbidden, "A thread is closed by a treating clinician of the organisation that opened it.");
    }

    private async Task<Result<ResourceVersion>> CloseAsync(ThreadOfCall thread, ImmutableArray<SummarySection> sections, AccessContext by, CancellationToken stop)
    {
        if ((await SummaryAsync(thread, sections, by, stop)).Failed(out var issue, out var summary)) return issue;
        if (!closings.TryBegin(thread.Key, new("DocumentReference", summary.Ids.DocumentReference))) return new Issue(IssueKind.Conflict, "The thread is being closed by someone else.");
        try
        {
            if ((await WritesAsync(thread, summary, stop)).Failed(out issue, out var writes)) return issue;
            return (await store.CommitAsync(writes, by, stop)).Failed(out issue, out var written) ? issue : written[^1].Version!;
        }
        finally
        {
            closings.End(thread.Key);
        }
    }

    private async Task<Result<Summary>> SummaryAsync(ThreadOfCall thread, ImmutableArray<SummarySection> sections, AccessContext by, CancellationToken stop)
    {
        var patient = await ReadAsync(References.Key(thread.Header["subject"]), by, stop);
        var role = await ReadAsync(by.Actor, by, stop);
        var practitioner = await ReadAsync(References.Key(role["practitioner"]), by, stop);
        var organization = await ReadAsync(by.Organization, by, stop);
        if (!patient.Exists || !role.Exists || !practitioner.Exists || !organization.Exists) return new Issue(IssueKind.Conflict, "The thread's patient, or the author, is not there any more.");
        var ids = new SummaryIds(Write.NewId(), Write.NewId(), Write.NewId(), Write.NewId());
        return new Summary
        {
            Thread = thread.Key, Topic = thread.Header["topic"]["text"].Text ?? "", Sections = sections, Date = clock.GetUtcNow(),
            Number = NumberOf(ids.DocumentReference), Patient = patient, Role = role, Practitioner = practitioner, Organization = organization,
            Others = await OthersAsync(thread.Header, by, stop), Ids = ids,
        };
    }

    private async Task<ImmutableArray<string>> OthersAsync(Element header, AccessContext by, CancellationToken stop)
    {
        var names = ImmutableArray.CreateBuilder<string>();
        foreach (var key in header.Each("recipient").Append(header["sender"]).Select(References.Key).OfType<ResourceKey>().Where(k => k != by.Actor))
        {
            var role = await ReadAsync(key, by, stop);
            var person = await ReadAsync(References.Key(role["practitioner"]), by, stop);
            var organization = await ReadAsync(References.Key(role["organization"]), by, stop);
            if (person.Exists) names.Add($"{SummaryPdf.NameOf(person)}, {organization["name"].Text}".TrimEnd(',', ' '));
        }
        return names.ToImmutable();
    }

    private async Task<Result<List<Write>>> WritesAsync(ThreadOfCall thread, Summary summary, CancellationToken stop)
    {
        var pdf = SummaryPdf.Of(summary);
        if ((await binaries.MakeAsync("application/pdf", pdf, null, stop)).Failed(out var issue, out var binary)) return issue;
        if (make.Of(SummaryJson.Bundle(summary), summary.Ids.Bundle, ClinicUrls.SummaryBundle, thread.Key).Failed(out issue, out var bundle)) return issue;
        if (make.Of(SummaryJson.Composition(summary), summary.Ids.Composition, ClinicUrls.Summary, thread.Key).Failed(out issue, out var composition)) return issue;
        var reference = SummaryJson.DocumentReference(summary, pdf, Convert.ToBase64String(SendMessage.Sha1(pdf)), bundle.Json.Span);
        if (make.Of(reference, summary.Ids.DocumentReference, ClinicUrls.SummaryReference, thread.Key).Failed(out issue, out var document)) return issue;
        return new List<Write>
        {
            new() { Kind = WriteKind.Create, Key = new("Binary", summary.Ids.Binary), Json = binary.Json, Resource = binary.Resource, Thread = thread.Key },
            bundle, composition, document, Closed(thread),
        };
    }

    private static Write Closed(ThreadOfCall thread)
    {
        var json = new JsonSplice(thread.Version.Body, thread.Header).Text(thread.Header["status"], "completed").ToBytes();
        if (JsonReader.Read(json, DefinitionSet.R4).Failed(out _, out var header)) throw new InvalidDataException("A stored header cannot be read again.");
        return new() { Kind = WriteKind.Update, Key = thread.Key, Json = json, Resource = header, IfMatch = thread.Version.Version.ToString(System.Globalization.CultureInfo.InvariantCulture) };
    }

    private async Task<Element> ReadAsync(ResourceKey? key, AccessContext by, CancellationToken stop)
    {
        if (key is not { } there || (await store.ReadAsync(there, by, stop)).Failed(out _, out var version)) return Element.None;
        return JsonReader.Read(version.Body, DefinitionSet.R4).Failed(out _, out var element) ? Element.None : element;
    }

    private static string NumberOf(string document) => "S" + DeliveryQueue.Letters(document, 14);
}
