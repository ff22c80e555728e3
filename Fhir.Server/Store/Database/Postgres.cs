using System.Data;
using System.Data.Common;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Npgsql;
using NpgsqlTypes;

namespace Fhir.Server.Store.Database;

/// <summary>PostgreSQL: one database per tenant. The commit lock is an advisory transaction lock, so that several nodes may share it.</summary>
public sealed class PostgresDatabase : TenantDatabase
{
    private const long CommitLock = 0x53414D454E;   // "SAMEN"
    private const long AuditTime = 5000;            // who waits for the audit waits with an answer in hand: better refused than hanging
    private static readonly TimeSpan MostWaitForEnd = TimeSpan.FromSeconds(20);   // of a commit whose reply was lost
    private readonly NpgsqlDataSource _source;
    private readonly TimeSpan _patience;

    private PostgresDatabase(NpgsqlDataSource source, TimeSpan? queryTime, TimeSpan? patience) =>
        (_source, QueryTime, _patience) = (source, queryTime ?? QueryTime, patience ?? MostWaitForEnd);

    private long Time => (long)QueryTime.TotalMilliseconds;

    /// <summary><paramref name="patience"/>: how long it tries to find out whether a commit happened whose reply was lost.</summary>
    public static PostgresDatabase Open(string connectionString, TimeSpan? queryTime = null, TimeSpan? patience = null)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString) { NoResetOnClose = true };   // nothing here leaves anything in a session, and a reset costs as much as a read
        if (!SaysWhatToPrepare(settings)) (settings.MaxAutoPrepare, settings.AutoPrepareMinUsages) = (200, 2);
        return new(NpgsqlDataSource.Create(settings), queryTime, patience);
    }

    /// <summary>
    /// The same after a look at who answers: behind a pooler (pgbouncer) each transaction may get another session, and what one has prepared is not
    /// in the next — https://www.pgbouncer.org/features.html. So nothing is prepared there, unless the connection string says how much.
    /// </summary>
    public static async Task<PostgresDatabase> OpenAsync(string connectionString, TimeSpan? queryTime, CancellationToken stop)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString);
        if (!SaysWhatToPrepare(settings) && await IsPooledAsync(connectionString, stop)) settings.MaxAutoPrepare = 0;
        return Open(settings.ConnectionString, queryTime);
    }

    private static bool SaysWhatToPrepare(NpgsqlConnectionStringBuilder settings) => new DbConnectionStringBuilder { ConnectionString = settings.ConnectionString }.ContainsKey("Max Auto Prepare");

    // A pooler hands out process numbers of its own making: it cannot know yet which session will do the work.
    private static async Task<bool> IsPooledAsync(string connectionString, CancellationToken stop)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync(stop);
        await using var command = new NpgsqlCommand("select pg_backend_pid()", connection);
        return (int)(await command.ExecuteScalarAsync(stop))! != connection.ProcessID;
    }

    public override async ValueTask<Session> ReadAsync(bool snapshot, CancellationToken stop)
    {
        var connection = await ConnectAsync(stop);
        var transaction = snapshot ? await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, stop) : null;
        return new PostgresSession(connection, transaction, Time);
    }

    // A server that does not answer at all is away like one that refuses.
    private async ValueTask<NpgsqlConnection> ConnectAsync(CancellationToken stop)
    {
        try
        {
            return await _source.OpenConnectionAsync(stop);
        }
        catch (TimeoutException late)
        {
            throw new NpgsqlException("PostgreSQL does not answer.", late);
        }
    }

    public override async ValueTask<WriteSession> WriteAsync(CancellationToken stop) => await LockedAsync(Time, stop);

    private async ValueTask<PostgresSession> LockedAsync(long time, CancellationToken stop)
    {
        var session = await BeginAsync(time, stop, HappenedAsync);
        try
        {
            await session.ExecuteAsync(Sql.Of($"select pg_advisory_xact_lock({CommitLock})"), stop);
            return session;
        }
        catch
        {
            await session.DisposeAsync();
            throw;
        }
    }

    // Who had no reply to COMMIT must not ask too early whether it happened: it may be going on. It is over when its lock is free.
    private async Task<bool> HappenedAsync(byte[] batch, Exception lost)
    {
        using var patience = new CancellationTokenSource(_patience);
        while (!patience.IsCancellationRequested)
        {
            try
            {
                await using var session = await LockedAsync(Time, patience.Token);
                return await session.FirstAsync(Sql.Of($"select t from commits where batch = {batch}"), r => r.GetInt64(0), patience.Token) != 0;
            }
            catch (Exception away) when (away is DbException or SocketException or TimeoutException or OperationCanceledException)
            {
                // Starting anew, most likely; then what was going on is over.
            }
            await Task.Delay(50);
        }
        throw new OutcomeUnknownException(lost);
    }

    public override async ValueTask<WriteSession> BesideAsync(CancellationToken stop)
    {
        var connection = await ConnectAsync(stop);
        return new PostgresSession(connection, await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, stop), time: 0);
    }

    public override async ValueTask<WriteSession> AuditAsync(CancellationToken stop) => await BeginAsync(AuditTime, stop);

    private async ValueTask<PostgresSession> BeginAsync(long time, CancellationToken stop, Func<byte[], Exception, Task<bool>>? happened = null)
    {
        var connection = await ConnectAsync(stop);
        return new(connection, await connection.BeginTransactionAsync(stop), time, happened);
    }

    public override ValueTask<Session> ReadAuditAsync(CancellationToken stop) => ReadAsync(snapshot: false, stop);

    public override async Task MigrateAsync(IReadOnlyList<Migration> migrations, CancellationToken stop)
    {
        await using var session = await LockedAsync(time: 0, stop);   // an index over what is there already takes as long as it takes
        await Migrator.RunAsync(session, PostgresDialect.Only, migrations, stop);
    }

    public override async Task AnalyzeAsync(CancellationToken stop)
    {
        await using var session = await BesideAsync(stop);
        await session.ExecuteAsync(Sql.Raw("analyze res, res_patient, body, ix_tok, ix_ref, ix_date, ix_qty, ix_str"), stop);
        await session.CommitAsync(stop);
    }

    public override bool IsTaken(DbException refused) => refused.SqlState == PostgresErrorCodes.UniqueViolation;

    public override bool IsClash(DbException failed) => failed.SqlState is PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected;

    public override ValueTask DisposeAsync() => _source.DisposeAsync();
}

