using System.Globalization;
using Fhir.Server.Api.Http;
using Fhir.Server.Api.Interactions;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Jobs;

namespace Fhir.Server.Api.Bulk;

/// <summary>What is answered for writes that were committed before a crash took the answer along.</summary>
internal static class BatchAgain
{
    /// <summary>Of a batch: the entries that were written, by their place.</summary>
    public static IReadOnlyDictionary<int, BundleEntry> ByEntry(BatchOrder order, IEnumerable<BatchWrite> written) => written
        .Where(write => write.Request.Length > order.JobId.Length + 1)
        .ToLookup(write => int.Parse(write.Request.AsSpan(order.JobId.Length + 1), CultureInfo.InvariantCulture))
        .ToDictionary(entry => entry.Key, entry => Answer(entry.Last()));

    /// <summary>Of a transaction, all of whose writes were committed together: what has left no trace found everything as it should be.</summary>
    public static ReadOnlyMemory<byte> Transaction(BatchOrder order, BundleText bundle, IReadOnlyList<BatchWrite> written)
    {
        var left = written.ToList();
        var answers = new BundleEntry[bundle.Entries.Count];
        var entries = answers.Select((nothing, i) => Entry.Of(bundle.Entries[i], i, inTransaction: true).Failed(out _, out var entry) ? null : entry).ToArray();
        for (var i = 0; i < answers.Length; i++)
            if (entries[i] is { } entry && Take(left, write => write.Key == entry.KeyIn(order.JobId)) is { } mine) answers[i] = Answer(mine);
        for (var i = 0; i < answers.Length; i++) answers[i] ??= Guess(entries[i], left);
        return BundleJson.Write("transaction-response", null, [], answers);
    }

    private static BundleEntry Guess(Entry? entry, List<BatchWrite> left)
    {
        if (entry is { IsRead: true }) return Batch.ReadLater(entry);
        // Which one its criteria meant is told only when it can be no other.
        var could = entry is { IsConditional: true } ? left.Where(write => write.Key.Type == entry.Key.Type && write.Act == 3 == (entry.Method == "DELETE")).ToList() : [];
        return could is [var only] ? Answer(only) : new() { Response = new(entry?.Method == "DELETE" ? 204 : 200) };
    }

    private static BatchWrite? Take(List<BatchWrite> from, Predicate<BatchWrite> which)
    {
        var at = from.FindIndex(which);
        if (at < 0) return null;
        var found = from[at];
        from.RemoveAt(at);
        return found;
    }

    // The acts of the store's own audit rows: 1 created, 2 updated, 3 deleted.
    private static BundleEntry Answer(BatchWrite write) => new()
    {
        Response = new(write.Act == 3 ? 204 : write.Act == 1 || write.Version == 1 ? 201 : 200)
        {
            Location = write.Act == 3 ? null : string.Create(CultureInfo.InvariantCulture, $"{write.Key}/_history/{write.Version}"), ETag = FhirBody.ETagOf(write.Version),
        },
    };
}
