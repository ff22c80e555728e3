using System.Data.Common;
using System.Reflection;

namespace Fhir.Server.Store.Database;

/// <summary>The database of one tenant (house.md 16): an SQLite file or a PostgreSQL database. Readers many, writer one.</summary>
public abstract class TenantDatabase : IAsyncDisposable
{
    /// <summary>How long a query may take before it is ended.</summary>
    public TimeSpan QueryTime { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>A session to read with; with <paramref name="snapshot"/> all its queries see one moment.</summary>
    public abstract ValueTask<Session> ReadAsync(bool snapshot, CancellationToken stop);

    /// <summary>The write session: waits for the commit lock.</summary>
    public abstract ValueTask<WriteSession> WriteAsync(CancellationToken stop);

    /// <summary>
    /// A write session for tables that no commit of resources touches, which all its statements see at one moment: it does not wait for
    /// the commit lock. On SQLite there is one writer, so it does.
    /// </summary>
    public abstract ValueTask<WriteSession> BesideAsync(CancellationToken stop);

    /// <summary>A session on the audit stream of reads: never waits for the commit lock (own file on SQLite, own connection on PostgreSQL).</summary>
    public abstract ValueTask<WriteSession> AuditAsync(CancellationToken stop);

    /// <summary>A session to read the audit stream of reads with.</summary>
    public abstract ValueTask<Session> ReadAuditAsync(CancellationToken stop);

    /// <summary>Brings the schema up: the migrations that are not there yet, in order of their number.</summary>
    public abstract Task MigrateAsync(IReadOnlyList<Migration> migrations, CancellationToken stop);

    /// <summary>
    /// Lets the planner see how much came in at once: until then it plans for tables as they were. Nothing to do on SQLite, where a statement
    /// says itself in which order its tables are read.
    /// </summary>
    public virtual Task AnalyzeAsync(CancellationToken stop) => Task.CompletedTask;

    public async ValueTask<List<T>> QueryAsync<T>(Sql sql, Func<DbDataReader, T> map, CancellationToken stop)
    {
        await using var session = await ReadAsync(snapshot: false, stop);
        return await session.QueryAsync(sql, map, stop);
    }

    public async ValueTask<T?> FirstAsync<T>(Sql sql, Func<DbDataReader, T> map, CancellationToken stop)
    {
        await using var session = await ReadAsync(snapshot: false, stop);
        return await session.FirstAsync(sql, map, stop);
    }

    /// <summary>True when a row was refused because its key is there already.</summary>
    public abstract bool IsTaken(DbException refused);

    /// <summary>True when the database took a transaction back because of another one: the same again will do.</summary>
    public virtual bool IsClash(DbException failed) => false;

    public abstract ValueTask DisposeAsync();
}

/// <summary>One step of the schema: <c>NNN_what</c> and its SQL with the dialect's words still to be filled in. Audit = it belongs to the read-audit stream.</summary>
public sealed record Migration(string Name, string Text, bool Audit)
{
    /// <summary>The migrations embedded in an assembly as <c>NNN_what.sql</c>; one named <c>NNN_audit_reads</c> belongs to the audit stream.</summary>
    public static IReadOnlyList<Migration> In(Assembly assembly) =>
        [.. assembly.GetManifestResourceNames().Where(n => n.EndsWith(".sql", StringComparison.Ordinal)).Select(n => Load(assembly, n)).OrderBy(m => m.Name, StringComparer.Ordinal)];

    private static Migration Load(Assembly assembly, string resource)
    {
        using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!);
        var name = resource[..^4].Split('.')[^1];
        return new(name, reader.ReadToEnd(), name.Contains("audit_reads", StringComparison.Ordinal));
    }
}
