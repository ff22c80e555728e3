using Benchmarks;
using Fhir.Server.Store.Database;
using Scenarios.Stage;

if (args is ["lock-child", var connection])
{
    await LockBenchmark.ChildMainAsync(connection);
    return 0;
}
if (args is [AuditedServer.Child, var audit, var folder]) return await AuditedServer.MainAsync(audit, folder);
// benchmarks [language|store|http|lock|access]…: all of them when none is named.
bool Wanted(string part) => args.Length == 0 || args.Contains(part, StringComparer.Ordinal);
Report.Head();
var synthea = Path.Combine(Environment.GetEnvironmentVariable("FHIR_TEST_DATA") ?? Path.Combine(Checkout.Root, "..", "shared", "data"), "synthea");
if (Wanted("http")) await HttpBenchmark.RunAsync(synthea);
if (Wanted("access")) await AccessBenchmark.RunAsync();
await using var database = SqliteDatabase.Open(Directory.CreateTempSubdirectory("samenspraak-bench-").FullName);
if (Wanted("language")) await CoreBenchmark.RunAsync(database);
if (Wanted("language")) ValidationBenchmark.Run(synthea);
if (Wanted("store")) await StoreBenchmark.RunAsync(database, "SQLite");
if (Wanted("lock")) await LockBenchmark.RunAsync();
return 0;
