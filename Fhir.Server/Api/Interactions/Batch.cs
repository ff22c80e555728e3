using System.Collections.ObjectModel;
using Fhir.Server.Api.Audit;
using Fhir.Server.Api.Bulk;
using Fhir.Server.Api.Http;
using Fhir.Server.Api.Identity;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Resources;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Fhir.Server.Api.Interactions;

/// <summary>batch: entries on their own, one failing never hurts the others — https://hl7.org/fhir/R4/http.html#brules. A transaction goes on to <see cref="Transaction"/>.</summary>
public static class Batch
{
    private const int AtOnce = 64;

    public static void Map(RouteGroupBuilder fhir) => fhir.MapPost("/", TakeAsync).Asks(Right.Bundle);

    private static async Task<IResult> TakeAsync(HttpContext context, Caller caller, Transaction transaction, Writing writing, Patch patch, EntryReads reads, BatchLater later, ApiSettings settings, CancellationToken stop)
    {
        var broken = new Dictionary<int, Issue>();
        if ((await RequestBody.JsonAsync(context.Request, stop, broken)).Failed(out var issue, out var json)) return Refusal.Of(issue);
        if (BundleText.Read(json, broken, settings.Limits.BundleEntries).Failed(out issue, out var bundle)) return Refusal.Of(issue);
        if (Prefer.Of(context.Request).Async && bundle is { ResourceType: "Bundle", Type: "batch" or "transaction" })
            return broken.Count > 0 ? Refusal.Of(Refusal.At(broken.MinBy(b => b.Key).Value, "Bundle.entry")) : await later.StartAsync(json, context, caller, stop);
        var of = new BundleCall(Call.Of(context), caller, Base.Of(context), HomeOrganization.Of(context.Request, caller.Sees), Prefer.Of(context.Request).Return);
        return bundle switch
        {
            { ResourceType: "Bundle", Type: "batch" } => FhirBody.Of(await EntriesAsync(bundle, _ => of, ReadOnlyDictionary<int, BundleEntry>.Empty, writing, patch, reads, stop), []),
            { ResourceType: "Bundle", Type: "transaction" } => await transaction.RunAsync(bundle, of, stop),
            _ => Refusal.Of(new(IssueKind.Invalid, "Only a Bundle of type batch or transaction is taken here.", "Bundle.type")),
        };
    }

    /// <summary>The answer to all entries; those that were done before (by a job that a crash cut off) are answered and not done again.</summary>
    internal static async Task<ReadOnlyMemory<byte>> EntriesAsync(BundleText bundle, Func<int, BundleCall> of, IReadOnlyDictionary<int, BundleEntry> before, Writing writing, Patch patch, EntryReads reads, CancellationToken stop)
    {
        var answers = new BundleEntry[bundle.Entries.Count];
        var understood = new List<Entry>();
        for (var i = 0; i < answers.Length; i++)
        {
            if (before.TryGetValue(i, out var done)) answers[i] = done;
            else if (Entry.Of(bundle.Entries[i], i, inTransaction: false).Failed(out var issue, out var entry)) answers[i] = EntryReads.Refused(Refusal.Of(issue));
            else understood.Add(entry);
        }
        foreach (var turn in understood.GroupBy(e => e.Turn).OrderBy(g => g.Key))
            foreach (var some in turn.Chunk(AtOnce))   // together, so that they share a commit
                await Task.WhenAll(some.Select(async entry => answers[entry.Index] = await OneAsync(entry, of(entry.Index), writing, patch, reads, stop)));
        return BundleJson.Write("batch-response", null, [], answers);
    }

    /// <summary>In the answer that a job keeps: this is read when the answer is fetched.</summary>
    internal static BundleEntry ReadLater(Entry entry) => new() { Request = (entry.Method, entry.Url) };

