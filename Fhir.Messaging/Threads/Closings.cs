using System.Collections.Concurrent;
using Fhir.Server.Store.Access;

namespace Fhir.Messaging.Threads;

/// <summary>
/// The threads that $close-thread is closing at this moment, each with its summary's DocumentReference: a header changes its
/// status in no other way, so a closed thread always has its summary.
/// </summary>
public sealed class Closings
{
    private readonly ConcurrentDictionary<ResourceKey, ResourceKey> _open = new();

    /// <summary>False when somebody else is closing it right now.</summary>
    public bool TryBegin(ResourceKey thread, ResourceKey document) => _open.TryAdd(thread, document);

    public void End(ResourceKey thread) => _open.TryRemove(thread, out _);

    internal ResourceKey? DocumentOf(ResourceKey thread) => _open.TryGetValue(thread, out var document) ? document : null;
}
