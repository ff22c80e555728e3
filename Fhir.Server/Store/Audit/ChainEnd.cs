namespace Fhir.Server.Store.Audit;

/// <summary>The end of a chain in a writer's hands: gives each next row its n and its hash.</summary>
public sealed class ChainEnd(string table, long chain, long lastN, byte[]? lastHash)
{
    private byte[] _hash = lastHash ?? ChainHash.Start(table, chain);

    public long Chain => chain;
    public long LastN { get; private set; } = lastN;

    /// <summary>Fills the first place (n) and the last (hash) of a row.</summary>
    public object?[] Append(object?[] row)
    {
        row[0] = ++LastN;
        row[^1] = _hash = ChainHash.Next(_hash, row.AsSpan(0, row.Length - 1));
        return row;
    }
}
