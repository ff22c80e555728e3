using System.Text.Json.Nodes;
using Fhir.Messaging.Threads;
using Fhir.Server.Api.Http;
using Fhir.Server.Api.Identity;
using Fhir.Server.Api.Operations;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Resources;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Fhir.Messaging.Care;

/// <summary>Care that is being declared: by whom, about whom, from when until when.</summary>
public sealed record Declaration(long Actor, long Patient, Validity Period);

/// <summary>$declare-care: a clinician says that she cares for a patient of another practice, and why. An EpisodeOfCare keeps it.</summary>
public sealed class DeclareCare(ResourceStore store, PatientBehindBrake patients, Underway<Declaration> underway, NewWrite make, TimeProvider clock)
{
    private static readonly Operation Definition = new("declare-care", "Patient", OperationLevel.Type, ClinicUrls.Base + "/OperationDefinition/declare-care");
    private static readonly SpanAsked Days = new("days", Usual: 30, Most: 365);

    public static void Map(RouteGroupBuilder fhir) => fhir.MapOperation(Definition, Right.Operation(Permission.Read, "Patient"),
        (HttpContext context, Caller caller, DeclareCare operation, CancellationToken stop) => operation.RunAsync(context, caller, stop));

    private async Task<IResult> RunAsync(HttpContext context, Caller caller, CancellationToken stop)
    {
        if (await Entitlement.RefusesAsync(caller, Ability.DeclaresCare, store, stop) is { } no) return Refusal.Of(no);
        if (!Entitlement.Covers(caller, "EpisodeOfCare")) return Refusal.OutOfScope();
        if ((await CareInput.ReadAsync(context.Request, ClinicUrls.CareReason, Days, stop)).Failed(out var issue, out var input)) return Refusal.Of(issue);
        var sought = await patients.FindAsync(context, caller, input, heedsDenials: true, stop);
        if (sought.Refusal is { } refusal) return refusal;
        if ((await CommitAsync(caller, sought.Records, input, stop)).Failed(out issue, out var sees)) return Refusal.Of(issue);
        return (await FirstSeenAsync(sought.Records, sees, stop)).Failed(out issue, out var shown) ? Refusal.Of(issue) : FhirBody.Of(shown);
    }

    // Who is registered more than once is answered with one of her records; a search shows the others.
    private async Task<Result<ResourceVersion>> FirstSeenAsync(IReadOnlyList<ResourceVersion> records, AccessContext sees, CancellationToken stop)
    {
        foreach (var record in records.SkipLast(1))
            if (!(await store.ReadAsync(record.Key, sees, stop)).Failed(out _, out var shown)) return shown;
        return await store.ReadAsync(records[^1].Key, sees, stop);
    }

    /// <summary>What she sees from the moment of the commit: all the patient's records, or none.</summary>
    private async Task<Result<AccessContext>> CommitAsync(Caller caller, IReadOnlyList<ResourceVersion> patients, CareInput input, CancellationToken stop)
    {
        var (from, until) = CareMoments.Of(clock, TimeSpan.FromDays(input.Span));
        var writes = new List<Write>();
        try
        {
            foreach (var patient in patients)
            {
                if (make.Of(CareJson.Episode(caller, patient.Key, input, from, until), Write.NewId(), ClinicUrls.DeclaredCare).Failed(out var wrong, out var write)) return wrong;
                underway.Begin(write.Key, new(caller.Sees.ActorRid, patient.Rid, new(Micros.Of(from), Micros.Of(until))));
                writes.Add(write);
            }
            if ((await store.CommitAsync(writes, caller.Sees.WithTheReachOfTheHouse(), stop)).Failed(out var issue, out var written)) return issue;
            return caller.Sees with { NowMicros = Micros.Of(written[0].Version!.LastUpdated) };
        }
        finally
        {
            foreach (var write in writes) underway.End(write.Key);
        }
    }
}
