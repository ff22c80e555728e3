using System.Security.Cryptography;
using Fhir.Server.Api.Http;
using Fhir.Server.Api.Identity;
using Fhir.Server.Api.Interactions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Jobs;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;

namespace Fhir.Server.Api.Bulk;

/// <summary>A batch or transaction with Prefer: respond-async — https://hl7.org/fhir/R4/async.html. It is kept as it came, and done under the rights that its sender has then.</summary>
public sealed class BatchLater(TenantDatabase database, ExportStart jobs, BatchRunner runner, BulkSettings settings, TimeProvider clock)
{
    internal async Task<IResult> StartAsync(ReadOnlyMemory<byte> bundle, HttpContext context, Caller caller, CancellationToken stop)
    {
        if (caller.Token is not { } token) throw new InvalidOperationException("A caller without a token sent a Bundle.");
        if (await jobs.IsFullAsync(caller, stop)) return Refusal.TooMany(TimeSpan.FromMinutes(10));
        var now = Micros.Of(clock.GetUtcNow());
        var job = new Job
        {
            Id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)), Kind = JobKind.Batch, Owner = JobOwner.Of(caller), Request = context.Request.GetEncodedUrl(),
            MadeAt = now, UntilAt = now + ((long)settings.KeepHours * 3_600_000_000), AsOf = now, State = JobState.Running,
        };
        var order = new BatchOrder(0, job.Id, TokenText.Of(token), caller.Sees.Network, Base.Of(context), HomeOrganization.Of(context.Request, caller.Sees),
            Prefer.Of(context.Request).Return == Return.OperationOutcome, bundle.ToArray(), now);
        await using (var session = await database.BesideAsync(stop))
        {
            await BatchTable.AddAsync(session, order with { Job = await JobTable.AddAsync(session, job, stop) }, stop);
            await session.CommitAsync(stop);
        }
        runner.Wake();
        return new Accepted(Jobs.AddressOf(job.Id), []);
    }
}
