using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json.Nodes;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Json;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Core.Packages;
using Fhir.Server.Core.Terminology;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Resources;
using Fhir.Server.Store.Search;
using Fhir.Server.Store.Tests.Resources;

namespace Fhir.Server.Store.Tests.Search;

/// <summary>Short ways to store and to search.</summary>
internal static class Searching
{
    private static readonly Vocabulary Vocabulary = new(Conformance.R4);

    /// <summary>A query as it stands in a URL, percent-decoded: <c>Patient?name=x&amp;_count=1</c>.</summary>
    public static Result<SearchQuery> Query(string text, bool strict = false) => Query(text, SearchLimits.Usual, DefinitionSet.R4, strict);

    public static Result<SearchQuery> Query(string text, SearchLimits limits, DefinitionSet definitions, bool strict = false)
    {
        var mark = text.IndexOf('?', StringComparison.Ordinal);
        var pairs = text[(mark + 1)..].Split('&', StringSplitOptions.RemoveEmptyEntries).Select(p => p.Split('=', 2)).Select(p => KeyValuePair.Create(p[0], p.ElementAtOrDefault(1) ?? ""));
        return SearchQuery.Parse(mark > 0 ? text[..mark] : null, [.. pairs], definitions, strict, vocabulary: Vocabulary, limits: limits);
    }

    public static Result<SearchQuery> Query(string? type, params (string Key, string Value)[] parameters) =>
        SearchQuery.Parse(type, [.. parameters.Select(p => KeyValuePair.Create(p.Key, p.Value))], DefinitionSet.R4);

    /// <summary>The ids of all matches in the compartment of a resource; type null = of all types.</summary>
    public static async Task<IReadOnlyList<string>> FindWithinAsync(this TestStore store, string focus, string? type, string query = "", AccessContext? by = null)
    {
        var pairs = query.Split('&', StringSplitOptions.RemoveEmptyEntries).Select(p => p.Split('=', 2)).Select(p => KeyValuePair.Create(p[0], p[1]));
        Assert.False(SearchQuery.Parse(type, [.. pairs], DefinitionSet.R4, within: new(focus.Split('/')[0], focus.Split('/')[1])).Failed(out var issue, out var parsed), issue?.Text);
        Assert.False((await store.Search.SearchAsync(parsed!, by ?? TestStore.Everyone, default)).Failed(out issue, out var page), issue?.Text);
        return [.. page!.Matches.Select(m => m.Key.Id)];
    }

    public static async Task<Result<SearchPage>> TryAsync(this TestStore store, string query, AccessContext? by = null) =>
        Query(query, SearchLimits.Usual, store.Search.Definitions).Failed(out var issue, out var parsed) ? issue : await store.Search.SearchAsync(parsed, by ?? TestStore.Everyone, default);

    public static async Task<SearchPage> SearchAsync(this TestStore store, string query, AccessContext? by = null)
    {
        Assert.False((await store.TryAsync(query, by)).Failed(out var issue, out var page), $"{query}: {issue?.Text}");
        return page!;
    }

    /// <summary>The ids of all matches, in order.</summary>
    public static async Task<IReadOnlyList<string>> FindAsync(this TestStore store, string query, AccessContext? by = null) =>
        [.. (await store.SearchAsync(query, by)).Matches.Select(m => m.Key.Id)];

    /// <summary>The ids of all matches of one parameter whose value is taken as it is.</summary>
    public static async Task<IReadOnlyList<string>> FindAsync(this TestStore store, string type, string key, string value)
    {
        Assert.False(Query(type, (key, value)).Failed(out var issue, out var query), issue?.Text);
        Assert.False((await store.Search.SearchAsync(query!, TestStore.Everyone, default)).Failed(out issue, out var page), issue?.Text);
        return [.. page!.Matches.Select(m => m.Key.Id)];
    }

    public static async Task PutAsync(this TestStore store, params IEnumerable<string> resources)
    {
        foreach (var chunk in resources.Select(Write).Chunk(500))
            Assert.False((await store.Store.CommitAsync(chunk, TestStore.Everyone, default)).Failed(out var issue, out _), issue?.Text);
    }

    public static Write Write(string json)
    {
        var bytes = Encoding.UTF8.GetBytes(json);
        Assert.False(JsonReader.Read(bytes, DefinitionSet.R4).Failed(out var issue, out var resource), $"{issue?.Where}: {issue?.Text}");
        return new() { Kind = WriteKind.Update, Key = new(resource!.Type, resource["id"].Text!), Resource = resource, Json = bytes };
    }

    /// <summary>A file of the public test data; the test is skipped, with the reason, when it is not there.</summary>
    public static string Data(string path)
    {
        var folder = Environment.GetEnvironmentVariable("FHIR_TEST_DATA") is { Length: > 0 } named ? named : System.IO.Path.Combine(HereIs(), "../../../../shared/data");
        var file = System.IO.Path.Combine(folder, path);
        Assert.SkipUnless(File.Exists(file) || Directory.Exists(file), $"The test data is not there: set FHIR_TEST_DATA to the folder that holds {path}.");
        return file;
    }

    public static string Quoted(string text) => JsonValue.Create(text).ToJsonString();

    private static string HereIs([CallerFilePath] string file = "") => System.IO.Path.GetDirectoryName(file)!;
}
