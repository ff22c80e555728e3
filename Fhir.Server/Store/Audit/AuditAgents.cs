using Fhir.Server.Store.Database;

namespace Fhir.Server.Store.Audit;

/// <summary>Which agents a stream holds already, as far as this process knows. Used by one writer at a time.</summary>
public sealed class AuditAgents(string table)
{
    private const int Most = 20_000;
    private readonly HashSet<Guid> _stored = [];
    private readonly Dictionary<Guid, AuditAgent> _new = [];

    /// <summary>The agent's key; an agent not known yet is stored with the next <see cref="StoreAsync"/>.</summary>
    public byte[] KeyOf(AuditAgent agent)
    {
        var key = new Guid(agent.Key);
        if (!_stored.Contains(key)) _new[key] = agent;
        return agent.Key;
    }

    /// <summary>Into the transaction of the rows that need them.</summary>
    public async ValueTask StoreAsync(WriteSession session, CancellationToken stop)
    {
        // In one order everywhere: two nodes that store the same new ones must not wait for each other.
        foreach (var (_, agent) in _new.OrderBy(one => one.Key)) await session.ExecuteAsync(agent.Insert(table), stop);
    }

    /// <summary>Only after the commit: what was rolled back must not be remembered.</summary>
    public void Committed()
    {
        if (_stored.Count + _new.Count > Most) _stored.Clear();
        _stored.UnionWith(_new.Keys);
        _new.Clear();
    }

    /// <summary>A transaction that left nothing.</summary>
    public void Forget() => _new.Clear();
}
