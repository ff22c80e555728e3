using System.Text;
using System.Text.Json.Nodes;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Json;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Resources;
using Fhir.Server.Store.Rules;
using Fhir.Server.Store.Search;

namespace Fhir.Server.Store.Tests.Resources;

/// <summary>A store on an empty database, with short ways to say what a test does.</summary>
internal sealed class TestStore : IAsyncDisposable
{
    public static readonly AccessContext Everyone = AccessContext.House("test", 1);
    public required TenantDatabase Database { get; init; }
    public required ResourceStore Store { get; init; }
    public required ResourceSearch Search { get; init; }
    private Indexer Indexer { get; init; } = null!;
    private Func<ResourceSearch> Anew { get; init; } = null!;

    /// <summary>Gives rows from before their patients.</summary>
    public PatientKeys KeysOfOldRows() => new(Database, Indexer);

    public Reindex Reindexing() => new(Database, Indexer);

    /// <summary>The same on what another process would know: nothing yet.</summary>
    public TestStore StartedAnew() => new() { Database = Database, Store = Store, Search = Anew(), Indexer = Indexer, Anew = Anew };

    /// <summary>Another process on the same database: it knows only what it read when it started.</summary>
    public Task<TestStore> OtherNodeAsync(params ICommitRule[] rules) => OpenAsync(Database, rules);

    /// <summary>Another process that searches the words of other types; it has not made their rows yet.</summary>
    public Task<TestStore> OtherNodeAsync(IReadOnlyCollection<string> wordsOf) => OpenAsync(Database, TimeProvider.System, [], wordsOf);

    public static Task<TestStore> OpenAsync(TenantDatabase database, params ICommitRule[] rules) => OpenAsync(database, TimeProvider.System, rules);

    public static Task<TestStore> OpenAsync(TenantDatabase database, TimeProvider clock, params ICommitRule[] rules) => OpenAsync(database, clock, rules, null);

    private static async Task<TestStore> OpenAsync(TenantDatabase database, TimeProvider clock, ICommitRule[] rules, IReadOnlyCollection<string>? wordsOf)
    {
        await database.MigrateAsync(Migration.In(typeof(TenantDatabase).Assembly), default);
        var (numbers, seal) = (await ParameterNumbers.LoadAsync(database, DefinitionSet.R4, default, wordsOf), await Seal.LoadAsync(database, default));
        var bases = new ServerBases("http://localhost/fhir");
        ResourceSearch Searching() => new(database, numbers, bases, seal, clock);
        var search = Searching();
        var indexer = new Indexer(numbers, bases);
        if (wordsOf is null) await new Reindex(database, indexer).FillAsync(TimeSpan.Zero, default);
        var store = new ResourceStore(database, DefinitionSet.R4, indexer, search, rules, seal, clock);
        return new() { Database = database, Store = store, Search = search, Indexer = indexer, Anew = Searching };
    }

    public static Write Put(string type, string id, Action<JsonObject>? with = null, string? ifMatch = null) => Write(WriteKind.Update, type, id, with, ifMatch);
    public static Write New(string type, Action<JsonObject>? with = null) => Write(WriteKind.Create, type, Fhir.Server.Store.Resources.Write.NewId(), with, null);
    public static Write Gone(string type, string id) => new() { Kind = WriteKind.Delete, Key = new(type, id) };

    private static Write Write(WriteKind kind, string type, string id, Action<JsonObject>? with, string? ifMatch)
    {
        var json = new JsonObject { ["resourceType"] = type };
        with?.Invoke(json);
        var bytes = Encoding.UTF8.GetBytes(json.ToJsonString());
        Assert.False(JsonReader.Read(bytes, DefinitionSet.R4).Failed(out _, out var resource));
        return new() { Kind = kind, Key = new(type, id), Resource = resource, Json = bytes, IfMatch = ifMatch };
    }

    public async Task<Written> DoAsync(Write write, AccessContext? by = null)
    {
        var result = await Store.CommitAsync([write], by ?? Everyone, default);
        Assert.False(result.Failed(out var issue, out var written), issue?.Text);
        return written![0];
    }

    public async Task<Issue> RefusedAsync(params Write[] writes) => await RefusedAsync(Everyone, writes);

    public async Task<Issue> RefusedAsync(AccessContext by, params Write[] writes)
    {
        Assert.True((await Store.CommitAsync(writes, by, default)).Failed(out var issue, out _));
        return issue;
    }

    public async Task<JsonObject> ReadAsync(string type, string id, AccessContext? by = null)
    {
        Assert.False((await Store.ReadAsync(new(type, id), by ?? Everyone, default)).Failed(out var issue, out var version), issue?.Text);
        return JsonNode.Parse(version!.Body.Span)!.AsObject();
    }

    public async Task<IssueKind?> ReadFailsAsync(string type, string id, AccessContext? by = null) =>
        (await Store.ReadAsync(new(type, id), by ?? Everyone, default)).Failed(out var issue, out _) ? issue.Kind : null;

    public Task<long> CountAsync(string what) => Database.FirstAsync(Sql.Raw($"select count(*) from {what}"), r => r.GetInt64(0), default).AsTask();

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        await Database.DisposeAsync();
    }
}
