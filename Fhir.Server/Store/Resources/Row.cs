using System.Data.Common;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;

namespace Fhir.Server.Store.Resources;

/// <summary>A row of <c>res</c>: the current version of a resource with its access keys. Live: 1 current, 0 deleted, -1 only reserved.</summary>
internal sealed record Row
{
    public const string Select = "select rid, typ, fid, ver, t, at, live, method, home, patient, thread, confined, label, (select k.ixk from res_keys k where k.rid = res.rid), b from res";
    public static readonly Table Table = new("res",
        Long("rid"), Long("typ"), new("fid", ColumnKind.Text), Long("ver"), Long("t"), Long("at"), Long("live"), Long("method"),
        Long("home"), Long("patient"), Long("thread"), Long("confined"), Long("label"), Long("has"), Long("b"));
    public static readonly Table KeysTable = new("res_keys", Long("rid"), new("ixk", ColumnKind.Bytes));

    public static readonly Table HistoryTable = new("res_hist",
        Long("rid"), Long("ver"), Long("typ"), new("fid", ColumnKind.Text), Long("t"), Long("at"), Long("live"), Long("method"),
        Long("home"), Long("patient"), Long("thread"), Long("confined"), Long("label"), Long("b"));

    public required long Rid { get; init; }
    public required ResourceKey Key { get; init; }
    public int Version { get; init; }
    public long T { get; init; }
    public long At { get; init; }
    public int Live { get; init; } = -1;
    public WriteMethod Method { get; init; }
    public long Home { get; init; }
    public long Patient { get; init; }
    public long Thread { get; init; }
    public Confinement Confined { get; init; }
    public int Label { get; init; }
    public long Has { get; init; }
    public byte[]? IndexKeys { get; init; }
    public long? Body { get; init; }

    public static Row Map(DbDataReader r) => new()
    {
        Rid = r.GetInt64(0), Key = new(AccessTable.Name(r.GetInt32(1)), r.GetString(2)), Version = r.GetInt32(3), T = r.GetInt64(4), At = r.GetInt64(5),
        Live = r.GetInt32(6), Method = (WriteMethod)r.GetInt32(7), Home = Number(r, 8), Patient = Number(r, 9), Thread = Number(r, 10),
        Confined = (Confinement)r.GetInt32(11), Label = r.GetInt32(12), IndexKeys = r.IsDBNull(13) ? null : (byte[])r.GetValue(13), Body = r.IsDBNull(14) ? null : r.GetInt64(14),
    };

    public object?[] Columns() =>
    [
        Rid, (long)AccessTable.Number(Key.Type), Key.Id, (long)Version, T, At, (long)Live, (long)Method,
        OrNull(Home), OrNull(Patient), OrNull(Thread), (long)Confined, (long)Label, Has, Body,
    ];

    public object?[] HistoryColumns() =>
    [
        Rid, (long)Version, (long)AccessTable.Number(Key.Type), Key.Id, T, At, (long)Live, (long)Method,
        OrNull(Home), OrNull(Patient), OrNull(Thread), (long)Confined, (long)Label, Body,
    ];

    public Sql Update() => Sql.Of(
        $"""
        update res set ver = {Version}, t = {T}, at = {At}, live = {Live}, method = {(int)Method}, home = {OrNull(Home)}, patient = {OrNull(Patient)},
        thread = {OrNull(Thread)}, confined = {(int)Confined}, label = {Label}, has = {Has}, b = {Body} where rid = {Rid}
        """);

    /// <summary>What it is found by, in the place of what it was found by.</summary>
    public static Sql Keys(long rid, byte[]? keys) => keys is null ? Sql.Of($"delete from res_keys where rid = {rid}")
        : Sql.Of($"insert into res_keys(rid, ixk) values({rid}, {keys}) on conflict(rid) do update set ixk = excluded.ixk");

    private static long Number(DbDataReader r, int column) => r.IsDBNull(column) ? 0 : r.GetInt64(column);
    private static long? OrNull(long value) => value == 0 ? null : value;
    private static Column Long(string name) => new(name, ColumnKind.Long);
}
