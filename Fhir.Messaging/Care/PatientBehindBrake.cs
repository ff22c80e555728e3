using Fhir.Messaging.Threads;
using Fhir.Server.Api.Audit;
using Fhir.Server.Api.Http;
using Fhir.Server.Api.Identity;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Resources;
using Microsoft.AspNetCore.Http;

namespace Fhir.Messaging.Care;

/// <summary>A Task that tells a privacy officer of guesses, while it is being written.</summary>
public sealed record GuessAlarm(long Actor);

/// <summary>Looks for the patient whom both operations are about: so often and no more, and whoever was nearly found reads it in her log.</summary>
public sealed class PatientBehindBrake(PatientByIdentity patients, GuessBrake brake, AuditFilter audit, ResourceStore store, Underway<GuessAlarm> underway, NewWrite make, TimeProvider clock)
{
    /// <summary>The patient's records, or what the caller is told in their place.</summary>
    internal sealed record Sought(IReadOnlyList<ResourceVersion> Records, Refusal? Refusal);

    internal async Task<Sought> FindAsync(HttpContext context, Caller caller, CareInput input, bool heedsDenials, CancellationToken stop)
    {
        var made = await brake.BeginAsync(caller.Sees.PractitionerRid, stop);
        if (made.Wait is { } wait)
        {
            if (made.IsNews && await TellAsync(caller, stop) is { } untold) return new([], Refusal.Of(untold));
            return new([], Refusal.TooMany(wait));
        }
        if ((await patients.FindAsync(input, caller.Sees, heedsDenials, stop)).Failed(out var issue, out var found)) return new([], Refusal.Of(issue));
        if (found.Records.Count > 0)
        {
            await brake.ForgetAsync(made, stop);
            return new(found.Records, null);
        }
        var told = Refusal.Of(PatientByIdentity.NoOne);
        return new([], await audit.RecordAsync(context, told.Status, found.Concerned) ? told : AuditFilter.Unaudited);
    }

    private async Task<Issue?> TellAsync(Caller caller, CancellationToken stop)
    {
        if (make.Of(CareJson.GuessReview(caller, CareMoments.Of(clock, TimeSpan.Zero).From), Write.NewId(), ClinicUrls.GuessingReview).Failed(out var issue, out var task)) return issue;
        underway.Begin(task.Key, new(caller.Sees.PractitionerRid));
        try
        {
            return (await store.CommitAsync([task], caller.Sees.WithTheReachOfTheHouse(), stop)).Failed(out issue, out _) ? issue : null;
        }
        finally
        {
            underway.End(task.Key);
        }
    }
}
