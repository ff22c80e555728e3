namespace Fhir.Messaging.Realtime;

/// <summary>What the hub says to a client: it only wakes, the truth is fetched. Two events with the same name and about are one: the later replaces the earlier.</summary>
public sealed record PushEvent(string Name, string About, object Body)
{
    public static PushEvent Thread(string thread, long seq) => new("thread", thread, new { thread, seq });
    public static PushEvent Inbox(string token) => new("inbox", "", new { token });
    public static PushEvent Receipt(string thread, string reader, long seq) => new("receipt", $"{thread} {reader}", new { thread, reader, seq });
    public static PushEvent Revoked(string thread) => new("revoked", thread, new { thread });
}
