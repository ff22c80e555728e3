using Benchmarks;
using Fhir.Server.Store.Database;

if (args is ["lock-child", var connection])
{
    await LockBenchmark.ChildMainAsync(connection);
    return;
}
Report.Head();
await using (var database = SqliteDatabase.Open(Directory.CreateTempSubdirectory("samenspraak-bench-").FullName))
{
    await CoreBenchmark.RunAsync(database);
    await StoreBenchmark.RunAsync(database, "SQLite");
}
await LockBenchmark.RunAsync();
