using System.Collections.Concurrent;
using System.Collections.Frozen;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Search.Types;

namespace Fhir.Server.Store.Search;

/// <summary>The search parameters of this database: the number that each has in the index tables, the deployer's own as they are now, and the key under which index values are hashed.</summary>
public sealed class ParameterNumbers
{
    private static readonly Table Table = new("param", new Column("p", ColumnKind.Long), new Column("name", ColumnKind.Text));
    private static readonly Sql Newest = Sql.Of($"select coalesce(max(t), 0) from res where typ = {AccessTable.Number("SearchParameter")}");
    /// <summary>The types whose words are searched where nothing else is set.</summary>
    public static readonly IReadOnlyCollection<string> WordsUsually = ["Communication"];
    private readonly FrozenDictionary<string, int> _numbers;
    private readonly ConcurrentDictionary<int, bool> _whole = [];
    private volatile SearchCatalog _catalog;

    internal ParameterNumbers(DefinitionSet r4, IEnumerable<KeyValuePair<string, int>> numbers, ReadOnlySpan<byte> key)
    {
        _numbers = numbers.ToFrozenDictionary(StringComparer.Ordinal);
        Hash = new(key);
        R4 = r4;
        _catalog = new(r4, this);
    }

    public KeyedHash Hash { get; }

    /// <summary>The definitions that everybody has.</summary>
    internal DefinitionSet R4 { get; }

    /// <summary>All parameters as they were at one moment.</summary>
    internal SearchCatalog Catalog => _catalog;

    /// <summary>FHIR's definitions with the deployer's own parameters.</summary>
    public DefinitionSet Definitions => _catalog.Definitions;

    /// <summary>False while what was stored before is still being indexed by it.</summary>
    public bool IsWhole(SearchParameterDefinition parameter) => parameter.Custom is not { } p || _whole.ContainsKey(p);

    /// <summary>The number of a parameter by the type that defines it and its code: <c>Patient.name</c>, <c>Resource._tag</c>.</summary>
    public int Of(SearchParameterDefinition parameter) => parameter.Custom ?? _numbers[NameOf(parameter)];

    /// <summary>What the index holds for an identifier. System: "" = it has none, null = whatever it is.</summary>
    public long Identifier(string? system, string value) => new Token(system, value).Hash(Hash);

    /// <summary>Reads the numbers, and gives one to each parameter that has none yet; makes the key at the first start.</summary>
    public static async Task<ParameterNumbers> LoadAsync(TenantDatabase database, DefinitionSet definitions, CancellationToken stop, IReadOnlyCollection<string>? wordsOf = null)
    {
        definitions = definitions.WithWordsOf(wordsOf ?? WordsUsually);
        await using var session = await database.WriteAsync(stop);
        var key = await Seal.SettingAsync(session, "search-key", 16, stop);
        var numbers = (await session.QueryAsync(Sql.Of($"select name, p from param"), r => KeyValuePair.Create(r.GetString(0), r.GetInt32(1)), stop))
            .ToDictionary(StringComparer.Ordinal);
        var next = numbers.Values.DefaultIfEmpty().Max() + 1;
        var missing = Names(definitions).Where(name => !numbers.ContainsKey(name)).Select((name, i) => (Name: name, P: next + i)).ToList();
        await session.InsertAsync(Table, [.. missing.Select(m => new object?[] { (long)m.P, m.Name })], stop);
        var loaded = new ParameterNumbers(definitions, numbers.Concat(missing.Select(m => KeyValuePair.Create(m.Name, m.P))), key);
        await loaded.RefreshAsync(session, stop);
        await session.CommitAsync(stop);
        return loaded;
    }

    /// <summary>Notices what other nodes, or the commit before, changed in the deployer's own parameters.</summary>
    public async ValueTask RefreshAsync(Session session, CancellationToken stop)
    {
        var epoch = await session.FirstAsync(Newest, r => r.GetInt64(0), stop);
        if (epoch == _catalog.Epoch) return;
        var custom = await session.QueryAsync(Sql.Of($"select p, typ, code, kind, expression, targets, url from custom_parameter"), Map, stop);
        lock (_whole)   // who read earlier must not take back what who read later found
            if (epoch > _catalog.Epoch) _catalog = new(R4.With(custom), this) { Epoch = epoch };
    }

    /// <summary>The deployer's own parameters that not all is indexed by yet.</summary>
    internal async ValueTask<List<SearchParameterDefinition>> UnfinishedAsync(Session session, CancellationToken stop)
    {
        var unfinished = new List<SearchParameterDefinition>();
        foreach (var parameter in Definitions.Custom.Where(p => !IsWhole(p)))
            if (await PercentAsync(parameter, session, stop) < 100) unfinished.Add(parameter);
        return unfinished;
    }

    /// <summary>How much of what was stored before is indexed by it; null when it is not there any more.</summary>
    internal async ValueTask<int?> PercentAsync(SearchParameterDefinition parameter, Session session, CancellationToken stop)
    {
        if (IsWhole(parameter)) return 100;
        var name = Progress(parameter.Custom!.Value);
        var (known, last, top) = await session.FirstAsync(Sql.Of($"select last, top from reindex where name = {name}"), r => (true, r.GetInt64(0), r.GetInt64(1)), stop);
        if (!known) return null;
        if (top >= 0 && last >= top) _whole[parameter.Custom.Value] = true;
        return top < 0 ? 0 : last >= top ? 100 : (int)(100 * last / top);
    }

    /// <summary>The name under which the progress of a parameter of the deployer's own is noted.</summary>
    internal static string Progress(int p) => $"parameter-{p.ToString(System.Globalization.CultureInfo.InvariantCulture)}";

    /// <summary>The name under which the progress of the words of a type is noted.</summary>
    internal static string ProgressOfWords(string type) => $"text-{type}";

    private static SearchParameterDefinition Map(System.Data.Common.DbDataReader r) =>
        new(r.GetString(2), (SearchParameterType)r.GetInt32(3), AccessTable.Name(r.GetInt32(1)), r.GetString(4), r.GetString(5).Split(' ', StringSplitOptions.RemoveEmptyEntries), [], r.GetString(6)) { Custom = r.GetInt32(0) };

    /// <summary>All names in a fixed order.</summary>
    internal static IEnumerable<string> Names(DefinitionSet definitions) =>
        definitions.ResourceTypes.SelectMany(definitions.SearchParameters).Select(NameOf).Distinct(StringComparer.Ordinal);

    private static string NameOf(SearchParameterDefinition parameter) => $"{parameter.Base}.{parameter.Code}";
}
