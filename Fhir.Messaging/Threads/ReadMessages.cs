using System.Globalization;
using Fhir.Messaging.Realtime;
using Fhir.Server.Api.Http;
using Fhir.Server.Api.Identity;
using Fhir.Server.Api.Operations;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Json;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Resources;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Fhir.Messaging.Threads;

/// <summary>$messages: the messages of a thread after a seq, in the order of seq, each with who read it.</summary>
public static class ReadMessages
{
    private const int Most = 500;
    private static readonly Operation Definition = new("messages", "Communication", OperationLevel.Instance, ClinicUrls.Base + "/OperationDefinition/messages") { AffectsState = false };

    public static void Map(RouteGroupBuilder fhir) => fhir.MapOperation(Definition, Right.Operation(Permission.Read, "Communication"), RunAsync);

    private static async Task<IResult> RunAsync(HttpContext context, string id, Caller caller, ResourceStore store, TenantDatabase database, CancellationToken stop)
    {
        if (Number(context.Request, "after-seq", 0).Failed(out var issue, out var after)) return Refusal.Of(issue);
        if (Number(context.Request, "_count", 50).Failed(out issue, out var count)) return Refusal.Of(issue);
        if ((await ThreadOfCall.FindAsync(id, caller.Sees, store, database, stop)).Failed(out issue, out var thread)) return Refusal.Of(issue);
        count = Math.Clamp(count, 1, Most);
        await using var session = await database.ReadAsync(snapshot: true, stop);
        var messages = await PageAsync(session, thread.Row.Thread, after, count + 1, caller.Sees, stop);
        var page = messages.Take((int)count).ToList();
        var receipts = page.Count == 0 ? [] : await ReceiptsAsync(session, thread.Row.Thread, page[0].Seq, stop);
        var url = $"{Base.Of(context)}/{thread.Key}/$messages";
        var links = new List<(string, string)> { ("self", Page(url, after, count)) };
        if (messages.Count > page.Count) links.Add(("next", Page(url, page[^1].Seq, count)));
        return BundleJson.Answer("searchset", null, links, [.. page.Select(m => Entry(m, receipts, Base.Of(context)))]);
    }

    internal sealed record Message(long Seq, long Sender, long Rid, string Id, byte[] Body);
    internal sealed record Receipt(long Reader, string Name, long Seq, long At);

    private static ValueTask<List<Message>> PageAsync(Session session, long thread, long after, long count, AccessContext sees, CancellationToken stop) =>
        session.QueryAsync(Sql.Of(
            $"""
            select m.seq, m.sender, r.rid, r.fid, b.bytes from message m join res r on r.rid = m.rid join body b on b.b = r.b
            where m.thread = {thread} and m.seq > {after} and {sees.Sees("r", "Communication")} order by m.seq limit {count}
            """), r => new Message(r.GetInt64(0), r.GetInt64(1), r.GetInt64(2), r.GetString(3), (byte[])r.GetValue(4)), stop);

    private static ValueTask<List<Receipt>> ReceiptsAsync(Session session, long thread, long from, CancellationToken stop) =>
        session.QueryAsync(Sql.Of(
            $"select c.owner, r.fid, c.seq, c.at from receipt c join res r on r.rid = c.owner where c.thread = {thread} and c.seq >= {from} order by c.seq"),
            r => new Receipt(r.GetInt64(0), r.GetString(1), r.GetInt64(2), r.GetInt64(3)), stop);

    private static BundleEntry Entry(Message message, List<Receipt> receipts, string baseUrl) => new()
    {
        FullUrl = $"{baseUrl}/Communication/{message.Id}", Resource = WithReaders(message, receipts), SearchMode = "match", Rid = message.Rid,
    };

    // Her first receipt that reaches the message is when she read it.
    private static byte[] WithReaders(Message message, List<Receipt> receipts)
    {
        var readers = receipts.Where(r => r.Seq >= message.Seq && r.Reader != message.Sender).DistinctBy(r => r.Reader).ToList();
        if (readers.Count == 0 || JsonReader.Read(message.Body, DefinitionSet.R4).Failed(out _, out var element)) return message.Body;
        var splice = new JsonSplice(message.Body, element);
        foreach (var reader in readers)
            splice.Extension(ClinicUrls.MessageReadBy, OutputExtension.Parts(
                OutputExtension.Reference("reader", $"PractitionerRole/{reader.Name}"), OutputExtension.Instant("at", reader.At)));
        return splice.ToBytes();
    }

    private static string Page(string url, long after, long count) => string.Create(CultureInfo.InvariantCulture, $"{url}?after-seq={after}&_count={count}");

    internal static Result<long> Number(HttpRequest request, string name, long otherwise)
    {
        var given = request.Query[name];
        if (given.Count == 0) return otherwise;
        return given.Count == 1 && long.TryParse(given[0], NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number : new Issue(IssueKind.Invalid, $"{name} is a whole number from 0.", name) { Code = "value" };
    }
}
