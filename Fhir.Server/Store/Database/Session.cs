using System.Data.Common;

namespace Fhir.Server.Store.Database;

/// <summary>One connection, for as long as a piece of work needs it. In a write session all calls stand in one transaction.</summary>
public abstract class Session : IAsyncDisposable
{
    protected abstract DbCommand Command(Sql sql);

    public async ValueTask<List<T>> QueryAsync<T>(Sql sql, Func<DbDataReader, T> map, CancellationToken stop)
    {
        var command = Command(sql);
        var rows = new List<T>();
        await using var reader = await command.ExecuteReaderAsync(stop);
        while (await reader.ReadAsync(stop)) rows.Add(map(reader));
        return rows;
    }

    /// <summary>The first row, or default when there is none.</summary>
    public async ValueTask<T?> FirstAsync<T>(Sql sql, Func<DbDataReader, T> map, CancellationToken stop)
    {
        var command = Command(sql);
        await using var reader = await command.ExecuteReaderAsync(stop);
        return await reader.ReadAsync(stop) ? map(reader) : default;
    }

    /// <summary>The number of rows changed.</summary>
    public async ValueTask<int> ExecuteAsync(Sql sql, CancellationToken stop) => await Command(sql).ExecuteNonQueryAsync(stop);

    /// <summary>The rows of <paramref name="select"/> (which ends before its where) whose <c>typ</c> and <c>fid</c> are one of the pairs.</summary>
    public abstract ValueTask<List<T>> QueryPairsAsync<T>(string select, IReadOnlyList<(long Typ, string Fid)> pairs, Func<DbDataReader, T> map, CancellationToken stop);

    public abstract ValueTask DisposeAsync();
}

/// <summary>A session that writes: everything in one database transaction. Disposed without a commit it leaves nothing.</summary>
public abstract class WriteSession : Session
{
    /// <summary>Many rows into one table, in the order of its columns; an index row that is there already is left as it is.</summary>
    public abstract ValueTask InsertAsync(Table table, IReadOnlyList<object?[]> rows, CancellationToken stop);

    public abstract ValueTask CommitAsync(CancellationToken stop);
}

/// <summary>A table as bulk inserts see it. Values are long, string or byte[].</summary>
public sealed record Table(string Name, params Column[] Columns);

/// <summary>One column of it.</summary>
public sealed record Column(string Name, ColumnKind Kind);

/// <summary>Long = int64, Text = UTF-8 text in byte order, Bytes = blob.</summary>
public enum ColumnKind { Long, Text, Bytes }
