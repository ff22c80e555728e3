using System.Globalization;
using Benchmarks;
using Fhir.Server.Store.Database;
using Scenarios.Stage;

if (args is ["lock-child", var connection])
{
    await LockBenchmark.ChildMainAsync(connection);
    return 0;
}
if (args is [ServedHere.Child, var audit, var server, var folder]) return await ServedHere.MainAsync(audit, server, folder);
if (args is ["load", var provider, var size, .. var rows])
{
    Report.Head("server µs", "database µs", "bytes allocated", "commits/s");
    await LoadBenchmark.RunAsync(Synthea(), provider == "postgres", int.Parse(size, CultureInfo.InvariantCulture), rows);
    return 0;
}
// benchmarks [language|store|http|lock|access]…: all of them when none is named.
bool Wanted(string part) => args.Length == 0 || args.Contains(part, StringComparer.Ordinal);
Report.Head();
static string Synthea() => Path.Combine(Environment.GetEnvironmentVariable("FHIR_TEST_DATA") ?? Path.Combine(Checkout.Root, "..", "shared", "data"), "synthea");
if (Wanted("http")) await HttpBenchmark.RunAsync(Synthea());
if (Wanted("access")) await AccessBenchmark.RunAsync();
await using var database = SqliteDatabase.Open(Directory.CreateTempSubdirectory("samenspraak-bench-").FullName);
if (Wanted("language")) await CoreBenchmark.RunAsync(database);
if (Wanted("language")) ValidationBenchmark.Run(Synthea());
if (Wanted("store")) await StoreBenchmark.RunAsync(database, "SQLite");
if (Wanted("lock")) await LockBenchmark.RunAsync();
return 0;
