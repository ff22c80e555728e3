using System.Text.Json.Nodes;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Tests.Resources;

namespace Fhir.Server.Store.Tests.Search;

/// <summary>The 223 search cases of the public test data: resources, queries and what each must find.</summary>
public abstract class SearchCases(ITestOutputHelper output)
{
    protected abstract Task<TenantDatabase> EmptyAsync();

    [Fact]
    public async Task The_search_cases_find_what_they_should()
    {
        var suites = JsonNode.Parse(await File.ReadAllTextAsync(Searching.Data("search/search-cases.json")))!["suites"]!.AsArray();
        await using var store = await TestStore.OpenAsync(await EmptyAsync());
        var (passed, wrong) = (0, new List<string>());
        foreach (var suite in suites)
        {
            var resources = suite!["resources"]!.AsArray().Select(r => AsR4(r!.AsObject())).ToList();
            await store.PutAsync(resources.Select(r => Tagged(r.ToJsonString(), suite)));
            foreach (var one in suite["cases"]!.AsArray())
            {
                var query = (string)one!["query"]!;
                if (await CheckAsync(store, suite, resources, one) is { } difference) wrong.Add($"{suite["name"]}: {query}: {difference}");
                else passed++;
            }
        }
        output.WriteLine($"{passed} of {passed + wrong.Count} search cases pass.");
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    // Two of the Observations are written as in the release before R4: interpretation was not repeated there.
    private static JsonObject AsR4(JsonObject resource)
    {
        foreach (var part in (resource["component"]?.AsArray().Select(c => c!.AsObject()) ?? []).Append(resource))
            if (part["interpretation"] is JsonObject one) part["interpretation"] = new JsonArray(one.DeepClone());
        return resource;
    }

    private static string Tagged(string text, JsonNode suite) => text.Replace("TAG", $"tag-{suite["name"]}", StringComparison.Ordinal);

    private static async Task<string?> CheckAsync(TestStore store, JsonNode suite, List<JsonObject> resources, JsonNode one)
    {
        var query = Tagged((string)one["query"]!, suite);
        var page = await store.TryAsync($"{query}&_tag=tag-{suite["name"]}");
        if (one["expectStatus"] is not null) return page.Failed(out _, out _) ? null : "should be refused";
        if (page.Failed(out var issue, out var found)) return issue.Text;
        if (one["expectTotal"] is { } total) return found.Total == (long)total ? null : $"total {found.Total}";
        var expected = Expected(suite, resources, one).Order(StringComparer.Ordinal).ToList();
        var actual = found.Matches.Select(m => m.Key.ToString()).Order(StringComparer.Ordinal).ToList();
        return expected.SequenceEqual(actual) ? null : $"found [{string.Join(", ", actual)}], not [{string.Join(", ", expected)}]";
    }

    private static IEnumerable<string> Expected(JsonNode suite, List<JsonObject> resources, JsonNode one)
    {
        var expected = one["expect"]!.AsArray();
        if ((string?)suite["expectBy"] == "reference") return expected.Select(e => (string)e!);
        var counted = suite["indexType"] is { } type ? resources.Where(r => (string)r["resourceType"]! == (string)type!).ToList() : resources;
        return expected.Select(e => counted[(int)e!]).Select(r => $"{r["resourceType"]}/{r["id"]}");
    }
}

public sealed class SearchCasesOnSqlite(ITestOutputHelper output) : SearchCases(output)
{
    protected override Task<TenantDatabase> EmptyAsync() => TestDatabase.SqliteAsync();
}

public sealed class SearchCasesOnPostgres(ITestOutputHelper output) : SearchCases(output)
{
    protected override Task<TenantDatabase> EmptyAsync() => TestDatabase.PostgresAsync();
}