internal sealed class PostgresSession(NpgsqlConnection connection, NpgsqlTransaction? transaction, long time, Func<byte[], Exception, Task<bool>>? happened = null) : WriteSession
{
    private const int CopyFrom = 300;   // below this many rows one statement with arrays is quicker than COPY's three messages

    protected override long QueryTime => time;

    protected override bool WasEnded(DbException failure) =>
        failure is QueryTimeException or PostgresException { SqlState: PostgresErrorCodes.QueryCanceled } or NpgsqlException { InnerException: TimeoutException };

    protected override DbCommand Command(Sql sql, long until)
    {
        var values = new List<object?>();
        var command = new NpgsqlCommand(sql.Render(PostgresDialect.Only, values), connection, transaction);
        for (var i = 0; i < values.Count; i++) command.Parameters.Add(Parameter(i, values[i]));
        return Timed(command, until);
    }

    /// <summary>Sent together, one way there and back; only what is worth a COPY goes by itself.</summary>
    public override async ValueTask WriteAsync(IReadOnlyList<Sql> statements, IEnumerable<(Table Table, IReadOnlyList<object?[]> Rows)> inserts, CancellationToken stop)
    {
        await using var batch = new NpgsqlBatch(connection, transaction) { Timeout = Seconds(Until) };
        foreach (var sql in statements)
        {
            var values = new List<object?>();
            var command = new NpgsqlBatchCommand(sql.Render(PostgresDialect.Only, values));
            for (var i = 0; i < values.Count; i++) command.Parameters.Add(Parameter(i, values[i]));
            batch.BatchCommands.Add(command);
        }
        var all = inserts.ToList();
        foreach (var (table, rows) in all.Where(i => !IsCopied(i.Table, i.Rows)))
        {
            var command = new NpgsqlBatchCommand(Unnest(table));
            command.Parameters.AddRange(Arrays(table, rows).ToArray());
            batch.BatchCommands.Add(command);
        }
        if (batch.BatchCommands.Count > 0) await batch.ExecuteNonQueryAsync(stop);
        foreach (var (table, rows) in all.Where(i => IsCopied(i.Table, i.Rows))) await CopyAsync(table, rows, stop);
    }

    // Npgsql asks the server to end what takes longer. It counts in seconds, of which 0 means without end.
    private static NpgsqlCommand Timed(NpgsqlCommand command, long until)
    {
        command.CommandTimeout = Seconds(until);
        return command;
    }

    private static int Seconds(long until) => until == long.MaxValue ? 0 : (int)Math.Max(1, (until - Environment.TickCount64 + 999) / 1000);

    public override async ValueTask<List<T>> QueryPairsAsync<T>(string select, IReadOnlyList<(long Typ, string Fid)> pairs, Func<DbDataReader, T> map, CancellationToken stop)
    {
        await using var command = Timed(new NpgsqlCommand($"{select} where (typ, fid) in (select * from unnest(@p0, @p1))", connection, transaction), Until);
        command.Parameters.Add(new NpgsqlParameter("p0", NpgsqlDbType.Array | NpgsqlDbType.Bigint) { Value = pairs.Select(p => p.Typ).ToArray() });
        command.Parameters.Add(new NpgsqlParameter("p1", NpgsqlDbType.Array | NpgsqlDbType.Text) { Value = pairs.Select(p => p.Fid).ToArray() });
        var rows = new List<T>(pairs.Count);
        await using var reader = await command.ExecuteReaderAsync(stop);
        while (await reader.ReadAsync(stop)) rows.Add(map(reader));
        return rows;
    }

