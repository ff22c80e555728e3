using Fhir.Server.Api.Audit;
using Fhir.Server.Api.Blobs;
using Fhir.Server.Api.Http;
using Fhir.Server.Api.Identity;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Resources;

namespace Fhir.Server.Api.Interactions;

/// <summary>Answers the GET entries of a batch or transaction; each gets its own scope check and audit row.</summary>
public sealed class EntryReads(ResourceStore store, BinaryData binaries, HistoryPages histories, SearchPages searches, AuditEvents audits, AuditFilter audit)
{
    public async Task<BundleEntry> AnswerAsync(Entry entry, Call call, Caller caller, string baseUrl, CancellationToken stop)
    {
        var address = entry.Address;
        var right = RightOf(entry);
        if (!right.AllowedBy(caller.Sees, address.Type)) return await RefusedAsync(entry, call, right, Refusal.OutOfScope());
        if ((await InTimeAsync(address, caller, baseUrl, stop)).Failed(out var issue, out var body)) return await RefusedAsync(entry, call, right, Refusal.Of(issue));
        if (!await RecordAsync(entry, call, right, body.Status, body.Returned)) return Refused(AuditFilter.Unaudited);
        var version = body.Version;
        return new()
        {
            FullUrl = version is null ? null : $"{baseUrl}/{version.Key}",
            Resource = entry.Method == "HEAD" ? default : body.Body,
            Response = new(body.Status) { ETag = version is null ? null : FhirBody.ETagOf(version.Version), LastModified = version?.LastUpdated },
        };
    }

    /// <summary>A write of a batch that came to nothing: the commit has no row of it, so it gets one of its own.</summary>
    public Task<BundleEntry> RefusedAsync(Entry entry, Call call, Refusal refusal) => RefusedAsync(entry, call, RightOf(entry), refusal);

    /// <summary>True once the audit knows of an entry's write: what found everything as it should be wrote nothing, so no commit tells of it.</summary>
    public async ValueTask<bool> IsAuditedAsync(Entry entry, Call call, Written written) =>
        Writing.IsWrite(written) || await RecordAsync(entry, call, RightOf(entry), 200, written.Version is { Rid: not 0 } there ? [there.Rid] : []);

    private static Right RightOf(Entry entry) => entry.Method switch { "POST" => Right.Create, "PUT" => Right.Update, "PATCH" => Right.Patch, "DELETE" => Right.Delete, _ => RightOf(entry.Address) };

    private static Right RightOf(EntryAddress address) => address switch
    {
        { History: true, Id: null } => Right.HistoryOfMany,
        { History: true } => Right.History,
        { Version: not null } => Right.VersionRead,
        { Id: not null } => Right.Read,
        _ => Right.Search,
    };

    // One that takes too long is refused, and its neighbours are not.
    private async Task<Result<FhirBody>> InTimeAsync(EntryAddress address, Caller caller, string baseUrl, CancellationToken stop)
    {
        try
        {
            return await ReadAsync(address, caller, baseUrl, stop);
        }
        catch (QueryTimeException)
        {
            return Refusal.QueryTookTooLong;
        }
    }

    private async Task<Result<FhirBody>> ReadAsync(EntryAddress address, Caller caller, string baseUrl, CancellationToken stop)
    {
        var key = new ResourceKey(address.Type ?? "", address.Id ?? "");
        if (address.History) return await histories.PageAsync(new(address.Type, address.Id is null ? null : key), address.Query, baseUrl, caller, stop);
        if (address.Within is not null) return await searches.PageAsync(address.Type, address.Query, baseUrl, strict: false, caller, stop, address.Within);
        if (address.Type == "AuditEvent") return address.Id is { } id ? await audits.ReadAsync(id, caller, stop) : await audits.SearchAsync(address.Query, baseUrl, caller, stop);
        if (address.Id is null) return await searches.PageAsync(address.Type, address.Query, baseUrl, strict: false, caller, stop);
        var found = address.Version is { } version ? await store.ReadVersionAsync(new(key, version), caller.Sees, stop) : await store.ReadAsync(key, caller.Sees, stop);
        if (found.Failed(out var issue, out var there) || Subset.Asked(address.Query).Failed(out issue, out var wanted)) return issue;
        return FhirBody.Of(wanted.Of(await binaries.PutBackAsync(there, stop)));
    }

    private async Task<BundleEntry> RefusedAsync(Entry entry, Call call, Right right, Refusal refusal) =>
        Refused(await RecordAsync(entry, call, right, refusal.Status, []) ? refusal : AuditFilter.Unaudited);

    public static BundleEntry Refused(Refusal refusal) => new() { Response = new(refusal.Status) { Outcome = refusal.Outcome } };

    private ValueTask<bool> RecordAsync(Entry entry, Call call, Right right, int status, IReadOnlyList<long> returned) =>
        audit.RecordAsync(call, right, entry.Address.Type, entry.Address.Id, AuditFilter.NamesOf(entry.Address.Query.Select(p => p.Key)), status, returned);
}
