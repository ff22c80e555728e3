using Fhir.Server.Core.Definitions;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Search;
using Fhir.Server.Store.Tests.Resources;

namespace Fhir.Server.Store.Tests.Search;

/// <summary>Among many rows a search chooses where it starts: all pages together are the same whatever was chosen.</summary>
public abstract class ManyContract
{
    private const int All = 2600, Written = 1300;

    protected abstract Task<TenantDatabase> EmptyAsync();

    private static string Observation(int n) => $$"""
        {"resourceType":"Observation","id":"o{{n:D4}}","status":"{{(n >= 2550 ? "amended" : "final")}}","category":[{"coding":[{"code":"{{(n >= 2550 ? "late" : "early")}}"}]}],"code":{"coding":[{"system":"urn:s","code":"c"}]},"valueQuantity":{"system":"http://unitsofmeasure.org","code":"mg","value":{{n}} } }
        """;

    private static string WrittenAgain(int n) => Observation(n).Replace("\"status\"", "\"issued\":\"2026-01-01T00:00:00Z\",\"status\"", StringComparison.Ordinal);

    // The GP keeps every third; some of those, and some of the others, stand in a thread that she takes part in. What is written again comes last.
    private static async Task<(TestStore Store, AccessContext Gp, List<int> Seen)> ManyAsync(TenantDatabase database)
    {
        var store = await TestStore.OpenAsync(database);
        await store.PutAsync("""{"resourceType":"Organization","id":"linde"}""", """{"resourceType":"PractitionerRole","id":"jansen"}""", """{"resourceType":"Patient","id":"p"}""", """{"resourceType":"Communication","id":"thread","status":"in-progress"}""");
        await store.PutAsync(Enumerable.Range(0, All).Select(Observation));
        await store.PutAsync(Enumerable.Range(0, 50).Select(WrittenAgain));
        var rids = (await store.Database.QueryAsync(Sql.Raw("select fid, rid from res where live = 1"), r => (r.GetString(0), r.GetInt64(1)), default)).ToDictionary(r => r.Item1, r => r.Item2, StringComparer.Ordinal);
        await using var session = await store.Database.WriteAsync(default);
        await session.ExecuteAsync(Sql.Of($"update res set home = {rids["linde"]} where typ = {AccessTable.Number("Observation")} and (rid - {rids["o0000"]}) % 3 = 0"), default);
        await session.ExecuteAsync(Sql.Of($"update res set thread = {rids["thread"]} where typ = {AccessTable.Number("Observation")} and (rid - {rids["o0000"]}) % 10 = 0"), default);
        await session.ExecuteAsync(Sql.Of($"insert into participant(thread, actor, org, patient, owner, from_at, until_at) values({rids["thread"]}, {rids["jansen"]}, null, {rids["p"]}, 0, 0, {long.MaxValue})"), default);
        await session.CommitAsync(default);
        var gp = new AccessContext { Who = "jansen", Role = Role.Gp, Scopes = Scopes.Parse("user/*.cruds"), NowMicros = 1_000, OrganizationRid = rids["linde"], ActorRid = rids["jansen"] };
        return (store, gp, [.. Enumerable.Range(50, All - 50).Concat(Enumerable.Range(0, 50)).Where(n => n % 3 == 0 || n % 10 == 0)]);
    }

    private static async Task<List<int>> WalkAsync(TestStore store, string query, AccessContext? by, int size)
    {
        var (found, next) = (new List<int>(), "");
        do
        {
            var page = await store.SearchAsync($"{query}&_count={size}{next}", by);
            Assert.True(page.Matches.Count <= size && (page.Matches.Count == size || page.Next is null));
            found.AddRange(page.Matches.Select(m => int.Parse(m.Key.Id[1..], System.Globalization.CultureInfo.InvariantCulture)));
            next = page.Next is null ? null : $"&_page={page.Next}";
        }
        while (next is not null);
        return found;
    }

