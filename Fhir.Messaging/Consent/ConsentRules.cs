using System.Collections.Immutable;
using Fhir.Messaging.AddressBook;
using Fhir.Server.Store.Access;

namespace Fhir.Messaging.Consent;

/// <summary>One who comes to the gate: all facts come in, nothing is looked up.</summary>
public sealed record AtTheGate(Clinician Recipient, ImmutableArray<PatientConsent> Consents, long Now)
{
    /// <summary>The consent that the sender named.</summary>
    public ResourceKey? Chosen { get; init; }
    /// <summary>The thread's category.</summary>
    public string? Category { get; init; }
    /// <summary>All others of the thread: whatever is written there goes to all of them.</summary>
    public ImmutableArray<Clinician> Others { get; init; } = [];
    /// <summary>The same; null = nobody in particular, when there are no others.</summary>
    public IEnumerable<Clinician?> Ways => Others.Cast<Clinician?>().DefaultIfEmpty();
    /// <summary>Her practice keeps the patient's record: only a denial that names her shuts her out.</summary>
    public bool AtHome { get; init; }
    /// <summary>She opens the thread herself: then she must be allowed to write, and need not be written to.</summary>
    public bool Opens { get; init; }
}

/// <summary>How far it goes, each until a moment (0 = not at all): she is in the thread, is written to, writes, gets documents and attachments.</summary>
public sealed record Reach(long Until, long Receives, long Sends, long Letters)
{
    public static readonly Reach Endless = new(long.MaxValue, long.MaxValue, long.MaxValue, long.MaxValue);

    /// <summary>Ends at that moment whatever had not ended before.</summary>
    public Reach EndingAt(long now) => new(Math.Min(Until, now), Math.Min(Receives, now), Math.Min(Sends, now), Math.Min(Letters, now));
}

/// <summary>Let in as far as it goes, under a consent (0 = presumed); or refused. Why is for the sender: it says no more than she may know.</summary>
public sealed record Verdict(bool LetIn, Reach Reach, long Consent, string Why)
{
    public static Verdict Refuse(string why) => new(false, new(0, 0, 0, 0), 0, why);
    public static Verdict Admit(Reach reach, long consent = 0) => new(true, reach, consent, "");
}

/// <summary>One line of the table: decides, or passes (null).</summary>
public delegate Verdict? ConsentRule(AtTheGate at);
