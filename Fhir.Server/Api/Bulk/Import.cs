using System.Security.Cryptography;
using Fhir.Server.Api.Http;
using Fhir.Server.Api.Identity;
using Fhir.Server.Api.Interactions;
using Fhir.Server.Api.Operations;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Jobs;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;

namespace Fhir.Server.Api.Bulk;

/// <summary>$import: NDJSON comes in and is kept in pieces; the work begins when all of it is here. For who sees the whole tenant.</summary>
public static class Import
{
    private static readonly Issue MayNot = new(IssueKind.Forbidden, "Only who sees everything here can import.");
    private static readonly Issue NoLines = new(IssueKind.Invalid, "An import brings NDJSON: application/fhir+ndjson, one resource on each line.", "http.Content-Type");
    private static readonly Issue TooLong = new(IssueKind.Invalid, "A line or the whole is too long.") { Code = "too-long" };

    public static void Map(RouteGroupBuilder fhir) =>
        fhir.MapOperation(new("import", Operation.NoType, OperationLevel.System, $"{ApiSettings.Canonical}/OperationDefinition/import"), Right.Import, TakeAsync);

    private static async Task<IResult> TakeAsync(HttpContext context, Caller caller, ExportStart exports, TenantDatabase database, ImportRunner runner, BulkSettings settings, ApiSettings api, TimeProvider clock, CancellationToken stop)
    {
        if (!caller.Sees.SeesAll) return Refusal.Of(MayNot);
        if (!Prefer.Of(context.Request).Async) return Refusal.Of(Export.NotAsync);
        if (context.Request.ContentType?.Split(';')[0].Trim() is not ("application/fhir+ndjson" or "application/ndjson")) return Refusal.Of(NoLines);
        if (await exports.IsFullAsync(caller, stop)) return Refusal.TooMany(TimeSpan.FromMinutes(10));
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit) limit.MaxRequestBodySize = settings.MaxImportBytes;
        var job = NewJob(context, caller, settings, clock);
        var n = await AddAsync(database, job, caller, HomeOrganization.Of(context.Request, caller.Sees), stop);
        var pieces = await KeepAsync(new ImportReader(context.Request.Body, api.MaxBodyBytes), database, n, stop);
        await FinishAsync(database, n, pieces, pieces < 0 ? 0 : job.UntilAt, stop);
        if (pieces < 0) return Refusal.Of(TooLong);
        runner.Wake();
        return new Accepted(Jobs.AddressOf(job.Id), []);
    }

    private static Job NewJob(HttpContext context, Caller caller, BulkSettings settings, TimeProvider clock)
    {
        var now = Micros.Of(clock.GetUtcNow());
        return new()
        {
            Id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)), Kind = JobKind.Import, Owner = JobOwner.Of(caller), Request = context.Request.GetEncodedUrl(),
            MadeAt = now, UntilAt = now + ((long)settings.KeepHours * 3_600_000_000), AsOf = now, State = JobState.Running,
        };
    }

    private static async Task<long> AddAsync(TenantDatabase database, Job job, Caller caller, Store.Access.ResourceKey? home, CancellationToken stop)
    {
        await using var session = await database.BesideAsync(stop);
        var n = await JobTable.AddAsync(session, job, stop);
        await ImportTable.AddAsync(session, n, caller.Sees, home, stop);
        await session.CommitAsync(stop);
        return n;
    }

    // Each piece is a short write of its own: whoever sends slowly keeps nobody waiting. Below zero: it was too long.
    private static async Task<long> KeepAsync(ImportReader reader, TenantDatabase database, long job, CancellationToken stop)
    {
        var pieces = 0L;
        while (await reader.NextAsync(stop) is { } piece)
        {
            await using var session = await database.BesideAsync(stop);
            await ImportTable.AddPieceAsync(session, job, piece with { Number = ++pieces }, stop);
            await session.CommitAsync(stop);
        }
        return reader.TooLong ? -1 : pieces;
    }

    private static async Task FinishAsync(TenantDatabase database, long job, long pieces, long untilAt, CancellationToken stop)
    {
        await using var session = await database.BesideAsync(stop);
        await ImportTable.CompleteAsync(session, job, pieces, untilAt, stop);
        await session.CommitAsync(stop);
    }
}
