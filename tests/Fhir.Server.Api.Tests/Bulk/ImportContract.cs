using System.Text;
using System.Text.Json.Nodes;
using Fhir.Server.Api.Bulk;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Tests;
using Microsoft.Extensions.DependencyInjection;

namespace Fhir.Server.Api.Tests.Bulk;

/// <summary>$import, and searches that are answered later.</summary>
public abstract class ImportContract
{
    protected abstract Task<TenantDatabase> EmptyAsync();

    protected static Task<Got> ImportAsync(Client by, string lines, params (string, string)[] headers) =>
        by.SendBytes("POST", "/fhir/$import", Encoding.UTF8.GetBytes(lines), "application/fhir+ndjson", [("Prefer", "respond-async"), .. headers]);

    protected static string PatientLine(string id) => $$"""{"resourceType":"Patient","id":"{{id}}","name":[{"family":"{{id}}"}]}""";

    [Fact]
    public async Task T126_Lines_are_imported_and_what_is_refused_is_told_by_its_number()
    {
        await using var house = await House.OpenAsync(on: await EmptyAsync());
        var integrator = house.As("integrator");
        var lines = $"{PatientLine("im1")}\r\n\n{PatientLine("im2")}\n{{\"resourceType\":\"Patient\",\"nonsense\":1}}\n{{\"resourceType\":\"Observation\",\"status\":\"final\",\"code\":{{\"text\":\"x\"}},\"subject\":{{\"reference\":\"Patient/im1\"}}}}\nno json";
        var manifest = await integrator.Manifest(await ImportAsync(integrator, lines, ("X-Home-Organization", "Organization/de-linde")));
        var refused = await integrator.Lines(manifest, "error");
        Assert.Equal(["line[4]", "line[6]"], refused.Select(o => ((string)o["issue"]![0]!["expression"]![0]!).Split('.')[0]));
        foreach (var id in (string[])["im1", "im2"]) Assert.Equal("1", (string)(await house.As("dr.jansen").Get($"/fhir/Patient/{id}")).Json["meta"]!["versionId"]!);
        Assert.Equal(1, (int)(await house.As("dr.jansen").Get("/fhir/Observation?subject=Patient/im1&_summary=count")).Json["total"]!);
        Assert.Equal(404, (await house.As("dr.bakker").Get("/fhir/Patient/im1")).Code);
    }

    [Fact]
    public async Task T40_A_line_may_refer_by_criteria_to_what_is_here()
    {
        await using var house = await House.OpenAsync(on: await EmptyAsync());
        var integrator = house.As("integrator");
        Assert.Equal(201, (await integrator.Put("/fhir/Patient/here", """{"resourceType":"Patient","id":"here","identifier":[{"system":"urn:x","value":"1?"}]}""")).Code);
        string Line(string id, string subject) => $$"""{"resourceType":"Observation","id":"{{id}}","status":"final","code":{"text":"x?"},"subject":{"reference":"{{subject}}"} }""";
        var manifest = await integrator.Manifest(await ImportAsync(integrator, $"{Line("one", "Patient?identifier=urn:x|1?")}\n{Line("two", "Patient?identifier=urn:x|2")}\n{Line("three", "Patient/here")}"));
        Assert.Equal("line[2]", ((string)Assert.Single(await integrator.Lines(manifest, "error"))["issue"]![0]!["expression"]![0]!).Split('.')[0]);
        foreach (var id in (string[])["one", "three"]) Assert.Equal("Patient/here", (string)(await integrator.Get($"/fhir/Observation/{id}")).Json["subject"]!["reference"]!);
    }

    [Fact]
    public async Task Only_who_sees_the_whole_tenant_imports_and_nobody_else_finds_her_job()
    {
        await using var house = await House.OpenAsync(on: await EmptyAsync());
        foreach (var who in (string[])["dr.jansen", "his-delinde", "dr.devries", "admin", "privacy"]) Assert.Equal(403, (await ImportAsync(house.As(who), PatientLine("no"))).Code);
        Assert.Equal(401, (await ImportAsync(house.As(null), PatientLine("no"))).Code);
        Assert.Equal(403, (await ImportAsync(house.As("integrator", "system/Patient.cruds"), PatientLine("no"))).Code);
        Assert.Equal(404, (await house.As("integrator").Get("/fhir/Patient/no")).Code);
        Assert.Equal(400, (await house.As("integrator").Post("/fhir/$import", PatientLine("no"), ("Prefer", "respond-async"))).Code);
        var started = await ImportAsync(house.As("integrator"), "nonsense");
        await house.As("integrator").Manifest(started);
        foreach (var path in (string[])[started.Place(), $"{started.Place()}/OperationOutcome/refused"])
            Assert.Equal(404, (await house.As("his-delinde").Get(path)).Code);
    }

