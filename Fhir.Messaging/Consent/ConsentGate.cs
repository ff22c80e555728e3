using System.Collections.Immutable;
using Fhir.Messaging.AddressBook;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Rules;

namespace Fhir.Messaging.Consent;

/// <summary>The only way into a thread: every participant row comes from here, and every one is judged again when a consent changes.</summary>
public static class ConsentGate
{
    /// <summary>Tried from the top; the first verdict stands.</summary>
    public static readonly ImmutableArray<ConsentRule> InOrder =
        [OnlyTheAddressable.Decide, DeniedByPatient.Decide, CompanyDoctorIsNamed.Decide, PresumedInCare.Decide];

    public static Verdict Decide(AtTheGate at) =>
        InOrder.Select(rule => rule(at)).FirstOrDefault(verdict => verdict is not null) ?? Verdict.Refuse("cannot be let in.");

    /// <summary>Judges a new thread with the facts of this commit. An issue names the recipient.</summary>
    public static async ValueTask<Result<ConsentedMessage>> AdmitAsync(ThreadRequest request, CommitScope scope, CancellationToken stop) =>
        await StrangerAsync(request, scope, stop) is { } stranger ? stranger : Admit(request, await PatientConsents.ReadAsync(scope, request.Patient, null, stop), scope.AtMicros);

    // Consent is presumed between those who give care: a company doctor lets nobody in who does not treat the patient already.
    private static async ValueTask<Issue?> StrangerAsync(ThreadRequest request, CommitScope scope, CancellationToken stop)
    {
        if (!request.Sender.NeedsConsent) return null;
        for (var i = 0; i < request.Recipients.Length; i++)
        {
            var recipient = request.Recipients[i];
            if (recipient.NeedsConsent || await CareGround.HasAsync(recipient.OrganizationRid, recipient.Rid, request.Patient, scope, stop)) continue;
            return new Issue(IssueKind.Forbidden, $"recipient[{i}] does not treat the patient: a company doctor writes to those who do.", $"Communication.recipient[{i}]");
        }
        return null;
    }

    /// <summary>The same with all facts given.</summary>
    public static Result<ConsentedMessage> Admit(ThreadRequest request, ImmutableArray<PatientConsent> consents, long now)
    {
        var all = request.Recipients.Prepend(request.Sender).DistinctBy(c => c.Rid).ToImmutableArray();
        var participants = ImmutableArray.CreateBuilder<Participant>();
        var issues = new List<Issue>();
        foreach (var who in all)
        {
            var isSender = who.Rid == request.Sender.Rid;
            var verdict = Decide(new(who, consents, now)
            {
                Chosen = request.Chosen, Category = request.Category, Others = all.Remove(who), Opens = isSender, AtHome = isSender && request.OwnGround && !who.NeedsConsent,
            });
            var where = isSender ? "sender" : $"recipient[{request.Recipients.IndexOf(who)}]";
            if (verdict.LetIn) participants.Add(new(who, verdict.Reach, verdict.Consent));
            else issues.Add(new(IssueKind.Forbidden, $"{where} {verdict.Why}", $"Communication.{where}"));
        }
        if (issues.Count > 0) return issues[0] with { Others = [.. issues.Skip(1)] };
        return new ConsentedMessage(request.Patient, request.Sender, participants.ToImmutable());
    }

    /// <summary>Writes the rows that open the thread.</summary>
    public static ValueTask OpenAsync(ConsentedMessage message, long thread, CommitScope scope, CancellationToken stop) =>
        ParticipantRows.InsertAsync(message, thread, scope, stop);

