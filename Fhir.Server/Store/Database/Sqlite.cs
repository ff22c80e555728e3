using System.Collections.Concurrent;
using System.Data.Common;
using System.Globalization;
using System.Text;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Fhir.Server.Store.Database;

/// <summary>
/// SQLite: <c>samenspraak.db</c> for the record, <c>audit.db</c> for the stream of reads. SQLite 3.50.4's WAL has a bug
/// with several writers, so one connection per file does all writes and checkpoints; all others are opened read-only.
/// </summary>
public sealed class SqliteDatabase : TenantDatabase
{
    private readonly SqliteFile _record;
    private readonly SqliteFile _audit;

    private SqliteDatabase(string folder, TimeSpan? queryTime, bool writes = true)
    {
        QueryTime = queryTime ?? QueryTime;
        _record = new(System.IO.Path.Combine(folder, "samenspraak.db"), writes, (long)QueryTime.TotalMilliseconds);
        _audit = new(System.IO.Path.Combine(folder, "audit.db"), writes, (long)QueryTime.TotalMilliseconds);
    }

    /// <summary>Opens the files in a folder, making them when they are not there. The caller holds the folder's writer.lock.</summary>
    public static SqliteDatabase Open(string folder, TimeSpan? queryTime = null)
    {
        Batteries_V2.Init();
        System.IO.Directory.CreateDirectory(folder);
        return new(folder, queryTime);
    }

    /// <summary>To read only, also while another process writes; the files must be there.</summary>
    public static SqliteDatabase OpenToRead(string folder)
    {
        Batteries_V2.Init();
        return new(folder, queryTime: TimeSpan.Zero, writes: false);
    }

    public override ValueTask<Session> ReadAsync(bool snapshot, CancellationToken stop) => new(_record.Reader(snapshot));
    public override async ValueTask<WriteSession> WriteAsync(CancellationToken stop) => await _record.WriterAsync(stop);
    public override ValueTask<WriteSession> BesideAsync(CancellationToken stop) => WriteAsync(stop);
    public override async ValueTask<WriteSession> AuditAsync(CancellationToken stop) => await _audit.WriterAsync(stop);
    public override ValueTask<Session> ReadAuditAsync(CancellationToken stop) => new(_audit.Reader(snapshot: false));

    public override async Task MigrateAsync(IReadOnlyList<Migration> migrations, CancellationToken stop)
    {
        await using (var record = await _record.WriterAsync(stop)) await Migrator.RunAsync(record, SqliteDialect.Only, migrations.Where(m => !m.Audit), stop);
        await using (var audit = await _audit.WriterAsync(stop)) await Migrator.RunAsync(audit, SqliteDialect.Only, migrations.Where(m => m.Audit), stop);
    }

    public override bool IsTaken(DbException refused) => refused is SqliteException { SqliteExtendedErrorCode: raw.SQLITE_CONSTRAINT_PRIMARYKEY or raw.SQLITE_CONSTRAINT_UNIQUE or raw.SQLITE_CONSTRAINT_ROWID };

    public override async ValueTask DisposeAsync()
    {
        await _record.DisposeAsync();
        await _audit.DisposeAsync();
    }
}

/// <summary>One database file: its single writing connection, and a pool of read-only ones.</summary>
internal sealed class SqliteFile : IAsyncDisposable
{
    private readonly string _path;
    private readonly ConcurrentBag<SqliteLink> _readers = [];
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly SqliteLink? _writer;
    private readonly long _queryTime;

    public SqliteFile(string path, bool writes, long queryTime)
    {
        (_path, _queryTime) = (path, queryTime);
        if (writes) _writer = Writer(path);
    }

