using System.Collections.Concurrent;

namespace Fhir.Server.Store.Access;

/// <summary>Which rid a resource has: it never changes, so what is known is kept, up to a bound.</summary>
internal sealed class Rids
{
    private const int Most = 200_000;
    private readonly ConcurrentDictionary<ResourceKey, long> _known = new();
    private int _count;

    public bool TryGet(ResourceKey key, out long rid) => _known.TryGetValue(key, out rid);

    /// <summary>Only after the commit: a reserved rid that was rolled back must not be remembered.</summary>
    public void Keep(IReadOnlyDictionary<ResourceKey, long> committed)
    {
        if (Interlocked.Add(ref _count, committed.Count) > Most)
        {
            _known.Clear();
            _count = committed.Count;
        }
        foreach (var (key, rid) in committed) _known[key] = rid;
    }
}