    /// <summary>May this participant write now, and does it reach only those whom it may reach? Judged by the rows, against the commit's own clock.</summary>
    public static async ValueTask<Issue?> MayWriteAsync(long thread, long sender, bool letters, CommitScope scope, CancellationToken stop)
    {
        var now = scope.AtMicros;
        foreach (var row in await ParticipantRows.ActiveAsync(scope, thread, stop))
        {
            var why = row switch
            {
                _ when row.Actor == sender && row.Reach.Sends <= now => "may not write in this thread: the patient's consent does not cover it.",
                _ when row.Actor != sender && row.Reach.Receives <= now => "may not be written to in this thread: the patient's consent does not cover it.",
                _ when letters && row.Reach.Letters <= now => "may get no documents and attachments: the patient's consent does not cover them.",
                _ => null,
            };
            if (why is not null) return await RefusedAsync(thread, row.Actor, why, scope, stop);
        }
        return null;
    }

    private static async ValueTask<Issue> RefusedAsync(long thread, long actor, string why, CommitScope scope, CancellationToken stop)
    {
        var header = await scope.ReadAsync(thread, stop) is var (_, found) ? found : Element.None;
        var who = await scope.ReadAsync(actor, stop) is var (key, _) ? key : default;
        var index = header.Each("recipient").Select(References.Key).ToList().IndexOf(who);
        var place = index < 0 ? "sender" : $"recipient[{index}]";
        return new(IssueKind.Forbidden, $"The thread's {place} {why}", $"Communication.{place}");
    }

    /// <summary>Judges all participants of the patient's threads again, after a consent was written: <paramref name="changed"/> is its new content, null when deleted.</summary>
    public static async ValueTask<bool> ReviewAsync(long patient, (long Rid, ResourceKey Key, Element? After) changed, CommitScope scope, CancellationToken stop) =>
        await ReviewAsync(patient, await PatientConsents.ReadAsync(scope, patient, changed, stop), null, scope, stop);

    /// <summary>The same after somebody of the directory was written.</summary>
    public static async ValueTask<bool> ReviewAsync(long patient, Change clinician, CommitScope scope, CancellationToken stop) =>
        await ReviewAsync(patient, await PatientConsents.ReadAsync(scope, patient, null, stop), clinician, scope, stop);

    private static async ValueTask<bool> ReviewAsync(long patient, ImmutableArray<PatientConsent> consents, Change? changed, CommitScope scope, CancellationToken stop)
    {
        var any = false;
        foreach (var thread in (await ParticipantRows.OfPatientAsync(scope, patient, stop)).GroupBy(r => r.Thread))
            any |= await ReviewAsync(patient, [.. thread], consents, changed, scope, stop);
        return any;
    }

    private static async ValueTask<bool> ReviewAsync(long patient, List<ParticipantRow> rows, ImmutableArray<PatientConsent> consents, Change? changed, CommitScope scope, CancellationToken stop)
    {
        var all = ImmutableArray.CreateBuilder<Clinician>();
        foreach (var row in rows)
            if (await CliniciansInCommit.FindAsync(scope, row.Actor, stop, changed) is { } clinician) all.Add(clinician);
        var category = await scope.ReadAsync(rows[0].Thread, stop) is var (_, header) ? ThreadCategories.Of(header) : null;
        var alone = await ParticipantRows.WriterAloneAsync(scope, rows[0].Thread, stop);
        var any = false;
        foreach (var row in rows)
        {
            if (all.FirstOrDefault(c => c.Rid == row.Actor) is not { } clinician || clinician.OrganizationRid != row.Organization)
            {
                any |= await ParticipantRows.ApplyAsync(row, Verdict.Refuse("does not work there any more."), scope, stop);
                continue;
            }
            var home = row.Consent == 0 && !clinician.NeedsConsent && await CareGround.IsHomeAsync(row.Organization, patient, scope, stop);
            var at = new AtTheGate(clinician, consents, scope.AtMicros) { Category = category, Others = [.. all.Where(c => c != clinician)], AtHome = home };
            var verdict = Decide(at);
            if (!verdict.LetIn && alone == row.Actor) verdict = Decide(at with { Opens = true });
            any |= await ParticipantRows.ApplyAsync(row, verdict, scope, stop);
        }
        return any;
    }
}
