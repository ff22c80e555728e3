using System.Globalization;
using System.Runtime.InteropServices;
using Fhir.Server.Store.Database;

namespace Fhir.Server.Store.Audit;

/// <summary>One chain of a stream. Chain 0 = the rows from before there were chains; the writes have one chain besides, the reads one per writer.</summary>
[StructLayout(LayoutKind.Auto)]
public readonly record struct ChainId(string Stream, long Chain)
{
    public const long OfWrites = 1;

    public bool IsWrites => Stream == AuditTables.Writes.Name;
    public bool IsBefore => Chain == 0;
    public Table Table => IsWrites ? AuditTables.Writes : AuditTables.Reads;
    public string Agents => IsWrites ? AuditTables.WriteAgents : AuditTables.ReadAgents;

    /// <summary>The id of a row as an AuditEvent.</summary>
    public string EventId(long n) => IsWrites ? string.Create(CultureInfo.InvariantCulture, $"w-{n}") : ReadNumber.Of(n).ToString();

    /// <summary>Of the reads: this chain's rows lie between these two.</summary>
    internal (long After, long Before) Between => (new ReadNumber(Chain, 0).N, new ReadNumber(Chain + 1, 0).N);
}

/// <summary>How far a chain has come: its last row, and the hash that covers all of it.</summary>
public sealed record ChainHead(ChainId Chain, long N, byte[] Hash);

/// <summary>The first row of a chain that is not as it was written, and what is wrong with it.</summary>
public sealed record Fault(ChainId Chain, long N, string Why)
{
    public override string ToString() => $"{Chain.Stream}, chain {Chain.Chain.ToString(CultureInfo.InvariantCulture)}, n {N.ToString(CultureInfo.InvariantCulture)} (AuditEvent/{Chain.EventId(N)}): {Why}";
}
