using Fhir.Messaging.AddressBook;
using Fhir.Messaging.Documents;
using Fhir.Server.Api.Blobs;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Json;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Outbox;
using Fhir.Server.Store.Resources;

namespace Fhir.Messaging.Delivery;

/// <summary>A document ready to leave, and where to.</summary>
public sealed record Parcel(string ConnectionType, Uri Address, OutboundDocument Document);

/// <summary>Makes the parcel of an outbox row from the stored resources, as the house itself.</summary>
public sealed class Parcels(TenantDatabase database, ResourceStore store, BinaryData binaries)
{
    public async Task<Result<Parcel>> MakeAsync(OutboxRow row, CancellationToken stop)
    {
        var files = new Files(database, store, AccessContext.House("delivery", long.MaxValue));
        if (References.Key(row.What.Destination) is not { } key || await files.ReadAsync(key, stop) is not { } endpoint)
            return Missing("The receiver's Endpoint is not there any more.");
        if (endpoint["connectionType"]["code"].Text is not { } type || !Uri.TryCreate(endpoint["address"].Text, UriKind.Absolute, out var address))
            return Missing("The receiver's Endpoint has no connection type or no address.");
        if (await files.ReadAsync(row.What.Payload, stop) is not { } document || await files.ReadAsync(row.What.Target, stop) is not { } receiver)
            return Missing("The document or its receiver is not there any more.");
        if ((await DocumentAsync(row, document, receiver, files, stop)).Failed(out var issue, out var outbound)) return issue;
        return new Parcel(type, address, outbound);
    }

    private async Task<Result<OutboundDocument>> DocumentAsync(OutboxRow row, Element document, Element receiver, Files files, CancellationToken stop)
    {
        var patient = await files.ReadAsync(document["subject"], stop);
        var author = await files.ReadAsync(document["author"], stop);
        var sender = await files.ReadAsync(document["custodian"], stop);
        var pdf = await files.VersionAsync(UrlOf(document, "application/pdf"), stop);
        var bundle = await files.ReadAsync(UrlOf(document, "application/fhir+json"), stop);
        if (patient is null || author is null || sender is null || pdf is null || bundle is null) return Missing("A part of the document is not there any more.");
        if (OutboundFrom.Patient(patient, receiver, await files.IsHomeAsync(document["subject"], row.What.Target, stop)).Failed(out var issue, out var person)) return issue;
        return new OutboundDocument
        {
            MessageId = row.What.MessageId,
            CreatedAt = Micros.At(row.CreatedAt),
            Patient = person,
            Author = OutboundFrom.Clinician(await files.ReadAsync(author["practitioner"], stop)),
            SendingOrganization = sender["name"].Text ?? "",
            ReceivingOrganization = receiver["name"].Text ?? "",
            DocumentNumber = document["masterIdentifier"]["value"].Text ?? row.What.MessageId,
            Title = document["description"].Text ?? "",
            Text = SummaryText.Of(bundle),
            Pdf = (await binaries.ContentAsync(pdf, stop)).Content,
        };
    }

    private static ResourceKey? UrlOf(Element document, string contentType) =>
        document.Each("content").Select(c => c["attachment"]).Where(a => a["contentType"].Text == contentType).Select(a => References.Key(a["url"].Text)).FirstOrDefault();

    private static Issue Missing(string what) => new(IssueKind.NotFound, what);

    /// <summary>Stored resources, read as the house.</summary>
    private sealed class Files(TenantDatabase database, ResourceStore store, AccessContext house)
    {
        public Task<Element?> ReadAsync(Element reference, CancellationToken stop) => ReadAsync(References.Key(reference), stop);

        public async Task<Element?> ReadAsync(ResourceKey? key, CancellationToken stop) =>
            await VersionAsync(key, stop) is { } version && !JsonReader.Read(version.Body, DefinitionSet.R4).Failed(out _, out var element) ? element : null;

        public async Task<Element?> ReadAsync(long rid, CancellationToken stop)
        {
            var found = await database.FirstAsync(Sql.Of($"select typ, fid from res where rid = {rid}"), r => (ResourceKey?)new ResourceKey(AccessTable.Name(r.GetInt32(0)), r.GetString(1)), stop);
            return await ReadAsync(found, stop);
        }

        public async Task<ResourceVersion?> VersionAsync(ResourceKey? key, CancellationToken stop) =>
            key is { } there && !(await store.ReadAsync(there, house, stop)).Failed(out _, out var version) ? version : null;

        public async Task<bool> IsHomeAsync(Element patient, long organization, CancellationToken stop) =>
            References.Key(patient) is { } key && await database.FirstAsync(Sql.Of(
                $"select 1 from res where typ = {AccessTable.Number(key.Type)} and fid = {key.Id} and home = {organization}"), r => r.GetInt64(0), stop) == 1;
    }
}