    private static SqliteLink Writer(string path)
    {
        if (!OperatingSystem.IsWindows()) Own(path);
        // Nobody else writes here; should somebody all the same, callers are refused rather than kept waiting.
        var writer = new SqliteLink(new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadWriteCreate, Pooling = false, DefaultTimeout = 5 }.ConnectionString);
        writer.Run("pragma journal_mode=wal");
        writer.Run("pragma synchronous=full");
        writer.Run("pragma wal_autocheckpoint=4000");
        writer.Run("pragma cache_size=-32000");
        writer.Run("pragma temp_store=memory");
        return writer;
    }

    // Patients' data: nobody else on this machine reads it, whatever folder it lies in. SQLite gives its log the mode of the database.
    [System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
    private static void Own(string path)
    {
        const UnixFileMode Mine = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (new FileStream(path, new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.ReadWrite | FileShare.Delete, UnixCreateMode = Mine })) { }
        File.SetUnixFileMode(path, Mine);
    }

    public Session Reader(bool snapshot)
    {
        if (!_readers.TryTake(out var link))
        {
            link = new(new SqliteConnectionStringBuilder { DataSource = _path, Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ConnectionString);
            link.Run("pragma query_only=1");
            link.Run("pragma temp_store=memory");
        }
        if (snapshot) link.Run("begin");
        return new ReadSession(this, link, snapshot);
    }

    public async ValueTask<WriteSession> WriterAsync(CancellationToken stop)
    {
        if (_writer is null) throw new InvalidOperationException("The database was opened to be read only.");
        await _turn.WaitAsync(stop);
        try
        {
            _writer.Run("begin immediate");
        }
        catch
        {
            _turn.Release();
            throw;
        }
        return new SqliteWriteSession(this, _writer);
    }

    public async ValueTask DisposeAsync()
    {
        await _turn.WaitAsync();
        while (_readers.TryTake(out var link)) link.Dispose();
        _writer?.Dispose();
        _turn.Dispose();
    }

    private sealed class ReadSession(SqliteFile file, SqliteLink link, bool snapshot) : Session
    {
        protected override long QueryTime => file._queryTime;
        protected override void Watch(long until, CancellationToken stop) => link.Watch(until, stop);
        protected override void Unwatch() => link.Unwatch();
        protected override bool WasEnded(DbException failure) => SqliteLink.IsEnded(failure);
        protected override DbCommand Command(Sql sql, long until) => link.Command(sql);
        public override ValueTask<List<T>> QueryPairsAsync<T>(string select, IReadOnlyList<(long Typ, string Fid)> pairs, Func<DbDataReader, T> map, CancellationToken stop) =>
            new(link.QueryPairs(select, pairs, map));

        public override ValueTask DisposeAsync()
        {
            if (snapshot) link.Run("commit");
            file._readers.Add(link);
            return ValueTask.CompletedTask;
        }
    }

    private sealed class SqliteWriteSession(SqliteFile file, SqliteLink link) : WriteSession
    {
        private bool _open = true;

        // Its reads are ended when they take too long; its changes and its commit never, and whether somebody waits is nothing to it.
        protected override long QueryTime => file._queryTime;
        protected override void Watch(long until, CancellationToken stop) => link.Watch(until, CancellationToken.None);
        protected override void Unwatch() => link.Unwatch();
        protected override bool WasEnded(DbException failure) => SqliteLink.IsEnded(failure);
        protected override DbCommand Command(Sql sql, long until) => link.Command(sql);
        public override ValueTask<List<T>> QueryPairsAsync<T>(string select, IReadOnlyList<(long Typ, string Fid)> pairs, Func<DbDataReader, T> map, CancellationToken stop) =>
            new(link.QueryPairs(select, pairs, map));

        public override ValueTask InsertAsync(Table table, IReadOnlyList<object?[]> rows, CancellationToken stop)
        {
            link.Insert(table, rows);
            return ValueTask.CompletedTask;
        }

        public override ValueTask CommitAsync(CancellationToken stop)
        {
            link.Run("commit");
            _open = false;
            return ValueTask.CompletedTask;
        }

        public override ValueTask DisposeAsync()
        {
            try
            {
                if (_open && link.IsInTransaction) link.Run("rollback");   // SQLite took it back itself when it ended a change half-way
            }
            finally
            {
                file._turn.Release();
            }
            return ValueTask.CompletedTask;
        }
    }
}

/// <summary>A connection with its prepared statements: preparing costs more than most of our queries do.</summary>
internal sealed class SqliteLink : IDisposable
{
    private const int StatementsKept = 400, EnableQpsg = 1007;   // SQLITE_DBCONFIG_ENABLE_QPSG
    private readonly SqliteConnection _connection;
    private readonly Dictionary<string, SqliteCommand> _commands = new(StringComparer.Ordinal);
    private readonly Dictionary<string, sqlite3_stmt> _inserts = new(StringComparer.Ordinal);
    private const int StepsBetweenLooks = 10_000;   // a fraction of a millisecond; a look-up by key never comes so far
    private CancellationToken _stop;
    private long _until = long.MaxValue;

    public SqliteLink(string connectionString)
    {
        _connection = new(connectionString);
        _connection.Open();
        raw.sqlite3_progress_handler(_connection.Handle!, StepsBetweenLooks, _ => _stop.IsCancellationRequested || Environment.TickCount64 > _until ? 1 : 0, null);
        // Else a statement is planned anew whenever a value differs that it was planned with: a partial index is enough for that.
        SqliteException.ThrowExceptionForRC(raw.sqlite3_db_config(_connection.Handle!, EnableQpsg, 1, out _), _connection.Handle);
    }

