using Fhir.Server.Api.Audit;
using Fhir.Server.Api.Http;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Resources;
using Fhir.Server.Store.Search;
using Microsoft.AspNetCore.Http;

namespace Fhir.Server.Api.Interactions;

/// <summary>transaction: all entries or none, in one commit — https://hl7.org/fhir/R4/http.html#trules</summary>
public sealed class Transaction(Writing writing, Patch patch, EntryReads reads)
{
    internal async Task<IResult> RunAsync(BundleText bundle, BundleCall of, CancellationToken stop)
    {
        for (var tries = 1; ; tries++)
        {
            if (Understand(bundle, of.Job).Failed(out var issue, out var entries)) return Refusal.Of(issue);
            if (!(await CommitAsync(entries, bundle.IsLarge, of, stop)).Failed(out issue, out var done)) return await AnswerAsync(entries, done, of, stop);
            var isOvertaken = issue.Kind == IssueKind.Stale && issue.Code != ResourceSearch.MoreThanOne.Code && entries.Exists(e => e.Method == "PATCH") && !entries.Exists(e => e.Conditions.IsAny);
            if (isOvertaken && tries < Patch.MostTries) continue;
            return await RefuseAsync(entries, isOvertaken ? Patch.Overtaken : issue, of, stop);
        }
    }

    /// <summary>What became of each write, by the index of its entry.</summary>
    private async Task<Result<Dictionary<int, Done>>> CommitAsync(List<Entry> entries, bool isLarge, BundleCall of, CancellationToken stop)
    {
        if ((await PrepareAsync(entries, isLarge, of, stop)).Failed(out var issue, out var writes)) return issue;
        if (writes.Count == 0) return new Dictionary<int, Done>();
        if ((await writing.CommitAsync([.. writes.Select(w => w.Write)], of.Caller, stop)).Failed(out issue, out var all)) return issue;
        return writes.Zip(all).ToDictionary(w => w.First.Entry.Index, w => w.Second);
    }

    // What an entry named or searched for was asked, whichever entry all were refused for.
    private async Task<IResult> RefuseAsync(List<Entry> entries, Issue issue, BundleCall of, CancellationToken stop)
    {
        var refusal = Refusal.Of(issue);
        foreach (var entry in entries.Where(e => !e.IsRead))
        {
            if (!await writing.IsTracedAsync(of.Call, of.Caller, entry.Asked(), null, stop)) return AuditFilter.Unaudited;
            if (entry.Address.Id is not null && (await reads.RefusedAsync(entry, of.Call, refusal)).Response?.Status != refusal.Status) return AuditFilter.Unaudited;
        }
        return refusal;
    }

    /// <summary>All entries, or everything that is wrong with the first wrong one.</summary>
    private static Result<List<Entry>> Understand(BundleText bundle, string? job)
    {
        var entries = new List<Entry>(bundle.Entries.Count);
        for (var i = 0; i < bundle.Entries.Count; i++)
        {
            if (Entry.Of(bundle.Entries[i], i, inTransaction: true).Failed(out var issue, out var entry)) return issue;
            if (job is not null) entry.Key = entry.KeyIn(job);
            if (bundle.IsLarge) entry.Body?.LetGo();
            entries.Add(entry);
        }
        if (entries.Where(e => e.FullUrl is not null).GroupBy(e => e.FullUrl).FirstOrDefault(g => g.Count() > 1) is { } same)
            return new Issue(IssueKind.Invalid, "Two entries have the same fullUrl.", $"{same.Last().Where}.fullUrl");
        if (entries.Find(e => e is { Method: "PATCH", IsConditional: true, FullUrl: not null }) is { } nameless)
            return new Issue(IssueKind.Invalid, "What an entry patches by criteria cannot be referred to, so it has no fullUrl.", $"{nameless.Where}.fullUrl");
        MergeConditionals(entries);
        return entries;
    }

    // Two creates under one condition mean one resource.
    private static void MergeConditionals(List<Entry> entries)
    {
        foreach (var same in entries.Where(e => e is { Method: "POST", Conditions.IfNoneExist: not null }).GroupBy(e => (e.Key.Type, e.Conditions.IfNoneExist)))
            foreach (var later in same.Skip(1)) (later.SameAs, later.Key) = (same.First(), same.First().Key);
    }

    /// <summary>References resolved, contents put aside, in the order of processing: DELETE, POST, PUT and PATCH.</summary>
    private async Task<Result<List<(Entry Entry, Write Write)>>> PrepareAsync(List<Entry> entries, bool isLarge, BundleCall of, CancellationToken stop)
    {
        var known = new BundleReferences(entries);
        var writes = new List<(Entry, Write)>(entries.Count);
        foreach (var entry in entries.Where(e => e is { IsRead: false, SameAs: null }).OrderBy(e => e.Turn))
        {
            if (Rewrite(entry, known) is { } broken) return broken;
            if ((await WriteAsync(entry, of, stop)).Failed(out var issue, out var write)) return issue;
            if (isLarge) LetGo(entry, write);
            writes.Add((entry, write));
        }
        return writes;
    }

    private static void LetGo(Entry entry, Write write)
    {
        entry.Body?.LetGo();
        write.LetGo();
    }

    private async Task<Result<Write>> WriteAsync(Entry entry, BundleCall of, CancellationToken stop)
    {
        if (entry.Method != "PATCH") return (await writing.PrepareAsync(entry, of.Home, stop)).Failed(out var misfit, out var made) ? misfit : WithLookups(made);
        if (Batch.Patchable(entry, of).Failed(out var issue, out var call)) return issue;
        return (await patch.PrepareAsync(call, of.Caller, stop)).Failed(out issue, out var write) ? Refusal.At(issue, entry.Where) : write;
    }

    private static Result<Write> WithLookups(Write write)
    {
        if (write.Resource is null) return write;
        return ConditionalReferences.In(write.Resource).Failed(out var issue, out var lookups) ? Refusal.At(issue, $"{write.Where}.resource") : write with { Lookups = lookups };
    }

    private static Issue? Rewrite(Entry entry, BundleReferences known)
    {
        if (entry.Body is not { } body) return null;
        if (known.Rewrite(body, entry.FullUrl).Failed(out var issue, out var rewritten)) return Refusal.At(issue, $"{entry.Where}.resource");
        entry.Body = rewritten;
        return null;
    }

    private async Task<IResult> AnswerAsync(List<Entry> entries, Dictionary<int, Done> done, BundleCall of, CancellationToken stop)
    {
        var answers = new BundleEntry[entries.Count];
        foreach (var entry in entries)
        {
            answers[entry.Index] = entry.IsRead
                ? of.Job is not null ? Batch.ReadLater(entry) : await reads.AnswerAsync(entry, of.Call, of.Caller, of.BaseUrl, stop)
                : await Batch.AnswerAsync(done[(entry.SameAs ?? entry).Index], of, writing, stop);
            if (!entry.IsRead && !await writing.IsTracedAsync(of.Call, of.Caller, entry.Asked(), done[(entry.SameAs ?? entry).Index], stop)) return AuditFilter.Unaudited;
            if (!entry.IsRead && !await reads.IsAuditedAsync(entry, of.Call, done[(entry.SameAs ?? entry).Index].Written)) return AuditFilter.Unaudited;
        }
        return BundleJson.Answer("transaction-response", null, [], answers);
    }
}
