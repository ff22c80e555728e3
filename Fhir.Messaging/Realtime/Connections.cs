using System.Collections.Concurrent;
using System.Collections.Immutable;

namespace Fhir.Messaging.Realtime;

/// <summary>Who is connected to this node: owner (the rid of a PractitionerRole) → connections. No groups.</summary>
public sealed class Connections
{
    private readonly ConcurrentDictionary<long, ImmutableList<Connection>> _byOwner = new();

    public bool Any => !_byOwner.IsEmpty;

    public void Add(Connection connection) =>
        _byOwner.AddOrUpdate(connection.Owner, _ => [connection], (_, there) => there.Add(connection));

    public void Remove(Connection connection)
    {
        while (_byOwner.TryGetValue(connection.Owner, out var there))
        {
            var left = there.Remove(connection);
            if (left.IsEmpty ? _byOwner.TryRemove(new(connection.Owner, there)) : _byOwner.TryUpdate(connection.Owner, left, there)) return;
        }
    }

    public bool Has(long owner) => _byOwner.ContainsKey(owner);

    public void Push(long owner, PushEvent push)
    {
        if (!_byOwner.TryGetValue(owner, out var there)) return;
        foreach (var connection in there) connection.Push(push);
    }

    public IEnumerable<Connection> All() => _byOwner.Values.SelectMany(c => c);
}
