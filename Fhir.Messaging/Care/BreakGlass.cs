using System.Globalization;
using System.Text.Json.Nodes;
using Fhir.Messaging.Threads;
using Fhir.Server.Api;
using Fhir.Server.Api.Http;
using Fhir.Server.Api.Identity;
using Fhir.Server.Api.Operations;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Resources;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Fhir.Messaging.Care;

/// <summary>What a glass is broken with, once: the token (jti), and the proof of who she is that it was made of (issuer, person, auth_time).</summary>
public sealed record Proof(string Token, string Authentication);

/// <summary>Glass that is being broken: who asks (with her own eyes), whose record, in which window, by which proof. Follows: in the same commit as another record of the same patient.</summary>
public sealed record GlassAct(AccessContext By, long Patient, Validity Window, Proof Proof, bool Follows);

/// <summary>$break-glass: one patient's record, in an emergency, for 30 minutes at most; all her records, when she is registered more than once. The patient is told, and a privacy officer reviews it.</summary>
public sealed class BreakGlass(ResourceStore store, TenantDatabase database, PatientBehindBrake patients, Underway<GlassAct> underway, NewWrite make, ApiSettings settings, TimeProvider clock)
{
    private static readonly Operation Definition = new("break-glass", "Patient", OperationLevel.Type, ClinicUrls.Base + "/OperationDefinition/break-glass");
    private static readonly SpanAsked Minutes = new("minutes", Usual: 30, Most: 30);
    private static readonly TimeSpan FreshStepUp = TimeSpan.FromMinutes(5), ClocksDiffer = TimeSpan.FromSeconds(30);

    public static void Map(RouteGroupBuilder fhir) => fhir.MapOperation(Definition, Right.Operation(Permission.Read, "Patient"),
        (HttpContext context, Caller caller, BreakGlass operation, CancellationToken stop) => operation.RunAsync(context, caller, stop));

    private async Task<IResult> RunAsync(HttpContext context, Caller caller, CancellationToken stop)
    {
        if (await Entitlement.RefusesAsync(caller, Ability.BreaksGlass, store, stop) is { } no) return Refusal.Of(no);
        if (!Entitlement.Covers(caller, "Task", "Communication")) return Refusal.OutOfScope();
        if (FreshProof(caller) is not { } at) return Refusal.StepUp(settings.StepUpAcr, FreshStepUp);
        if (caller.Sees.TokenId is not { Length: > 0 } token) return Refusal.Of(new(IssueKind.Forbidden, "This needs a token with an id of its own (jti)."));
        var proof = new Proof(token, string.Create(CultureInfo.InvariantCulture, $"{caller.Sees.Issuer} {caller.Practitioner} {at.ToUnixTimeSeconds()}"));
        if ((await CareInput.ReadAsync(context.Request, ClinicUrls.BreakGlassReason, Minutes, stop)).Failed(out var issue, out var input)) return Refusal.Of(issue);
        await using (var session = await database.ReadAsync(snapshot: false, stop))
            if (await GlassRows.SpentAsync(session, proof, stop) is { } spent) return Refusal.Of(spent);   // before the patient is looked for: it tells nothing of her
        var sought = await patients.FindAsync(context, caller, input, heedsDenials: false, stop);
        if (sought.Refusal is { } refusal) return refusal;
        return (await CommitAsync(caller, proof, sought.Records, input, stop)).Failed(out issue, out var broken) ? Refusal.Of(issue) : await AnswerAsync(context, caller, broken, stop);
    }

    private DateTimeOffset? FreshProof(Caller caller) =>
        caller.SteppedUpAt is { } at && clock.GetUtcNow() is var now && at >= now - FreshStepUp && at <= now + ClocksDiffer ? at : null;

    private sealed record Broken(IReadOnlyList<(ResourceVersion Patient, ResourceVersion Review)> Records, DateTimeOffset Until);

    // One act: all the patient's records are opened, or none.
    private async Task<Result<Broken>> CommitAsync(Caller caller, Proof proof, IReadOnlyList<ResourceVersion> patients, CareInput input, CancellationToken stop)
    {
        var (from, until) = CareMoments.Of(clock, TimeSpan.FromMinutes(input.Span));
        var writes = new List<Write>();
        try
        {
            foreach (var patient in patients)
            {
                if (Told(caller, patient.Key, input, from, until).Failed(out var wrong, out var told)) return wrong;
                var act = new GlassAct(caller.Sees, patient.Rid, new(Micros.Of(from), Micros.Of(until)), proof, Follows: writes.Count > 0);
                foreach (var write in told) underway.Begin(write.Key, act);
                writes.AddRange(told);
            }
            if ((await store.CommitAsync(writes, Behind(caller.Sees, patients, until).WithTheReachOfTheHouse(), stop)).Failed(out var issue, out var written)) return issue;
            return new Broken([.. patients.Select((patient, i) => (patient, written[2 * i].Version!))], until);
        }
        finally
        {
            foreach (var write in writes) underway.End(write.Key);
        }
    }

    // For each record a review and a notice.
    private Result<Write[]> Told(Caller caller, ResourceKey patient, CareInput input, DateTimeOffset from, DateTimeOffset until)
    {
        if (make.Of(CareJson.Review(caller, patient, input, from, until), Write.NewId(), ClinicUrls.BreakGlassReview).Failed(out var issue, out var review)) return issue;
        return make.Of(CareJson.PatientNotice(caller, patient, from), Write.NewId(), ClinicUrls.BreakGlassNotice).Failed(out issue, out var notice) ? issue : new[] { review, notice };
    }

    // From here on, before it is known elsewhere: this very act is marked too.
    private static AccessContext Behind(AccessContext sees, IEnumerable<ResourceVersion> patients, DateTimeOffset until) =>
        sees with { Glass = [.. sees.Glass, .. patients.Select(patient => new OpenGlass(patient.Rid, Micros.Of(until)))] };

    // What she gets of the patient is what she sees from now on: a name that is very restricted stays hidden.
    private async Task<IResult> AnswerAsync(HttpContext context, Caller caller, Broken broken, CancellationToken stop)
    {
        var answer = new JsonArray(new JsonObject { ["name"] = "until", ["valueInstant"] = NewWrite.Instant(broken.Until) });
        var returned = new List<long>();
        var sees = Behind(caller.Sees, broken.Records.Select(r => r.Patient), broken.Until) with { NowMicros = Micros.Of(broken.Records[0].Review.LastUpdated) };
        Call.Of(context).Caller = caller with { Sees = sees };
        foreach (var (patient, review) in broken.Records)
        {
            answer.Add(new JsonObject { ["name"] = "task", ["valueReference"] = NewWrite.Reference(review.Key) });
            if (!(await store.ReadAsync(patient.Key, sees, stop)).Failed(out _, out var shown))
            {
                answer.Add(new JsonObject { ["name"] = "patient", ["resource"] = JsonNode.Parse(shown.Body.Span) });
                returned.Add(patient.Rid);
            }
            returned.Add(review.Rid);
        }
        return FhirBody.Of(NewWrite.Bytes(new JsonObject { ["resourceType"] = "Parameters", ["parameter"] = answer }), returned);
    }
}
