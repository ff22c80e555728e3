using System.Globalization;
using Fhir.Server.Api.Blobs;
using Fhir.Server.Api.Http;
using Fhir.Server.Api.Identity;
using Fhir.Server.Api.Interactions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Jobs;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Fhir.Server.Api.Bulk;

/// <summary>A job at its address: how far it is, its end, its files — https://hl7.org/fhir/uv/bulkdata/export.html#bulk-data-status-request</summary>
public static class Jobs
{
    // Somebody else's job, one whose time is over and one that never was are the same.
    private static readonly Issue NoSuchJob = new(IssueKind.NotFound, "There is no such job.");

    public static string AddressOf(string id) => $"$job/{id}";

    public static void Map(RouteGroupBuilder fhir)
    {
        fhir.MapGet("/$job/{job}", StatusAsync).Asks(Right.Job).WithMetadata(new AnyFormat());
        fhir.MapDelete("/$job/{job}", EndAsync).Asks(Right.Job).WithMetadata(new AnyFormat());
        fhir.MapGet("/$job/{job}/answer", AnswerAsync).Asks(Right.Job).WithMetadata(new AnyFormat());
        fhir.MapGet("/$job/{job}/{type}/{part}", FileAsync).Asks(Right.JobFile).WithMetadata(new AnyFormat());
    }

    private static async Task<IResult> StatusAsync(string job, HttpContext context, Caller caller, TenantDatabase database, BulkSettings settings, TimeProvider clock, CancellationToken stop)
    {
        if (await FindAsync(job, caller, database, clock, stop) is not { } found) return Refusal.Of(NoSuchJob);
        if (found.State == JobState.Failed) return Refusal.Unforeseen(found.Id);
        var (pieces, refused) = found.Kind == JobKind.Import ? await ImportTable.StateAsync(database, found.N, stop) : default;
        if (found.State == JobState.Running) return new Accepted(null, [], found.Kind == JobKind.Batch ? "waiting or at work" : string.Create(CultureInfo.InvariantCulture, $"{found.Progress} of {pieces} pieces"));
        if (found is { Kind: JobKind.Batch, State: JobState.Done }) return Manifest.OfBatch(found, await BatchTable.AnswerAsync(database, found.N, stop) is null);
        return new Manifest(found, refused, await ExportList.PiecesAsync(database, found.N, settings.ResourcesPerFile, stop));
    }

    private static async Task<IResult> EndAsync(string job, Caller caller, TenantDatabase database, TimeProvider clock, CancellationToken stop)
    {
        if (await FindAsync(job, caller, database, clock, stop) is not { } found) return Refusal.Of(NoSuchJob);
        await using var session = await database.BesideAsync(stop);
        await JobTable.EndAsync(session, found.N, stop);
        await session.CommitAsync(stop);
        return new Accepted(null, []);
    }

    // Of a batch: what became of it, or why all of it was refused.
    private static async Task<IResult> AnswerAsync(string job, HttpContext context, Caller caller, TenantDatabase database, EntryReads reads, ApiSettings settings, TimeProvider clock, CancellationToken stop)
    {
        if (await FindAsync(job, caller, database, clock, stop) is not { Kind: JobKind.Batch, State: JobState.Done } found) return Refusal.Of(NoSuchJob);
        return await BatchTable.AnswerAsync(database, found.N, stop) is { } kept
            ? await BatchAnswer.OfAsync(kept, reads, Call.Of(context), caller with { Sees = SeesNow(caller, clock) }, Base.Of(context), settings.Limits.BundleEntries, stop)
            : new RefusedLines(await ImportTable.RefusedAsync(database, found.N, stop));
    }

    private static async Task<IResult> FileAsync(string job, string type, string part, Caller caller, TenantDatabase database, BinaryData binaries, BulkSettings settings, TimeProvider clock, CancellationToken stop)
    {
        if (await FindAsync(job, caller, database, clock, stop) is not { } found) return Refusal.Of(NoSuchJob);
        if (found.Kind == JobKind.Import) return type == "OperationOutcome" && part == Manifest.Refused ? new RefusedLines(await ImportTable.RefusedAsync(database, found.N, stop)) : Refusal.Of(NoSuchJob);
        if (found.Kind == JobKind.Batch) return Refusal.Of(NoSuchJob);
        var pieces = await ExportList.PiecesAsync(database, found.N, settings.ResourcesPerFile, stop);
        if (Manifest.Parts(pieces).FirstOrDefault(p => p.Piece.Type == type && p.Name == part).Piece is not { } piece) return Refusal.Of(NoSuchJob);
        var rids = await ExportList.RidsAsync(database, found.N, piece, SeesNow(caller, clock), stop);
        return new ExportFile(found, piece, rids, () => SeesNow(caller, clock), database, binaries);
    }

    private static async Task<Job?> FindAsync(string job, Caller caller, TenantDatabase database, TimeProvider clock, CancellationToken stop) =>
        await JobTable.FindAsync(database, job, JobOwner.Of(caller), Micros.Of(clock.GetUtcNow()), stop);

    private static AccessContext SeesNow(Caller caller, TimeProvider clock) => caller.Sees with { NowMicros = Math.Max(caller.Sees.NowMicros, Micros.Of(clock.GetUtcNow())) };
}
