using System.Collections.Immutable;
using Fhir.Messaging.AddressBook;
using Fhir.Server.Store.Access;

namespace Fhir.Messaging.Consent;

/// <summary>A thread that may be opened, with those who are let in. Only <see cref="ConsentGate"/> makes one (a test reads the sources).</summary>
public sealed class ConsentedMessage
{
    internal ConsentedMessage(long patient, Clinician sender, ImmutableArray<Participant> participants) =>
        (Patient, Sender, Participants) = (patient, sender, participants);

    public long Patient { get; }
    public Clinician Sender { get; }
    public ImmutableArray<Participant> Participants { get; }
}

/// <summary>One who is let in, as far as it goes, resting on a consent (0 = presumed).</summary>
public sealed record Participant(Clinician Clinician, Reach Reach, long Consent);

/// <summary>What is asked of the gate: who wants to write to whom about which patient. OwnGround = the patient is of the sender's own practice.</summary>
public sealed record ThreadRequest(long Patient, Clinician Sender, bool OwnGround, ImmutableArray<Clinician> Recipients)
{
    /// <summary>The consent that the sender named.</summary>
    public ResourceKey? Chosen { get; init; }
    /// <summary>The thread's category.</summary>
    public string? Category { get; init; }
}
