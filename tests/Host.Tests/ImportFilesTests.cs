using System.Text;
using System.Text.Json;
using Host.CommandLine;

namespace Host.Tests;

/// <summary>What the import makes of files.</summary>
public sealed class ImportFilesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("samenspraak-import-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_transaction_is_sent_as_it_is()
    {
        const string text = """{"resourceType":"Bundle","type":"transaction","entry":[{"resource":{"resourceType":"Patient"},"request":{"method":"POST","url":"Patient"}},{"request":{"method":"DELETE","url":"Patient/1"}}]}""";
        var parcel = Assert.Single(await ReadAsync("t.json", text));
        Assert.Equal(text, Encoding.UTF8.GetString(parcel.Body.Span));
        Assert.Equal(["Patient", null], parcel.Types);
    }

    [Fact]
    public async Task A_collection_becomes_a_transaction_that_keeps_ids_links_and_decimals()
    {
        var parcel = Assert.Single(await ReadAsync("c.json",
            """{"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"urn:uuid:a","resource":{"resourceType":"Patient"}},{"resource":{"resourceType":"Observation","id":"o1","valueQuantity":{"value":1.00}}}]}"""));
        var entries = JsonElement.Parse(parcel.Body.Span).GetProperty("entry");
        Assert.Equal("urn:uuid:a", entries[0].GetProperty("fullUrl").GetString());
        Assert.Equal("POST Patient", Request(entries[0]));
        Assert.Equal("PUT Observation/o1", Request(entries[1]));
        Assert.Equal("1.00", entries[1].GetProperty("resource").GetProperty("valueQuantity").GetProperty("value").GetRawText());
    }

    [Fact]
    public async Task Lines_travel_together_and_can_be_sent_one_by_one()
    {
        var lines = string.Join('\n', Enumerable.Range(1, 450).Select(i => $$"""{"resourceType":"Patient","id":"p{{i}}"}"""));
        var parcels = await ReadAsync("p.ndjson", lines + "\n\n");
        Assert.Equal([200, 200, 50], parcels.Select(p => p.Types.Count));
        Assert.EndsWith("p.ndjson, line 201", parcels[1].OneByOne[0].From, StringComparison.Ordinal);
        Assert.Equal("PUT Patient/p201", Request(JsonElement.Parse(parcels[1].OneByOne[0].Body.Span).GetProperty("entry")[0]));
    }

    [Theory]
    [InlineData("a.json", "{\"resourceType\":\"Bundle\"")]
    [InlineData("a.json", "[]")]
    [InlineData("a.json", "{\"resourceType\":\"Bundle\",\"type\":\"searchset\"}")]
    [InlineData("a.ndjson", "{\"resourceType\":\"Patient\"}\n{\"resourceType\":\"Pat")]
    public async Task A_broken_file_is_told_before_any_of_it_is_sent(string name, string text)
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, name), text);
        Assert.True((await ImportFiles.ReadAsync(Path.Combine(_folder, name), default)).Failed(out _, out _));
    }

    [Fact]
    public async Task A_folder_stands_for_its_json_and_ndjson()
    {
        foreach (var name in new[] { "b.json", "a.ndjson", "notes.txt" }) await File.WriteAllTextAsync(Path.Combine(_folder, name), "");
        var (files, absent) = ImportFiles.Find([_folder, "/nowhere/at all"]);
        Assert.Equal(["a.ndjson", "b.json"], files.Select(Path.GetFileName));
        Assert.Equal(["/nowhere/at all"], absent);
    }

    private static string Request(JsonElement entry) => $"{entry.GetProperty("request").GetProperty("method").GetString()} {entry.GetProperty("request").GetProperty("url").GetString()}";

    private async Task<IReadOnlyList<Parcel>> ReadAsync(string name, string text)
    {
        var file = Path.Combine(_folder, name);
        await File.WriteAllTextAsync(file, text);
        Assert.False((await ImportFiles.ReadAsync(file, default)).Failed(out _, out var parcels));
        return parcels!;
    }
}
