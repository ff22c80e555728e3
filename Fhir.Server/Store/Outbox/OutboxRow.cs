namespace Fhir.Server.Store.Outbox;

/// <summary>queued → sent → accepted | rejected → parked; from sent back to queued when there was no answer. Parked waits for a person; withheld may not leave any more, and holds nothing back.</summary>
public enum OutboxState { Queued = 0, Sent = 1, Accepted = 2, Rejected = 3, Parked = 4, Withheld = 5 }

/// <summary>What must leave: in one channel, to one destination. MessageId is the same at every attempt. A message holds back later ones with its order key.</summary>
public sealed record Outgoing(string Channel, string Destination, long OrderKey, string MessageId, long Payload, long Target);

/// <summary>A row of the outbox. Times are µs since 1970; At = when the state became what it is.</summary>
public sealed record OutboxRow(long N, Outgoing What, OutboxState State, int Attempts, long CreatedAt, long At, string? Detail);