    private static async Task<BundleEntry> OneAsync(Entry entry, BundleCall of, Writing writing, Patch patch, EntryReads reads, CancellationToken stop)
    {
        if (entry.IsRead && of.Job is not null) return ReadLater(entry);
        if (entry.IsRead) return await reads.AnswerAsync(entry, of.Call, of.Caller, of.BaseUrl, stop);
        if (await TryAsync(entry, of, writing, patch, stop) is not { } written)
        {
            await reads.RefusedAsync(entry, of.Call, Refusal.OutcomeUnknown);
            return EntryReads.Refused(Refusal.OutcomeUnknown);
        }
        var failed = written.Failed(out var issue, out var done);
        if (!await writing.IsTracedAsync(of.Call, of.Caller, entry.Asked(), done, stop)) return EntryReads.Refused(AuditFilter.Unaudited);
        if (failed) return await reads.RefusedAsync(entry, of.Call, Refusal.Of(issue!));
        return await reads.IsAuditedAsync(entry, of.Call, done!.Written) ? await AnswerAsync(done, of, writing, stop) : EntryReads.Refused(AuditFilter.Unaudited);
    }

    // Null: nobody knows whether it was written. Its neighbours have answers of their own.
    private static async Task<Result<Done>?> TryAsync(Entry entry, BundleCall of, Writing writing, Patch patch, CancellationToken stop)
    {
        try
        {
            return await WriteAsync(entry, of, writing, patch, stop);
        }
        catch (OutcomeUnknownException) when (of.Job is null)   // a job finds out by itself
        {
            return null;
        }
    }

    private static async Task<Result<Done>> WriteAsync(Entry entry, BundleCall of, Writing writing, Patch patch, CancellationToken stop)
    {
        Issue? issue;
        if (entry.Method == "PATCH") return Patchable(entry, of).Failed(out issue, out var call) ? issue : (await patch.RunAsync(call, of.Caller, stop)).Failed(out issue, out var patched) ? Refusal.At(issue, entry.Where) : patched;
        if ((await writing.PrepareAsync(entry, of.Home, stop)).Failed(out issue, out var write)) return issue;
        return (await writing.CommitAsync([write], of.Caller, stop)).Failed(out issue, out var done) ? issue : done[0];
    }

    /// <summary>The patch of an entry, for who may patch this type.</summary>
    internal static Result<PatchCall> Patchable(Entry entry, BundleCall of)
    {
        if (entry.Key.Type == "AuditEvent") return new Issue(IssueKind.Unsupported, "An AuditEvent can be appended, and nothing else.", $"{entry.Where}.request.method");
        return Right.Patch.AllowedBy(of.Caller.Sees, entry.Key.Type) ? entry.ToPatch()
            : new Issue(IssueKind.Forbidden, $"You may not update {entry.Key.Type} resources.", entry.Where);
    }

    /// <summary>What a write answers with inside a Bundle; the resource itself only when it was asked for.</summary>
    internal static async Task<BundleEntry> AnswerAsync(Done done, BundleCall of, Writing writing, CancellationToken stop)
    {
        var (written, version) = (done.Written, done.Written.Version);
        var echo = of.Echo ? await writing.EchoAsync(done, of.Caller, Return.Representation, stop) : default;
        return new()
        {
            FullUrl = echo.IsEmpty || version is null ? null : $"{of.BaseUrl}/{version.Key}",
            Resource = echo,
            Response = new(FhirBody.Written(written, echo).Status)
            {
                Location = version is { Deleted: false } ? FhirBody.PlaceOf(version) : null,
                ETag = version is null ? null : FhirBody.ETagOf(version.Version),
                LastModified = version?.LastUpdated,
                Outcome = of.Wanted == Return.OperationOutcome && done.Remarks.Count > 0 ? OperationOutcome.Of(done.Remarks) : default,
            },
        };
    }
}

/// <summary>Who sent a Bundle, and how it wants to be answered.</summary>
internal sealed record BundleCall(Call Call, Caller Caller, string BaseUrl, ResourceKey? Home, Return Wanted)
{
    // A Bundle of hundreds would come back doubled: its entries echo only when the header says so.
    public bool Echo => Wanted == Return.Representation;

    /// <summary>The job that does it, when nobody waits for the answer.</summary>
    public string? Job { get; init; }
}
