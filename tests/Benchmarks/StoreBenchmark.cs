using System.Diagnostics;
using System.Text;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Json;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Resources;
using Fhir.Server.Store.Search;

namespace Benchmarks;

/// <summary>The store by itself, without HTTP: what a commit and a read cost.</summary>
internal static class StoreBenchmark
{
    private static readonly AccessContext House = AccessContext.House("benchmark", 1);

    public static async Task RunAsync(TenantDatabase database, string name)
    {
        await MigrateAsync(database);
        await using var store = await OpenAsync(database);
        await CreatesAsync(store, writers: 32, seconds: 2);
        var (created, ids) = await CreatesAsync(store, writers: 32, seconds: 5);
        Report.Line($"store, {name}", "creates/s, 32 writers", created);
        Report.Line($"store, {name}", "reads/s, 1 reader", await ReadsAsync(store, ids, seconds: 3));
    }

    public static Task MigrateAsync(TenantDatabase database) => database.MigrateAsync(Migration.In(typeof(TenantDatabase).Assembly), default);

    public static async Task<ResourceStore> OpenAsync(TenantDatabase database)
    {
        var seal = await Seal.LoadAsync(database, default);
        var numbers = await ParameterNumbers.LoadAsync(database, DefinitionSet.R4, default);
        var bases = new ServerBases("http://localhost:5080/fhir");
        var search = new ResourceSearch(database, numbers, bases, seal, TimeProvider.System);
        return new(database, DefinitionSet.R4, new Indexer(numbers, bases), search, [], seal, TimeProvider.System);
    }

    public static async Task<(double PerSecond, List<string> Ids)> CreatesAsync(ResourceStore store, int writers, int seconds)
    {
        var (clock, count, ids) = (Stopwatch.StartNew(), 0, new List<string>());
        await Task.WhenAll(Enumerable.Range(0, writers).Select(_ => Task.Run(async () =>
        {
            while (clock.Elapsed.TotalSeconds < seconds)
            {
                var write = Patient(Interlocked.Increment(ref count));
                if ((await store.CommitAsync([write], House, default)).Failed(out var issue, out var _)) throw new InvalidOperationException(issue.Text);
                lock (ids) ids.Add(write.Key.Id);
            }
        })));
        return (count / clock.Elapsed.TotalSeconds, ids);
    }

    private static async Task<double> ReadsAsync(ResourceStore store, List<string> ids, int seconds)
    {
        var (clock, count) = (Stopwatch.StartNew(), 0);
        while (clock.Elapsed.TotalSeconds < seconds)
        {
            if ((await store.ReadAsync(new("Patient", ids[count++ % ids.Count]), House, default)).Failed(out var issue, out var _)) throw new InvalidOperationException(issue.Text);
        }
        return count / clock.Elapsed.TotalSeconds;
    }

    private static Write Patient(int n)
    {
        var text = Encoding.UTF8.GetBytes(Samples.Patient(n));
        if (JsonReader.Read(text, DefinitionSet.R4).Failed(out var issue, out var patient)) throw new InvalidOperationException(issue.Text);
        return new() { Kind = WriteKind.Create, Key = new("Patient", Write.NewId()), Resource = patient, Json = text };
    }
}
