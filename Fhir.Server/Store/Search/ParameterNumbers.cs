using System.Collections.Frozen;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Search.Types;

namespace Fhir.Server.Store.Search;

/// <summary>The number that each search parameter has in the index tables of this database, and the key under which index values are hashed.</summary>
public sealed class ParameterNumbers
{
    private static readonly Table Table = new("param", new Column("p", ColumnKind.Long), new Column("name", ColumnKind.Text));
    private readonly FrozenDictionary<string, int> _numbers;

    internal ParameterNumbers(IEnumerable<KeyValuePair<string, int>> numbers, ReadOnlySpan<byte> key)
    {
        _numbers = numbers.ToFrozenDictionary(StringComparer.Ordinal);
        Hash = new(key);
    }

    public KeyedHash Hash { get; }

    /// <summary>The number of a parameter by the type that defines it and its code: <c>Patient.name</c>, <c>Resource._tag</c>.</summary>
    public int Of(SearchParameterDefinition parameter) => _numbers[NameOf(parameter)];

    /// <summary>What the index holds for an identifier. System: "" = it has none, null = whatever it is.</summary>
    public long Identifier(string? system, string value) => new Token(system, value).Hash(Hash);

    /// <summary>Reads the numbers, and gives one to each parameter that has none yet; makes the key at the first start.</summary>
    public static async Task<ParameterNumbers> LoadAsync(TenantDatabase database, DefinitionSet definitions, CancellationToken stop)
    {
        await using var session = await database.WriteAsync(stop);
        var key = await Seal.SettingAsync(session, "search-key", 16, stop);
        var numbers = (await session.QueryAsync(Sql.Of($"select name, p from param"), r => KeyValuePair.Create(r.GetString(0), r.GetInt32(1)), stop))
            .ToDictionary(StringComparer.Ordinal);
        var next = numbers.Values.DefaultIfEmpty().Max() + 1;
        var missing = Names(definitions).Where(name => !numbers.ContainsKey(name)).Select((name, i) => (Name: name, P: next + i)).ToList();
        await session.InsertAsync(Table, [.. missing.Select(m => new object?[] { (long)m.P, m.Name })], stop);
        await session.CommitAsync(stop);
        return new(numbers.Concat(missing.Select(m => KeyValuePair.Create(m.Name, m.P))), key);
    }

    /// <summary>All names in a fixed order.</summary>
    internal static IEnumerable<string> Names(DefinitionSet definitions) =>
        definitions.ResourceTypes.SelectMany(definitions.SearchParameters).Select(NameOf).Distinct(StringComparer.Ordinal);

    private static string NameOf(SearchParameterDefinition parameter) => $"{parameter.Base}.{parameter.Code}";
}
