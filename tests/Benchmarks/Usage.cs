using System.Globalization;
using Fhir.Server.Store.Database;

namespace Benchmarks;

/// <summary>What was used up to a moment: CPU time of the server and of PostgreSQL (zero for SQLite, which runs in the server), bytes allocated, commits.</summary>
internal sealed record Usage(TimeSpan Server, TimeSpan Database, long Allocated, long Commits)
{
    private static int _asked;

    public static Usage operator -(Usage later, Usage sooner) =>
        new(later.Server - sooner.Server, later.Database - sooner.Database, later.Allocated - sooner.Allocated, later.Commits - sooner.Commits);

    public static async Task<Usage> OfAsync(ServerProcess server, PostgresServer? postgres, string folder)
    {
        await using TenantDatabase database = postgres is null ? SqliteDatabase.OpenToRead(folder) : PostgresDatabase.Open(postgres.Connection + ";Pooling=false");
        var commits = await database.FirstAsync(Sql.Raw("select coalesce(max(t), 0) from commits"), r => r.GetInt64(0), default);
        var asked = string.Create(CultureInfo.InvariantCulture, $"{++_asked}");
        var allocated = long.Parse((await server.AskAsync(asked, $"allocated {asked} ")).Split(' ')[2], CultureInfo.InvariantCulture);
        return new(ProcessTime.TryRead($"/proc/{server.Id}/stat")!.Own, postgres?.Cpu() ?? TimeSpan.Zero, allocated, commits);
    }
}
