using Benchmarks;
using Fhir.Server.Store.Database;

Report.Head();
await using var database = SqliteDatabase.Open(Directory.CreateTempSubdirectory("samenspraak-bench-").FullName);
await StoreBenchmark.RunAsync(database, "SQLite");
