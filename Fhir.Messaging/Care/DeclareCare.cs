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
        if (sought.Patient is not { } patient) return sought.Refusal!;
        if ((await CommitAsync(caller, patient, input, stop)).Failed(out issue, out var sees)) return Refusal.Of(issue);
        return (await store.ReadAsync(patient.Key, sees, stop)).Failed(out issue, out var shown) ? Refusal.Of(issue) : FhirBody.Of(shown);
    }

    /// <summary>What she sees from the moment of the commit.</summary>
    private async Task<Result<AccessContext>> CommitAsync(Caller caller, ResourceVersion patient, CareInput input, CancellationToken stop)
    {
        var (from, until) = CareMoments.Of(clock, TimeSpan.FromDays(input.Span));
        if (make.Of(CareJson.Episode(caller, patient.Key, input, from, until), Write.NewId(), ClinicUrls.DeclaredCare).Failed(out var issue, out var write)) return issue;
        underway.Begin(write.Key, new(caller.Sees.ActorRid, patient.Rid, new(Micros.Of(from), Micros.Of(until))));
        try
        {
            if ((await store.CommitAsync([write], caller.Sees.WithTheReachOfTheHouse(), stop)).Failed(out issue, out var written)) return issue;
            return caller.Sees with { NowMicros = Micros.Of(written[0].Version!.LastUpdated) };
        }
        finally
        {
            underway.End(write.Key);
        }
    }
}