    /// <summary>What runs until <see cref="Unwatch"/> is ended by the stop or when it is over its time — https://sqlite.org/c3ref/progress_handler.html</summary>
    public void Watch(long until, CancellationToken stop) => (_until, _stop) = (until, stop);
    public void Unwatch() => (_until, _stop) = (long.MaxValue, CancellationToken.None);
    public static bool IsEnded(DbException failure) => failure is QueryTimeException or SqliteException { SqliteErrorCode: raw.SQLITE_INTERRUPT };
    public bool IsInTransaction => raw.sqlite3_get_autocommit(_connection.Handle!) == 0;

    public void Run(string text)
    {
        if (!_commands.TryGetValue(text, out var command)) _commands[text] = command = Prepare(text, 0);
        command.ExecuteNonQuery();
    }

    public DbCommand Command(Sql sql)
    {
        var values = new List<object?>(16);
        var text = sql.Render(SqliteDialect.Only, values);
        if (!_commands.TryGetValue(text, out var command))
        {
            if (_commands.Count >= StatementsKept) Forget();
            _commands[text] = command = Prepare(text, values.Count);
        }
        for (var i = 0; i < values.Count; i++) command.Parameters[i].Value = values[i] ?? DBNull.Value;
        return command;
    }

    // The database is in this process: a prepared look-up per pair costs less than one statement that lists them.
    public List<T> QueryPairs<T>(string select, IReadOnlyList<(long Typ, string Fid)> pairs, Func<DbDataReader, T> map)
    {
        var rows = new List<T>(pairs.Count);
        foreach (var (typ, fid) in pairs)
        {
            using var reader = Command(Sql.Of($"{Sql.Raw(select)} where typ = {typ} and fid = {fid}")).ExecuteReader();
            while (reader.Read()) rows.Add(map(reader));
        }
        return rows;
    }

    private SqliteCommand Prepare(string text, int parameters)
    {
        var command = _connection.CreateCommand();
        command.CommandText = text;
        for (var i = 0; i < parameters; i++) command.Parameters.Add(new SqliteParameter { ParameterName = string.Create(CultureInfo.InvariantCulture, $"@p{i}") });
        return command;
    }

    private void Forget()
    {
        foreach (var command in _commands.Values) command.Dispose();
        _commands.Clear();
    }

    // The library's parameter objects cost as much as the insert itself: bulk rows are bound at the API below it.
    public void Insert(Table table, IReadOnlyList<object?[]> rows)
    {
        var db = _connection.Handle!;
        if (!_inserts.TryGetValue(table.Name, out var statement))
        {
            var text = $"insert {(table.Once ? "or ignore " : "")}into {table.Name}({string.Join(',', table.Columns.Select(c => c.Name))}) values({string.Join(',', table.Columns.Select(_ => "?"))})";
            SqliteException.ThrowExceptionForRC(raw.sqlite3_prepare_v2(db, text, out statement), db);
            _inserts[table.Name] = statement;
        }
        foreach (var row in rows)
        {
            for (var i = 0; i < row.Length; i++) Bind(statement, i + 1, row[i]);
            var done = raw.sqlite3_step(statement);
            raw.sqlite3_reset(statement);
            if (done != raw.SQLITE_DONE) SqliteException.ThrowExceptionForRC(done, db);
        }
        raw.sqlite3_clear_bindings(statement);
    }

    private static void Bind(sqlite3_stmt statement, int at, object? value)
    {
        _ = value switch
        {
            null => raw.sqlite3_bind_null(statement, at),
            long number => raw.sqlite3_bind_int64(statement, at, number),
            string text => raw.sqlite3_bind_text(statement, at, text),
            byte[] bytes => raw.sqlite3_bind_blob(statement, at, bytes),
            _ => throw new InvalidOperationException($"A column cannot hold {value.GetType().Name}."),
        };
    }

    public void Dispose()
    {
        Forget();
        foreach (var statement in _inserts.Values) statement.Dispose();
        _connection.Dispose();
    }
}

internal sealed class SqliteDialect : Dialect
{
    public static readonly SqliteDialect Only = new();

    // Lists are filled up to a power of two (by repeating the last), so that few different statements are prepared.
    internal override void AppendIn(StringBuilder text, IReadOnlyList<long> values, List<object?> parameters)
    {
        text.Append(" in (");
        var size = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)values.Count);
        for (var i = 0; i < size; i++)
        {
            if (i > 0) text.Append(',');
            text.Append(CultureInfo.InvariantCulture, $"@p{parameters.Count}");
            parameters.Add(values[Math.Min(i, values.Count - 1)]);
        }
        text.Append(')');
    }

    internal override IReadOnlyDictionary<string, string> Words { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["{blob}"] = "blob", ["{text}"] = "text", ["{rowid}"] = "integer primary key", ["{serial}"] = "integer primary key", ["{clustered}"] = " without rowid",
    };
}
