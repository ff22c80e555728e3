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
        var parcel = await ReadAsync("t.json", text);
        Assert.Equal(text, Encoding.UTF8.GetString(parcel.Body.Span));
        Assert.Equal(["Patient", null], parcel.Types);
    }

    [Fact]
    public async Task A_collection_becomes_a_transaction_that_keeps_ids_links_and_decimals()
    {
        var parcel = await ReadAsync("c.json",
            """{"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"urn:uuid:a","resource":{"resourceType":"Patient"}},{"resource":{"resourceType":"Observation","id":"o1","valueQuantity":{"value":1.00}}}]}""");
        var entries = JsonElement.Parse(parcel.Body.Span).GetProperty("entry");
        Assert.Equal("urn:uuid:a", entries[0].GetProperty("fullUrl").GetString());
        Assert.Equal("POST Patient", Request(entries[0]));
        Assert.Equal("PUT Observation/o1", Request(entries[1]));
        Assert.Equal("1.00", entries[1].GetProperty("resource").GetProperty("valueQuantity").GetProperty("value").GetRawText());
    }

    [Fact]
    public async Task Lines_travel_together_with_their_numbers_in_the_file_and_some_of_them_again()
    {
        var file = Path.Combine(_folder, "p.ndjson");
        await File.WriteAllTextAsync(file, "\n{\"resourceType\":\"Patient\",\"id\":\"a\"}\n\n{\"resourceType\":\"Basic\",\"x\":1.00}\n{\"id\":\"c\"}");
        Assert.Null(await LineFile.MisfitAsync(file, default));
        var load = Assert.Single(await LineFile.LoadsAsync(file, default).ToListAsync());
        Assert.Equal([(2, "Patient"), (4, "Basic"), (5, "")], load.Lines);
        Assert.Equal("{\"resourceType\":\"Patient\",\"id\":\"a\"}\n{\"resourceType\":\"Basic\",\"x\":1.00}\n{\"id\":\"c\"}\n", Encoding.UTF8.GetString(load.Text));
        var some = load.Only(new HashSet<long> { 4, 5 });
        Assert.Equal(("{\"resourceType\":\"Basic\",\"x\":1.00}\n{\"id\":\"c\"}\n", 2), (Encoding.UTF8.GetString(some.Text), some.Lines.Count));
        Assert.EndsWith("p.ndjson, line 4", some.Place(4), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_long_file_travels_in_several_loads()
    {
        var file = Path.Combine(_folder, "long.ndjson");
        var line = $$"""{"resourceType":"Basic","id":"{{new string('x', 1_000_000)}}"}""";
        await File.WriteAllLinesAsync(file, Enumerable.Repeat(line, 40));
        var loads = await LineFile.LoadsAsync(file, default).ToListAsync();
        Assert.Equal(3, loads.Count);
        Assert.Equal(Enumerable.Range(1, 40).Select(i => (long)i), loads.SelectMany(l => l.Lines).Select(l => l.Line));
    }

    [Theory]
    [InlineData("a.json", "{\"resourceType\":\"Bundle\"")]
    [InlineData("a.json", "[]")]
    [InlineData("a.json", "{\"resourceType\":\"Bundle\",\"type\":\"searchset\"}")]
    [InlineData("a.ndjson", "{\"resourceType\":\"Patient\"}\n{\"resourceType\":\"Pat")]
    public async Task A_broken_file_is_told_before_any_of_it_is_sent(string name, string text)
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, name), text);
        var path = Path.Combine(_folder, name);
        Assert.True(ImportFiles.IsLines(path) ? await LineFile.MisfitAsync(path, default) is not null : (await ImportFiles.ReadAsync(path, default)).Failed(out _, out _));
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

    private async Task<Parcel> ReadAsync(string name, string text)
    {
        var file = Path.Combine(_folder, name);
        await File.WriteAllTextAsync(file, text);
        Assert.False((await ImportFiles.ReadAsync(file, default)).Failed(out _, out var parcel));
        return parcel!;
    }
}
