using System.Collections.Immutable;
using Fhir.Messaging.AddressBook;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Rules;

namespace Fhir.Messaging.Consent;

/// <summary>The only way into a thread: every participant row comes from here, and every one that rests on a consent is judged again when a consent changes.</summary>
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
        var participants = ImmutableArray.CreateBuilder<Participant>();
        var issues = new List<Issue>();
        void Enter(Clinician who, string where)
        {
            if (participants.Any(p => p.Clinician.Rid == who.Rid)) return;
            var verdict = Decide(new(who, consents, request.Chosen, now));
            if (verdict.LetIn) participants.Add(new(who, verdict.Until, verdict.Consent));
            else issues.Add(new(IssueKind.Forbidden, $"{where} {verdict.Why}", $"Communication.{where}"));
        }
        EnterSender(request, participants, Enter);
        foreach (var (recipient, index) in request.Recipients.Select((r, i) => (r, i))) Enter(recipient, $"recipient[{index}]");
        if (issues.Count > 0) return issues[0] with { Others = [.. issues.Skip(1)] };
        return new ConsentedMessage(request.Patient, request.Sender, participants.ToImmutable());
    }

    // Who treats the patient writes on her own ground; whoever only knows him through a thread, or is a company doctor, passes the gate too.
    private static void EnterSender(ThreadRequest request, ImmutableArray<Participant>.Builder participants, Action<Clinician, string> enter)
    {
        if (request.Sender.NeedsConsent || !request.OwnGround) enter(request.Sender, "sender");
        else participants.Add(new(request.Sender, long.MaxValue, 0));
    }

    /// <summary>Writes the rows that open the thread.</summary>
    public static ValueTask OpenAsync(ConsentedMessage message, long thread, CommitScope scope, CancellationToken stop) =>
        ParticipantRows.InsertAsync(message, thread, scope, stop);

    /// <summary>Judges all participants of the patient's threads again, after a consent was written: <paramref name="changed"/> is its new content, null when deleted.</summary>
    public static async ValueTask<bool> ReviewAsync(long patient, (long Rid, ResourceKey Key, Element? After) changed, CommitScope scope, CancellationToken stop)
    {
        var rows = await ParticipantRows.OfPatientAsync(scope, patient, stop);
        if (rows.Count == 0) return false;
        var consents = await PatientConsents.ReadAsync(scope, patient, changed, stop);
        var any = false;
        foreach (var row in rows)
        {
            if (row.Consent == 0 && await CareGround.HasAsync(row.Organization, row.Actor, patient, scope, stop)) continue;
            if (await CliniciansInCommit.FindAsync(scope, row.Actor, stop) is not { } clinician) continue;
            any |= await ParticipantRows.ApplyAsync(row, Decide(new(clinician, consents, null, scope.AtMicros)), scope, stop);
        }
        return any;
    }
}
