using System.Text;
using Fhir.Server.Api.Blobs;
using Fhir.Server.Store.Database;
using Microsoft.Extensions.DependencyInjection;

namespace Fhir.Server.Api.Tests.Interactions;

/// <summary>Binary — https://hl7.org/fhir/R4/binary.html; the content lies encrypted beside the resource.</summary>
public abstract class BinaryContract(Shared shared)
{
    private static readonly byte[] Pdf = [.. "%PDF-1.7\n"u8, .. Encoding.ASCII.GetBytes(new string('x', 700_000) + "CANARY")];
    private Client Jansen => shared.House.As("dr.jansen");

    [Fact]
    public async Task Raw_in_and_raw_out()
    {
        var made = await Jansen.SendBytes("POST", "/fhir/Binary", Pdf, "application/pdf");
        Assert.Equal(201, made.Code);
        var raw = await Jansen.Get($"/fhir/Binary/{made.Id}", ("Accept", "application/pdf"));
        Assert.Equal(Pdf, raw.Bytes);
        Assert.Equal("application/pdf", raw.Content.ContentType!.ToString());
        Assert.Equal("attachment", raw.Content.ContentDisposition!.ToString());
        Assert.Equal("nosniff", raw.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.Equal(Pdf, (await Jansen.Get($"/fhir/Binary/{made.Id}")).Bytes);
    }

    [Fact]
    public async Task As_FHIR_JSON_its_data_stands_where_it_stood()
    {
        var data = Convert.ToBase64String(Pdf);
        var made = await Jansen.Post("/fhir/Binary", $$"""{"resourceType":"Binary","data":"{{data}}","contentType":"application/pdf"}""");
        Assert.Equal((201, data), (made.Code, (string)made.Json["data"]!));
        var read = await Jansen.Get($"/fhir/Binary/{made.Id}", ("Accept", "application/fhir+json"));
        Assert.Equal(data, (string)read.Json["data"]!);
        Assert.Equal(data, (string)(await Jansen.Get($"/fhir/Binary/{made.Id}/_history/1")).Json["data"]!);
        Assert.Equal(data, (string)(await Jansen.Get($"/fhir/Binary/{made.Id}/_history")).Json["entry"]![0]!["resource"]!["data"]!);
        Assert.Equal(Pdf, (await Jansen.Get($"/fhir/Binary/{made.Id}", ("Accept", "*/*"))).Bytes);
    }

    [Fact]
    public async Task Nobody_reaches_a_content_by_its_name()
    {
        foreach (var data in (string[])["blob:00", "not base64!", "YQ=", "blob:" + new string('0', 64)])
            Assert.Equal(400, (await Jansen.Post("/fhir/Binary", $$"""{"resourceType":"Binary","contentType":"text/plain","data":"{{data}}"}""")).Code);
    }

    [Fact]
    public async Task White_space_in_base64_is_tolerated()
    {
        var made = await Jansen.Post("/fhir/Binary", """{"resourceType":"Binary","contentType":"text/plain","data":"aGVs\nbG8="}""");
        Assert.Equal(201, made.Code);
        Assert.Equal("hello", (await Jansen.Get($"/fhir/Binary/{made.Id}", ("Accept", "text/plain"))).Text);
    }

    [Fact]
    public async Task A_Binary_without_data_is_read_as_nothing()
    {
        var made = await Jansen.Post("/fhir/Binary", """{"resourceType":"Binary","contentType":"text/plain"}""");
        Assert.Equal((200, ""), await Jansen.Get($"/fhir/Binary/{made.Id}", ("Accept", "text/plain")) is var got ? (got.Code, got.Text) : default);
    }

    [Fact]
    public async Task A_content_type_that_is_none_reaches_no_header()
    {
        var made = await Jansen.Post("/fhir/Binary", """{"resourceType":"Binary","contentType":"a\rX-Evil:\u00e9","data":"YQ=="}""");
        if (made.Code == 400) return;
        var raw = await Jansen.Get($"/fhir/Binary/{made.Id}", ("Accept", "*/*"));
        Assert.Equal((200, "application/octet-stream"), (raw.Code, raw.Content.ContentType!.ToString()));
    }

    [Fact]
    public async Task A_security_context_is_a_reference() =>
        Assert.Equal(["Binary.securityContext.reference"], (await Jansen.SendBytes("POST", "/fhir/Binary", Pdf, "application/pdf", ("X-Security-Context", "anything goes"))).Places);

    [Fact]
    public async Task The_content_stands_in_no_file_in_the_clear()
    {
        await Jansen.SendBytes("POST", "/fhir/Binary", Pdf, "application/pdf");
        foreach (var file in Directory.GetFiles(shared.House.Folder, "samenspraak.db*"))
        {
            await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var bytes = new MemoryStream();   // the files may grow and shrink while they are read
            await stream.CopyToAsync(bytes, TestContext.Current.CancellationToken);
            Assert.Equal(-1, bytes.ToArray().AsSpan().IndexOf("CANARY"u8));
        }
    }

    [Fact]
    public async Task Keys_are_readable_by_their_owner_only()
    {
        await Jansen.SendBytes("POST", "/fhir/Binary", Pdf, "application/pdf");
        foreach (var file in Directory.GetFiles(Path.Combine(shared.House.Folder, "keys")))
            if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
    }

    [Theory]
    [InlineData("application/pdf", "%PDF-1.4", 201)]
    [InlineData("image/png", "\u0089PNG\r\n\u001a\n", 201)]
    [InlineData("image/jpeg", "\u00ff\u00d8\u00ff\u00e0", 201)]
    [InlineData("application/pdf", "<html>", 422)]
    [InlineData("text/html", "%PDF-1.4", 422)]
    [InlineData("application/zip", "PK", 422)]
    public async Task What_hangs_on_a_conversation_is_PDF_PNG_or_JPEG_by_content(string contentType, string content, int status)
    {
        var header = (await Jansen.Post("/fhir/Communication", """{"resourceType":"Communication","status":"preparation"}""")).Id;
        var got = await Jansen.SendBytes("POST", "/fhir/Binary", Encoding.Latin1.GetBytes(content), contentType, ("X-Security-Context", $"Communication/{header}"));
        Assert.Equal(status, got.Code);
        if (status == 201) Assert.Equal($"Communication/{header}", (string)(await Jansen.Get($"/fhir/Binary/{got.Id}", ("Accept", "application/fhir+json"))).Json["securityContext"]!["reference"]!);
    }

    [Fact]
    public async Task Content_that_no_commit_claimed_is_swept_after_a_day()
    {
        var clock = new MovingClock();
        await using var house = await House.OpenAsync(clock: clock);
        var blobs = house.Services.GetRequiredService<BlobStore>();
        var claimed = await house.As("dr.jansen").SendBytes("POST", "/fhir/Binary", Pdf, "application/pdf");
        var orphan = await blobs.PutAsync("nobody's"u8.ToArray(), TestContext.Current.CancellationToken);
        Assert.Equal(0, await blobs.SweepAsync(TestContext.Current.CancellationToken));
        clock.Forward(TimeSpan.FromHours(25));
        Assert.Equal(1, await blobs.SweepAsync(TestContext.Current.CancellationToken));
        Assert.Null(await blobs.GetAsync(orphan, TestContext.Current.CancellationToken));
        Assert.Equal(Pdf, (await house.As("dr.jansen").Get($"/fhir/Binary/{claimed.Id}", ("Accept", "application/pdf"))).Bytes);
    }

    [Fact]
    public async Task An_altered_chunk_is_noticed_and_never_served()
    {
        var made = await Jansen.SendBytes("POST", "/fhir/Binary", "%PDF-altered"u8.ToArray(), "application/pdf");
        var database = shared.House.Services.GetRequiredService<TenantDatabase>();
        var chunk = await database.QueryAsync(Sql.Of($"select c.hash, c.bytes from blob_chunk c join blob_head h on h.hash = c.hash where h.size = 12"), r => ((byte[])r.GetValue(0), (byte[])r.GetValue(1)), default);
        chunk[0].Item2[15] ^= 1;
        await using (var session = await database.WriteAsync(default))
        {
            await session.ExecuteAsync(Sql.Of($"update blob_chunk set bytes = {chunk[0].Item2} where hash = {chunk[0].Item1}"), default);
            await session.CommitAsync(default);
        }
        Assert.Equal(500, (await Jansen.Get($"/fhir/Binary/{made.Id}", ("Accept", "application/pdf"))).Code);
    }

    [Fact]
    public async Task A_strangers_binary_is_not_there()
    {
        var made = await Jansen.SendBytes("POST", "/fhir/Binary", Pdf, "application/pdf");
        Assert.Equal(404, (await shared.House.As("dr.bakker").Get($"/fhir/Binary/{made.Id}", ("Accept", "application/pdf"))).Code);
    }
}

public sealed class BinaryOnSqlite(Shared shared) : BinaryContract(shared), IClassFixture<Shared>;
public sealed class BinaryOnPostgres(SharedOnPostgres shared) : BinaryContract(shared), IClassFixture<SharedOnPostgres>;