    [Fact]
    public async Task After_a_stop_in_the_middle_it_goes_on_and_every_line_is_there_once()
    {
        var (database, folder) = (await EmptyAsync(), Directory.CreateTempSubdirectory("samenspraak-restart-").FullName);
        ApiSettings Set(ApiSettings s) => s with { DataFolder = folder };
        const int count = 6_000;
        var lines = string.Join('\n', Enumerable.Range(0, count).Select(i => i % 2 == 0 ? PatientLine($"p{i}").PadRight(1200) : $$"""{"resourceType":"Basic","code":{"text":"{{i}}"} }""".PadRight(1200)));
        string place;
        await using (var house = await House.OpenAsync(set: Set, on: database))
        {
            place = new Uri((await ImportAsync(house.As("integrator"), lines)).Place()).PathAndQuery;
            for (var got = await house.As("integrator").Get(place); got.Code == 202 && got.Headers.GetValues("X-Progress").Single().StartsWith("0 ", StringComparison.Ordinal);) got = await house.As("integrator").Get(place);
        }
        Assert.Equal(1, await database.FirstAsync(Sql.Of($"select count(*) from job where state = 0 and progress > 0"), r => r.GetInt64(0), default));
        await using (var house = await House.OpenAsync(set: Set, on: database, furnished: false))
        {
            var integrator = house.As("integrator");
            Got got;
            for (var i = 0; (got = await integrator.Get(place)).Code == 202 && i < 600; i++) await Task.Delay(100);
            Assert.True(got.Code == 200, got.Text);
            Assert.Empty(got.Json["error"]!.AsArray());
            Assert.Equal(count / 2, (int)(await integrator.Get("/fhir/Patient?_summary=count")).Json["total"]!);
            Assert.Equal(count / 2, (int)(await integrator.Get("/fhir/Basic?_summary=count")).Json["total"]!);
            Assert.Equal(count / 2, (int)(await integrator.Get("/fhir/Basic/_history?_count=1")).Json["total"]!);
        }
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task A_piece_that_is_done_once_more_changes_nothing()
    {
        await using var house = await House.OpenAsync(on: await EmptyAsync());
        var order = new Fhir.Server.Store.Jobs.ImportOrder(1, "job", Fhir.Server.Store.Access.AccessContext.Integrator("Device/x", null, Fhir.Server.Store.Access.Scopes.Parse("system/*.cruds"), 0), null, 1, 0);
        var piece = new Fhir.Server.Store.Jobs.ImportPiece(1, 1, Encoding.UTF8.GetBytes($$"""{{PatientLine("again")}}{{"\n"}}{"resourceType":"Basic","code":{"text":"x"} }"""));
        var lines = house.Services.GetRequiredService<ImportLines>();
        for (var i = 0; i < 2; i++) Assert.Empty(await lines.WriteAsync(order, await lines.ReadAsync(order, piece, default), default));
        foreach (var type in (string[])["Patient", "Basic"]) Assert.Equal(1, (int)(await house.As("integrator").Get($"/fhir/{type}/_history")).Json["total"]!);
    }

    [Fact]
    public async Task A_search_is_answered_later_with_all_that_it_finds_and_for_her_who_may_not_export_at_once()
    {
        await using var house = await House.OpenAsync(on: await EmptyAsync());
        var (jansen, bakker) = (house.As("dr.jansen"), house.As("dr.bakker"));
        var (mine, theirs) = (await jansen.NewPatient("Eender"), await bakker.NewPatient("Eender"));
        Assert.Equal([$"Patient/{mine}"], await jansen.Keys("/fhir/Patient?family=Eender"));
        var form = await bakker.SendBytes("POST", "/fhir/Patient/_search", "family=Eender"u8.ToArray(), "application/x-www-form-urlencoded", ("Prefer", "respond-async"));
        Assert.Equal([$"Patient/{theirs}"], (await bakker.Lines(await bakker.Manifest(form))).Select(BulkCalls.Key));
        foreach (var wrong in (string[])["_include=Patient:organization", "_sort=family", "nonsense=1"]) Assert.Equal(400, (await jansen.KickOff($"/fhir/Patient?{wrong}")).Code);
        var atOnce = await house.As("dr.devries").KickOff("/fhir/Patient?family=Eender");
        Assert.Equal((200, "searchset"), (atOnce.Code, (string)atOnce.Json["type"]!));
        Assert.Equal(403, (await house.As("dr.jansen", "user/Observation.rs").KickOff("/fhir/Patient")).Code);
    }
}

public sealed class ImportOnSqlite : ImportContract { protected override async Task<TenantDatabase> EmptyAsync() => await TestDatabase.SqliteAsync(); }
public sealed class ImportOnPostgres : ImportContract
{
    protected override async Task<TenantDatabase> EmptyAsync() => await TestDatabase.PostgresAsync();

    [Fact]
    public async Task The_planner_is_told_what_came_in()
    {
        var database = await EmptyAsync();
        await using var house = await House.OpenAsync(on: database);
        Task<bool> KnowsAsync() => database.FirstAsync(Sql.Raw("select min(reltuples)::bigint from pg_class where relname in ('res', 'ix_tok', 'ix_str', 'body')"), r => r.GetInt64(0) > 0, default).AsTask();
        Assert.False(await KnowsAsync());
        var integrator = house.As("integrator");
        await integrator.Manifest(await ImportAsync(integrator, PatientLine("known")));
        for (var looks = 0; !await KnowsAsync() && looks < 200; looks++) await Task.Delay(50);
        Assert.True(await KnowsAsync());
    }
}
