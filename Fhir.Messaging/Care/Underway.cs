using System.Collections.Concurrent;
using Fhir.Server.Store.Access;

namespace Fhir.Messaging.Care;

/// <summary>What an operation is committing at this moment, by the resource that stands for it: the commit rule knows by it that no mere write is at work.</summary>
public sealed class Underway<TAct> where TAct : class
{
    private readonly ConcurrentDictionary<ResourceKey, TAct> _acts = new();

    public void Begin(ResourceKey key, TAct act) => _acts[key] = act;
    public void End(ResourceKey key) => _acts.TryRemove(key, out _);

    internal TAct? Of(ResourceKey key) => _acts.GetValueOrDefault(key);
}