    private static readonly (string Query, Func<int, bool> Matches)[] Queries =
    [
        ("Observation?code=c", _ => true),
        ("Observation?_lastUpdated=gt2000", _ => true),
        ("Observation?code=urn:s|c&value-quantity=gt2590", n => n > 2590),
        ("Observation?code=c&value-quantity=gt1300|http://unitsofmeasure.org|mg", n => n > Written),
        ("Observation?code=c&value-quantity=gt0.0013|http://unitsofmeasure.org|kg", n => n > Written),
        ("Observation?code=c&status=amended", n => n >= 2550),
        ("Observation?code=c&status=final", n => n < 2550),
        ("Observation?code=c&status:not=final", n => n >= 2550),
        ("Observation?code-value-quantity=c$gt1300", n => n > Written),
        ("Observation?code-value-quantity=urn:s|c$lt40", n => n < 40),
        ("Observation?code-value-quantity=c$gt2590||mg", n => n > 2590),
        ("Observation?combo-code-value-quantity=c$gt2590", n => n > 2590),
        ("Observation?code=c&value-quantity=gt2700", _ => false),
    ];

    [Fact]
    public async Task All_pages_together_are_all_that_matches_once_and_in_order()
    {
        var (store, gp, seen) = await ManyAsync(await EmptyAsync());
        await using var _ = store;
        foreach (var (query, matches) in Queries)
            foreach (var size in new[] { 150, 1000 })
            {
                var mine = seen.Where(matches).ToList();
                Assert.Equal(Enumerable.Range(0, All).Where(matches), (await WalkAsync(store, query, by: null, size)).Order());
                Assert.Equal(mine, await WalkAsync(store, query, gp, size));
                Assert.Equal(mine, await WalkAsync(store, query + "&_sort=_lastUpdated", gp, size));
                Assert.Equal(mine.AsEnumerable().Reverse(), await WalkAsync(store, query + "&_sort=-_lastUpdated", gp, size));
                Assert.Equal(mine.Order(), await WalkAsync(store, query + "&_sort=value-quantity", gp, size));
            }
    }

    [Fact]
    public async Task Numbers_are_those_of_what_is_seen()
    {
        var (store, gp, seen) = await ManyAsync(await EmptyAsync());
        await using var _ = store;
        foreach (var (query, matches) in Queries)
        {
            Assert.Equal(Enumerable.Range(0, All).Count(matches), (await store.SearchAsync(query + "&_summary=count")).Total);
            Assert.Equal(seen.Count(matches), (await store.SearchAsync(query + "&_summary=count", gp)).Total);
            Assert.Equal(seen.Count(matches), (await store.SearchAsync(query + "&_total=accurate&_count=5", gp)).Total);
        }
    }

    [Fact]
    public async Task What_is_deleted_or_out_of_the_scopes_is_on_no_page()
    {
        var (store, gp, seen) = await ManyAsync(await EmptyAsync());
        await using var _ = store;
        await store.DoAsync(TestStore.Gone("Observation", "o0060"));
        await store.PutAsync(Enumerable.Range(100, 600).Select(WrittenAgain));
        var (before, after) = (seen.Where(n => n is < 100 or >= 700), seen.Where(n => n is >= 100 and < 700));
        foreach (var query in new[] { "Observation?code=c", "Observation?_lastUpdated=gt2000" }) Assert.Equal(before.Except([60]).Concat(after), await WalkAsync(store, query, gp, 150));
        var filters = new ScopeFilters(DefinitionSet.R4, await ParameterNumbers.LoadAsync(store.Database, DefinitionSet.R4, default));
        var narrow = gp with { Scopes = filters.MadeOut(Scopes.Parse("user/Observation.rs?category=late")) };
        Assert.Equal(seen.Where(n => n >= 2550), await WalkAsync(store, "Observation?code=c", narrow, 1000));
    }
}

public sealed class ManyOnSqlite : ManyContract
{
    protected override Task<TenantDatabase> EmptyAsync() => TestDatabase.SqliteAsync();
}

public sealed class ManyOnPostgres : ManyContract
{
    protected override Task<TenantDatabase> EmptyAsync() => TestDatabase.PostgresAsync();
}
