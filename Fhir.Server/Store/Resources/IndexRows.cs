using System.Text;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Search;

namespace Fhir.Server.Store.Resources;

/// <summary>
/// The index rows of one version, with rids for references. They are packed beside the row (res_keys), so that an update
/// removes and adds only what differs, and no index by rid is needed.
/// </summary>
internal sealed class IndexRows
{
    private static readonly Table[] Tables =
    [
        new("ix_tok", Long("p"), Long("v"), Long("rid")),
        new("ix_ref", Long("p"), Long("t"), Long("rid")),
        new("ix_date", Long("p"), Long("v"), Long("lo"), Long("hi"), Long("rid")),
        new("ix_qty", Long("p"), Long("v"), Long("u"), new("lo", ColumnKind.Bytes), new("hi", ColumnKind.Bytes), Long("rid")),
        new("ix_str", Long("p"), Long("v"), new("s", ColumnKind.Text), Long("x"), Long("rid")),
    ];

    private const int Inside = 100;   // stands in the pack where a table's number does
    private static readonly Table ContainedTable = new("contained", Long("rid"), Long("owner"), Long("typ"), new("fid", ColumnKind.Text), Long("has"));

    private readonly List<(int Table, object?[] Row)> _rows = [];   // each row has its last place free for the rid
    private readonly List<Part> _parts = [];

    /// <summary>A contained resource: what it is, and the rows that it has under a rid of its own.</summary>
    private sealed record Part(long Typ, string Fid, long Has, IndexRows Rows);

    public static IndexRows Of(IndexEntries from, Func<ResourceKey, long> rid)
    {
        var rows = new IndexRows();
        foreach (var (p, v) in from.Tokens) rows.Add(0, [(long)p, v, null]);
        foreach (var target in from.References.Select(r => (P: (long)r.P, T: rid(r.Target))).Distinct()) rows.Add(1, [target.P, target.T, null]);
        foreach (var (p, t) in from.ExternalReferences) rows.Add(1, [(long)p, t, null]);
        foreach (var (p, v, lo, hi) in from.Dates) rows.Add(2, [(long)p, v, lo, hi, null]);
        foreach (var (p, v, u, lo, hi) in from.Quantities) rows.Add(3, [(long)p, v, u, lo, hi, null]);
        foreach (var (p, v, s, x) in from.Strings) rows.Add(4, [(long)p, v, s, x, null]);
        foreach (var inside in from.Inside) rows._parts.Add(new(AccessTable.Number(inside.Type), inside.Id, inside.Entries.Has, Of(inside.Entries, rid)));
        return rows;
    }

    private void Add(int table, object?[] row) => _rows.Add((table, row));

    /// <summary>Something stands inside, or did before.</summary>
    public bool HasParts(IndexRows? before) => _parts.Count > 0 || before is { _parts.Count: > 0 };

    /// <summary>The rows of what stands inside in place of those that were there; next gives out rids.</summary>
    public async ValueTask ReplacePartsAsync(IndexRows? before, long owner, BulkRows bulk, Session session, Func<ValueTask<long>> next, CancellationToken stop)
    {
        var there = before is not { _parts.Count: > 0 } ? [] : (await session.QueryAsync(Sql.Of($"select typ, fid, rid from contained where owner = {owner}"), r => ((r.GetInt64(0), r.GetString(1)), r.GetInt64(2)), stop)).ToDictionary();
        foreach (var gone in before?._parts ?? [])
        {
            if (!there.TryGetValue((gone.Typ, gone.Fid), out var rid)) continue;
            foreach (var (table, row) in gone.Rows._rows) bulk.Before(Remove(table, row, rid));
            bulk.Before(Sql.Of($"delete from contained where rid = {rid}"));
        }
        foreach (var part in _parts)
        {
            var rid = await next();
            bulk.Add(ContainedTable, [rid, owner, part.Typ, part.Fid, part.Has]);
            part.Rows.Insert(rid, bulk);
        }
    }

    /// <summary>All rows of a new resource into the bulk lists.</summary>
    public void Insert(long rid, BulkRows bulk)
    {
        foreach (var (table, row) in _rows)
        {
            row[^1] = rid;
            bulk.Add(Tables[table], row);
        }
    }

    /// <summary>What differs from the version before: new rows into the bulk lists, statements for those that go.</summary>
    public IEnumerable<Sql> Replace(IndexRows before, long rid, BulkRows bulk)
    {
        var old = before._rows.ToDictionary(r => Key(r.Table, r.Row), StringComparer.Ordinal);
        foreach (var (table, row) in _rows)
        {
            if (old.Remove(Key(table, row))) continue;
            row[^1] = rid;
            bulk.Add(Tables[table], row);
        }
        return old.Values.Select(r => Remove(r.Table, r.Row, rid));
    }

