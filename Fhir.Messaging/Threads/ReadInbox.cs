using System.Globalization;
using Fhir.Server.Api.Http;
using Fhir.Server.Api.Identity;
using Fhir.Server.Api.Operations;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Json;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Outbox;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Fhir.Messaging.Threads;

/// <summary>$inbox: the headers of the caller's threads, newest activity first, with what is not stored: unread, last message, deliveries.</summary>
public static class ReadInbox
{
    private const int Most = 500;
    private static readonly Operation Definition = new("inbox", "Communication", OperationLevel.Type, ClinicUrls.Base + "/OperationDefinition/inbox") { AffectsState = false };

    public static void Map(RouteGroupBuilder fhir) => fhir.MapOperation(Definition, Right.Operation(Permission.Search, "Communication"), RunAsync);

    private static async Task<IResult> RunAsync(HttpContext context, Caller caller, TenantDatabase database, CancellationToken stop)
    {
        if (caller.Sees.Actor is null) return Refusal.Of(new(IssueKind.Forbidden, "Only a clinician has an inbox."));
        if (ReadMessages.Number(context.Request, "_count", 50).Failed(out var issue, out var count)) return Refusal.Of(issue);
        await using var session = await database.ReadAsync(snapshot: true, stop);
        var rows = await RowsAsync(session, caller.Sees, Sql.True, Math.Clamp(count, 1, Most), stop);
        var entries = await EntriesAsync(session, rows, Base.Of(context), stop);
        return BundleJson.Answer("searchset", null, [("self", $"{Base.Of(context)}/Communication/$inbox")], entries);
    }

    /// <summary>One header of the caller's inbox, as $inbox shows it.</summary>
    internal static async Task<BundleEntry?> OneAsync(TenantDatabase database, long thread, AccessContext sees, string baseUrl, CancellationToken stop)
    {
        await using var session = await database.ReadAsync(snapshot: true, stop);
        var rows = await RowsAsync(session, sees, Sql.Of($"i.thread = {thread}"), 1, stop);
        return (await EntriesAsync(session, rows, baseUrl, stop)).FirstOrDefault();
    }

    private sealed record Row(long Thread, long LastSeq, long LastAt, long Document, long Unread, string Id, byte[] Body);

    private static ValueTask<List<Row>> RowsAsync(Session session, AccessContext sees, Sql which, long count, CancellationToken stop) =>
        session.QueryAsync(Sql.Of(
            $"""
            select c.thread, c.last_seq, c.last_at, coalesce(c.document, 0),
              (select count(*) from message m where m.thread = c.thread and m.seq > i.read_seq and m.sender <> i.owner
                and not exists (select 1 from missed s where s.actor = i.owner and s.rid = m.rid)), r.fid, b.bytes
            from inbox i join participant p on p.thread = i.thread and p.actor = i.owner join thread c on c.thread = i.thread
            join res r on r.rid = i.thread join body b on b.b = r.b
            where i.owner = {sees.ActorRid} and p.from_at <= {sees.NowMicros} and p.until_at > {sees.NowMicros} and {which} and {sees.Sees("r", "Communication", Permission.Read | Permission.Search)}
            order by i.last_at desc, i.thread desc limit {count}
            """),
            r => new Row(r.GetInt64(0), r.GetInt64(1), r.GetInt64(2), r.GetInt64(3), r.GetInt64(4), r.GetString(5), (byte[])r.GetValue(6)), stop);

    private static async Task<List<BundleEntry>> EntriesAsync(Session session, List<Row> rows, string baseUrl, CancellationToken stop)
    {
        var documents = rows.Select(r => r.Document).Where(d => d != 0).ToList();
        var deliveries = documents.Count == 0 ? [] : await OutboxTable.OfPayloadsAsync(session, documents, stop);
        var names = await NamesAsync(session, [.. deliveries.Select(d => d.What.Target).Distinct()], stop);
        return [.. rows.Select(row => new BundleEntry
        {
            FullUrl = $"{baseUrl}/Communication/{row.Id}", SearchMode = "match", Rid = row.Thread,
            Resource = WithExtensions(row, [.. deliveries.Where(d => d.What.Payload == row.Document).Select(d => Of(d, names.GetValueOrDefault(d.What.Target)))]),
        })];
    }

    // Organizations stand in the directory, which everyone signed in may read.
    private static async Task<Dictionary<long, string?>> NamesAsync(Session session, List<long> organizations, CancellationToken stop)
    {
        if (organizations.Count == 0) return [];
        var bodies = await session.QueryAsync(Sql.Of($"select r.rid, b.bytes from res r join body b on b.b = r.b where {Sql.In("r.rid", organizations)}"), r => (Rid: r.GetInt64(0), Body: (byte[])r.GetValue(1)), stop);
        return bodies.ToDictionary(b => b.Rid, b => JsonReader.Read(b.Body, DefinitionSet.R4).Failed(out _, out var organization) ? null : organization["name"].Text);
    }

    private static byte[] WithExtensions(Row row, List<string> deliveries)
    {
        if (JsonReader.Read(row.Body, DefinitionSet.R4).Failed(out _, out var header)) return row.Body;
        var splice = new JsonSplice(row.Body, header)
            .Extension(ClinicUrls.ThreadLastSeq, string.Create(CultureInfo.InvariantCulture, $"\"valueUnsignedInt\":{row.LastSeq}"))
            .Extension(ClinicUrls.ThreadUnread, string.Create(CultureInfo.InvariantCulture, $"\"valueUnsignedInt\":{row.Unread}"));
        if (row.LastSeq > 0) splice.Extension(ClinicUrls.ThreadLastMessage, $"\"valueInstant\":\"{Micros.Instant(row.LastAt)}\"");
        foreach (var delivery in deliveries) splice.Extension(ClinicUrls.Delivery, delivery);
        return splice.ToBytes();
    }

    private static string Of(OutboxRow delivery, string? receiver) => OutputExtension.Parts(
        OutputExtension.Reference("destination", delivery.What.Destination, receiver),
        OutputExtension.Code("state", delivery.State.ToString().ToLowerInvariant()),
        OutputExtension.Instant("at", delivery.At),
        OutputExtension.Text("detail", delivery.Detail));
}
