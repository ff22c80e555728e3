using Fhir.Server.Store.Database;

namespace Fhir.Server.Store.Audit;

/// <summary>The two streams of the audit. A row's values stand in the order of its table's columns; the last is its hash, over all before it.</summary>
public static class AuditTables
{
    public static readonly Table Writes = new("audit_write", Long("n"), Long("t"), Long("at"), Bytes("agent"), Text("request"), Long("act"),
        Long("typ"), Text("fid"), Long("ver"), Long("patient"), Long("flags"), Bytes("body"), Bytes("hash"));

    public static readonly Table Reads = new("audit_read", Long("n"), Long("at"), Bytes("agent"), Text("request"), Long("act"),
        Long("typ"), Text("fid"), Text("query"), Long("outcome"), Long("flags"), Bytes("returned"), Bytes("hash"));

    /// <summary>The bit of <c>flags</c> that says: with broken glass. The bits below it say, of reads, for how many requests of strangers the row stands.</summary>
    public const long BrokenGlass = 1L << 40;

    public const string WriteAgents = "audit_write_agent", ReadAgents = "audit_read_agent";

    private static Column Long(string name) => new(name, ColumnKind.Long);
    private static Column Text(string name) => new(name, ColumnKind.Text);
    private static Column Bytes(string name) => new(name, ColumnKind.Bytes);
}
