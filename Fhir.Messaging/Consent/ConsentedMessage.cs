using System.Collections.Immutable;
using Fhir.Messaging.AddressBook;

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

/// <summary>One who is let in, until a moment, resting on a consent (0 = presumed).</summary>
public sealed record Participant(Clinician Clinician, long Until, long Consent);

/// <summary>What is asked of the gate: who wants to write to whom about which patient. Chosen = the consent named by the sender; OwnGround = the patient is the sender's own.</summary>
public sealed record ThreadRequest(long Patient, Clinician Sender, bool OwnGround, ImmutableArray<Clinician> Recipients, Fhir.Server.Store.Access.ResourceKey? Chosen);
