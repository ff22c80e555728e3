using System.Globalization;
using Fhir.Server.Api.Http;
using Fhir.Server.Api.Identity;
using Fhir.Server.Api.Interactions;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Jobs;
using Microsoft.AspNetCore.Http;

namespace Fhir.Server.Api.Bulk;

/// <summary>
/// Does a batch that was kept. Each commit bears the job's name (and in a batch the entry's) as its request, so that the audit tells after
/// a crash what was written: that is not written again. What it asks to read is read when the answer is fetched.
/// </summary>
public sealed class BatchWork(TenantDatabase database, Callers callers, Transaction transaction, Writing writing, Patch patch, EntryReads reads, ApiSettings settings)
{
    /// <summary>What became of it: an answer, or why all of it was refused.</summary>
    public async Task<(byte[]? Answer, byte[]? Refused)> DoAsync(BatchOrder order, CancellationToken stop)
    {
        if ((await callers.AgainAsync(TokenText.Read(order.Token), order.JobId, order.Network, stop)).Failed(out var issue, out var caller)) return (null, Refusal.Of(issue).Outcome.ToArray());
        if (BundleText.Read(order.Body, new Dictionary<int, Issue>(), settings.Limits.BundleEntries).Failed(out issue, out var bundle)) return (null, Refusal.Of(issue).Outcome.ToArray());
        var written = await BatchTable.WrittenAsync(database, order, stop);
        var of = CallOf(order, caller);
        if (bundle.Type == "batch") return ((await Batch.EntriesAsync(bundle, index => OfEntry(order, caller, index), BatchAgain.ByEntry(order, written), writing, patch, reads, stop)).ToArray(), null);
        if (written.Count > 0) return (BatchAgain.Transaction(order, bundle, written).ToArray(), null);
        return await transaction.RunAsync(bundle, of, stop) switch
        {
            FhirBody body => (body.Body.ToArray(), null),
            Refusal refusal => (null, refusal.Outcome.ToArray()),
            _ => throw new InvalidOperationException("A transaction is answered by a Bundle or refused."),
        };
    }

    // The name of an entry's commits: the job's, and its place.
    internal static string RequestOf(BatchOrder order, int index) => string.Create(CultureInfo.InvariantCulture, $"{order.JobId}-{index}");

    private static BundleCall OfEntry(BatchOrder order, Caller caller, int index)
    {
        var request = RequestOf(order, index);
        return CallOf(order with { JobId = request }, caller with { Sees = caller.Sees with { Request = request } });
    }

    private static BundleCall CallOf(BatchOrder order, Caller caller) =>
        new(new() { RequestId = order.JobId, Right = Right.Bundle, Caller = caller }, caller, order.Base, order.Home, order.Remarks ? Return.OperationOutcome : Return.Minimal) { Job = order.JobId };
}
