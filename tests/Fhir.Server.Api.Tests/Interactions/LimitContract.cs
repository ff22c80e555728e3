using System.IO.Compression;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Tests;

namespace Fhir.Server.Api.Tests.Interactions;

/// <summary>What is too much is refused, and the process goes on.</summary>
public abstract class LimitContract
{
    protected abstract Task<TenantDatabase?> DatabaseAsync();

    [Fact]
    public async Task A_body_that_is_too_large_is_413()
    {
        await using var house = await House.OpenAsync(set: s => s with { MaxBodyBytes = 1000 }, on: await DatabaseAsync());
        var jansen = house.As("dr.jansen");
        var large = $$"""{"resourceType":"Patient","name":[{"family":"{{new string('x', 2000)}}"}]}""";
        var got = await jansen.Post("/fhir/Patient", large);
        Assert.Equal(413, got.Code);
        Assert.NotNull(got.Places);
        Assert.Equal(413, (await jansen.Post("/fhir/Patient", large, ("Transfer-Encoding", "chunked"))).Code);
        Assert.Equal(413, (await jansen.SendBytes("POST", "/fhir/Binary", new byte[2000], "application/pdf")).Code);
        Assert.Equal(201, (await jansen.Post("/fhir/Patient", """{"resourceType":"Patient"}""")).Code);
    }

    [Fact]
    public async Task A_compressed_body_is_415()
    {
        await using var house = await House.OpenAsync(on: await DatabaseAsync());
        using var packed = new MemoryStream();
        await using (var gzip = new GZipStream(packed, CompressionLevel.Optimal, leaveOpen: true)) await gzip.WriteAsync("""{"resourceType":"Patient"}"""u8.ToArray(), TestContext.Current.CancellationToken);
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{house.Url}/fhir/Patient") { Content = new ByteArrayContent(packed.ToArray()) };
        request.Content.Headers.TryAddWithoutValidation("Content-Type", "application/fhir+json");
        request.Content.Headers.ContentEncoding.Add("gzip");
        request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {house.Tokens.Issue(House.TokenOf("dr.jansen"))}");
        Assert.Equal(415, (int)(await http.SendAsync(request, TestContext.Current.CancellationToken)).StatusCode);
    }

    [Theory]
    [InlineData("/fhir/Patient")]
    [InlineData("/fhir")]
    public async Task Depth_without_end_is_400(string path)
    {
        await using var house = await House.OpenAsync(on: await DatabaseAsync());
        foreach (var deep in (string[])[new string('[', 100_000), string.Concat(Enumerable.Repeat("{\"contained\":[", 50_000)), $$"""{"resourceType":"Bundle","type":"batch","entry":{{new string('[', 100_000)}}"""])
        {
            var got = await house.As("dr.jansen").Post(path, deep);
            Assert.Equal(400, got.Code);
            Assert.NotNull(got.Places);
        }
        Assert.Equal(200, (await house.As("dr.jansen").Get("/me")).Code);
    }
}

public sealed class LimitsOnSqlite : LimitContract { protected override Task<TenantDatabase?> DatabaseAsync() => Task.FromResult<TenantDatabase?>(null); }
public sealed class LimitsOnPostgres : LimitContract { protected override async Task<TenantDatabase?> DatabaseAsync() => await TestDatabase.PostgresAsync(); }
