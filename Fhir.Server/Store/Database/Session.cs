using System.Data.Common;

namespace Fhir.Server.Store.Database;

/// <summary>One connection, for as long as a piece of work needs it. In a write session all calls stand in one transaction.</summary>
public abstract class Session : IAsyncDisposable
{
    private long _together;

    /// <summary>How long one query may take, in milliseconds; 0 = as long as it needs.</summary>
    protected abstract long QueryTime { get; }

    /// <summary>From here on all queries together may take the time of one: they answer one question.</summary>
    public void ShareTime() => _together = QueryTime == 0 ? 0 : Environment.TickCount64 + QueryTime;

    /// <summary>When a query that starts now is ended, in ticks of the machine.</summary>
    protected long Until => _together != 0 ? _together : QueryTime == 0 ? long.MaxValue : Environment.TickCount64 + QueryTime;

    protected abstract DbCommand Command(Sql sql, long until);

    /// <summary>From here to <see cref="Unwatch"/> a query runs that ends when it is over its time or nobody waits for it.</summary>
    protected virtual void Watch(long until, CancellationToken stop) { }
    protected virtual void Unwatch() { }
    /// <summary>True when a query failed since it was ended, and for no other reason.</summary>
    protected abstract bool WasEnded(DbException failure);

    public async ValueTask<List<T>> QueryAsync<T>(Sql sql, Func<DbDataReader, T> map, CancellationToken stop)
    {
        var until = Until;
        Watch(until, stop);
        try
        {
            var command = Command(sql, until);
            var rows = new List<T>();
            await using var reader = await command.ExecuteReaderAsync(stop);
            while (await reader.ReadAsync(stop))
            {
                rows.Add(map(reader));
                if (Environment.TickCount64 > until) EndByDrops(command);
            }
            return rows;
        }
        catch (DbException failure) when (WasEnded(failure))
        {
            throw Ended(failure, stop);
        }
        finally
        {
            Unwatch();
        }
    }

    /// <summary>The first row, or default when there is none.</summary>
    public async ValueTask<T?> FirstAsync<T>(Sql sql, Func<DbDataReader, T> map, CancellationToken stop)
    {
        var until = Until;
        Watch(until, stop);
        try
        {
            var command = Command(sql, until);
            await using var reader = await command.ExecuteReaderAsync(stop);
            return await reader.ReadAsync(stop) ? map(reader) : default;
        }
        catch (DbException failure) when (WasEnded(failure))
        {
            throw Ended(failure, stop);
        }
        finally
        {
            Unwatch();
        }
    }

    // Npgsql's timeout starts anew with each row that comes.
    private static void EndByDrops(DbCommand command)
    {
        command.Cancel();
        throw new QueryTimeException();
    }

    private static Exception Ended(DbException failure, CancellationToken stop) =>
        stop.IsCancellationRequested ? new OperationCanceledException(failure.Message, failure, stop) : failure as QueryTimeException ?? new QueryTimeException(failure);

    /// <summary>The number of rows changed.</summary>
    public async ValueTask<int> ExecuteAsync(Sql sql, CancellationToken stop) => await Command(sql, Until).ExecuteNonQueryAsync(stop);

    /// <summary>The rows of <paramref name="select"/> (which ends before its where) whose <c>typ</c> and <c>fid</c> are one of the pairs.</summary>
    public abstract ValueTask<List<T>> QueryPairsAsync<T>(string select, IReadOnlyList<(long Typ, string Fid)> pairs, Func<DbDataReader, T> map, CancellationToken stop);

    public abstract ValueTask DisposeAsync();
}

/// <summary>A session that writes: everything in one database transaction. Disposed without a commit it leaves nothing.</summary>
public abstract class WriteSession : Session
{
    /// <summary>Statements in their order, then rows into their tables.</summary>
    public virtual async ValueTask WriteAsync(IReadOnlyList<Sql> statements, IEnumerable<(Table Table, IReadOnlyList<object?[]> Rows)> inserts, CancellationToken stop)
    {
        foreach (var statement in statements) await ExecuteAsync(statement, stop);
        foreach (var (table, rows) in inserts) await InsertAsync(table, rows, stop);
    }

    /// <summary>Many rows into one table, in the order of its columns.</summary>
    public abstract ValueTask InsertAsync(Table table, IReadOnlyList<object?[]> rows, CancellationToken stop);

    public abstract ValueTask CommitAsync(CancellationToken stop);

    /// <summary>The same for what put that batch into <c>commits</c>: done when it comes back, surely not done when it throws, unless that says that nobody knows.</summary>
    public virtual ValueTask CommitBatchAsync(byte[] batch) => CommitAsync(CancellationToken.None);
}

/// <summary>A table as bulk inserts see it. Values are long, string or byte[].</summary>
public sealed record Table(string Name, params Column[] Columns)
{
    /// <summary>A row that is there already is left as it is.</summary>
    public bool Once { get; init; }
}

/// <summary>One column of it.</summary>
public sealed record Column(string Name, ColumnKind Kind);

/// <summary>Long = int64, Text = UTF-8 text in byte order, Bytes = blob.</summary>
public enum ColumnKind { Long, Text, Bytes }