    private static NpgsqlParameter Parameter(int at, object? value)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"p{at}");
        return value switch
        {
            null => new(name, NpgsqlDbType.Unknown) { Value = DBNull.Value },
            long[] many => new(name, NpgsqlDbType.Array | NpgsqlDbType.Bigint) { Value = many },
            string text => new(name, NpgsqlDbType.Text) { Value = text },
            byte[] bytes => new(name, NpgsqlDbType.Bytea) { Value = bytes },
            _ => new(name, NpgsqlDbType.Bigint) { Value = value },
        };
    }

    public override async ValueTask InsertAsync(Table table, IReadOnlyList<object?[]> rows, CancellationToken stop)
    {
        if (rows.Count == 0) return;
        if (IsCopied(table, rows))
        {
            await CopyAsync(table, rows, stop);
            return;
        }
        await using var command = Timed(new NpgsqlCommand(Unnest(table), connection, transaction), Until);
        command.Parameters.AddRange(Arrays(table, rows).ToArray());
        await command.ExecuteNonQueryAsync(stop);
    }

    private async Task CopyAsync(Table table, IReadOnlyList<object?[]> rows, CancellationToken stop)
    {
        await using var writer = await connection.BeginBinaryImportAsync($"copy {table.Name}({Columns(table)}) from stdin binary", stop);
        foreach (var row in rows)
        {
            await writer.StartRowAsync(stop);
            for (var i = 0; i < row.Length; i++)
            {
                if (row[i] is null) await writer.WriteNullAsync(stop);
                else await writer.WriteAsync(row[i], DbType(table.Columns[i].Kind), stop);
            }
        }
        await writer.CompleteAsync(stop);
    }

    // COPY knows no row that is there already.
    private static bool IsCopied(Table table, IReadOnlyList<object?[]> rows) => rows.Count >= CopyFrom && !table.Once;

    private static string Columns(Table table) => string.Join(',', table.Columns.Select(c => c.Name));

    private static string Unnest(Table table) =>
        $"insert into {table.Name}({Columns(table)}) select * from unnest({string.Join(',', table.Columns.Select((_, i) => string.Create(CultureInfo.InvariantCulture, $"@p{i}")))}){(table.Once ? " on conflict do nothing" : "")}";

    private static IEnumerable<NpgsqlParameter> Arrays(Table table, IReadOnlyList<object?[]> rows) => table.Columns.Select((column, i) =>
        new NpgsqlParameter(string.Create(CultureInfo.InvariantCulture, $"p{i}"), NpgsqlDbType.Array | DbType(column.Kind)) { Value = Values(column.Kind, rows, i) });

    private static Array Values(ColumnKind kind, IReadOnlyList<object?[]> rows, int column) => kind switch
    {
        ColumnKind.Long => rows.Select(r => (long?)r[column]).ToArray(),
        ColumnKind.Text => rows.Select(r => (string?)r[column]).ToArray(),
        ColumnKind.Bytes => rows.Select(r => (byte[]?)r[column]).ToArray(),
    };

    private static NpgsqlDbType DbType(ColumnKind kind) => kind switch
    {
        ColumnKind.Long => NpgsqlDbType.Bigint,
        ColumnKind.Text => NpgsqlDbType.Text,
        ColumnKind.Bytes => NpgsqlDbType.Bytea,
    };

    public override async ValueTask CommitAsync(CancellationToken stop) => await transaction!.CommitAsync(stop);

    public override async ValueTask CommitBatchAsync(byte[] batch)
    {
        try
        {
            await transaction!.CommitAsync(CancellationToken.None);
        }
        catch (Exception lost) when (happened is not null && connection.FullState != ConnectionState.Open)
        {
            if (!await happened(batch, lost)) throw;
        }
    }

    public override async ValueTask DisposeAsync()
    {
        if (transaction is not null) await transaction.DisposeAsync();   // rolls back what was not committed
        await connection.DisposeAsync();
    }
}

internal sealed class PostgresDialect : Dialect
{
    public static readonly PostgresDialect Only = new();

    internal override void AppendIn(StringBuilder text, IReadOnlyList<long> values, List<object?> parameters)
    {
        text.Append(CultureInfo.InvariantCulture, $" = any(@p{parameters.Count})");
        parameters.Add(values.ToArray());
    }

    // Text is compared byte by byte, as on SQLite: ranges and order must not depend on a locale.
    internal override IReadOnlyDictionary<string, string> Words { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["{blob}"] = "bytea", ["{text}"] = "text collate \"C\"", ["{rowid}"] = "bigint primary key",
        ["{serial}"] = "bigint generated always as identity primary key", ["{clustered}"] = "",
    };
}
