using System.Net;
using System.Net.Sockets;
using Fhir.Server.Store.Audit;

namespace Fhir.Server.Api.Audit;

/// <summary>
/// How many rows strangers may leave: so many per minute and network, and so many of all together. What comes above that is counted and
/// gets one row per minute and network, so that a flood of requests without a token cannot fill the disk.
/// </summary>
public sealed class Knocks(TimeProvider clock)
{
    public const int PerNetwork = 300, OfAll = 600;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Tally> _networks = new(StringComparer.Ordinal);
    private readonly List<Knocked> _over = [];
    private Tally _elsewhere = new();
    private long _minute, _rows;

    /// <summary>False when this one is counted only.</summary>
    public bool LeavesRow(IPAddress? from, int status)
    {
        lock (_lock)
        {
            Turn();
            var tally = TallyOf(from);
            if (tally.Rows < PerNetwork && _rows < OfAll)
            {
                (tally.Rows, _rows) = (tally.Rows + 1, _rows + 1);
                return true;
            }
            (tally.Counted, tally.Status) = (tally.Counted + 1, status);
            return false;
        }
    }

    /// <summary>What was counted in minutes that are over; with <paramref name="all"/> in this one too. It is told once.</summary>
    internal IReadOnlyList<Knocked> Take(bool all)
    {
        lock (_lock)
        {
            if (all) Close();
            else Turn();
            var taken = _over.ToList();
            _over.Clear();
            return taken;
        }
    }

    private void Turn()
    {
        if (clock.GetUtcNow().UtcTicks / TimeSpan.TicksPerMinute is var minute && minute != _minute) Close();
        _minute = minute;
    }

    private void Close()
    {
        foreach (var (network, tally) in _networks.Append(new("", _elsewhere)))
            if (tally.Counted > 0) _over.Add(new(network.Length == 0 ? null : network, tally.Counted, tally.Status));
        _networks.Clear();
        (_elsewhere, _rows) = (new(), 0);
    }

    // Those that come when all rows are given out share one count: else their number would have no end either.
    private Tally TallyOf(IPAddress? from)
    {
        var network = NetworkOf(from);
        if (_networks.TryGetValue(network, out var known)) return known;
        return _rows >= OfAll ? _elsewhere : _networks[network] = new();
    }

    // Of IPv6 the first half: who has one address of it has all the others.
    internal static string NetworkOf(IPAddress? from)
    {
        if (from is null) return "unknown";
        var address = from.IsIPv4MappedToIPv6 ? from.MapToIPv4() : from;
        if (address.AddressFamily != AddressFamily.InterNetworkV6) return address.ToString();
        var bytes = address.GetAddressBytes();
        bytes.AsSpan(8).Clear();
        return $"{new IPAddress(bytes)}/64";
    }

    private sealed class Tally
    {
        public int Rows { get; set; }
        public long Counted { get; set; }
        public int Status { get; set; }
    }
}

/// <summary>Refused requests without a good token that have one row together; Network null = of several.</summary>
internal sealed record Knocked(string? Network, long Times, int Status)
{
    public AuditAgent By => AuditAgent.Anonymous(Network);
}