    private static Sql Remove(int table, object?[] row, long rid)
    {
        var columns = Tables[table].Columns;
        var conditions = row.SkipLast(1).Select((value, i) => value switch
        {
            long number => Sql.Of($"{Sql.Raw(columns[i].Name)} = {number}"),
            string text => Sql.Of($"{Sql.Raw(columns[i].Name)} = {text}"),
            _ => Sql.Of($"{Sql.Raw(columns[i].Name)} = {(byte[]?)value}"),
        });
        return Sql.Of($"delete from {Sql.Raw(Tables[table].Name)} where {Sql.Join(" and ", conditions)} and rid = {rid}");
    }

    private static string Key(int table, object?[] row)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        Write(writer, table, row);
        return Encoding.Latin1.GetString(stream.GetBuffer(), 0, (int)stream.Length);
    }

    public byte[] Pack()
    {
        using var stream = new MemoryStream(_rows.Count * 20);
        using var writer = new BinaryWriter(stream);
        foreach (var (table, row) in _rows) Write(writer, table, row);
        foreach (var part in _parts) Write(writer, part);
        return stream.ToArray();
    }

    private static void Write(BinaryWriter writer, Part part)
    {
        writer.Write((byte)Inside);
        writer.Write(part.Typ);
        writer.Write(part.Fid);
        writer.Write(part.Has);
        var rows = part.Rows.Pack();
        writer.Write7BitEncodedInt(rows.Length);
        writer.Write(rows);
    }

    private static void Write(BinaryWriter writer, int table, object?[] row)
    {
        writer.Write((byte)table);
        for (var i = 0; i < row.Length - 1; i++)
        {
            switch (row[i])
            {
                case long number: writer.Write(number); break;
                case string text: writer.Write(text); break;
                case byte[] bytes: writer.Write7BitEncodedInt(bytes.Length); writer.Write(bytes); break;
            }
        }
    }

    public static IndexRows Unpack(byte[]? packed)
    {
        var rows = new IndexRows();
        if (packed is null) return rows;
        using var reader = new BinaryReader(new MemoryStream(packed));
        while (reader.BaseStream.Position < packed.Length)
        {
            var table = reader.ReadByte();
            if (table == Inside)
            {
                rows._parts.Add(new(reader.ReadInt64(), reader.ReadString(), reader.ReadInt64(), Unpack(reader.ReadBytes(reader.Read7BitEncodedInt()))));
                continue;
            }
            var columns = Tables[table].Columns;
            var row = new object?[columns.Length];
            for (var i = 0; i < columns.Length - 1; i++) row[i] = Read(reader, columns[i].Kind);
            rows.Add(table, row);
        }
        return rows;
    }

    private static object Read(BinaryReader reader, ColumnKind kind) => kind switch
    {
        ColumnKind.Long => reader.ReadInt64(),
        ColumnKind.Text => reader.ReadString(),
        ColumnKind.Bytes => reader.ReadBytes(reader.Read7BitEncodedInt()),
    };

    private static Column Long(string name) => new(name, ColumnKind.Long);
}

/// <summary>Rows on their way into tables, written with one bulk insert per table.</summary>
internal sealed class BulkRows
{
    private const int WorthSorting = 64, Most = 20_000;
    private readonly Dictionary<Table, List<object?[]>> _tables = new(ReferenceEqualityComparer.Instance);
    private readonly List<Sql> _before = [];
    private int _held;

    /// <summary>A statement that is run before the rows are written.</summary>
    public void Before(Sql statement) => _before.Add(statement);

    public void Add(Table table, object?[] row)
    {
        if (!_tables.TryGetValue(table, out var rows)) _tables[table] = rows = [];
        rows.Add(row);
        _held++;
    }

    /// <summary>So many rows that they are better written now than held.</summary>
    public bool IsFull => _held >= Most;

    public async ValueTask WriteBeforeAsync(WriteSession session, CancellationToken stop)
    {
        if (_before.Count > 0) await session.WriteAsync(_before, [], stop);
        _before.Clear();
    }

    public async ValueTask WriteAsync(WriteSession session, CancellationToken stop)
    {
        var full = _tables.Where(t => t.Value.Count > 0).ToList();
        if (_before.Count == 0 && full.Count == 0) return;
        // Neighbours fall on the same pages.
        foreach (var (_, rows) in full.Where(t => t.Value.Count >= WorthSorting && t.Key.Name.StartsWith("ix_", StringComparison.Ordinal))) rows.Sort(InKeyOrder);
        await session.WriteAsync(_before, full.Select(t => (t.Key, (IReadOnlyList<object?[]>)t.Value)), stop);
        _before.Clear();
        foreach (var (_, rows) in full) rows.Clear();
        _held = 0;
    }

    private static int InKeyOrder(object?[] one, object?[] other)
    {
        for (var i = 0; i < one.Length; i++)
        {
            var order = (one[i], other[i]) switch
            {
                (long a, long b) => a.CompareTo(b),
                (string a, string b) => string.CompareOrdinal(a, b),
                (byte[] a, byte[] b) => a.AsSpan().SequenceCompareTo(b),
                _ => 0,
            };
            if (order != 0) return order;
        }
        return 0;
    }
}
