using Fhir.Server.Store.Database;
using Fhir.Server.Store.Tests;

namespace Fhir.Server.Api.Tests.Bulk;

/// <summary>$export — https://hl7.org/fhir/uv/bulkdata/export.html</summary>
public abstract class ExportContract(Shared shared)
{
    private Client Jansen => shared.House.As("dr.jansen");
    private Client Bakker => shared.House.As("dr.bakker");
    private Client His => shared.House.As("his-delinde");
    private Client Integrator => shared.House.As("integrator");

    private static async Task<string> ObservationAsync(Client by, string patient, string code = "8480-6") => Made(await by.Post("/fhir/Observation",
        $$"""{"resourceType":"Observation","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"{{code}}"}]},"subject":{"reference":"Patient/{{patient}}"} }"""));

    private static string Made(Got got)
    {
        Assert.True(got.Code == 201, got.Text);
        return got.Id;
    }

    [Fact]
    public async Task T126_An_export_is_kicked_off_polled_read_and_ended()
    {
        var patient = await Jansen.NewPatient("Export");
        var started = await His.KickOff("/fhir/$export?_type=Patient&_outputFormat=ndjson");
        Assert.Equal((202, ""), (started.Code, started.Text));
        var status = await His.Get(started.Place());
        Assert.Equal((200, "application/json"), (status.Code, status.Content.ContentType!.MediaType));
        Assert.NotNull(status.Content.Expires);
        Assert.True((bool)status.Json["requiresAccessToken"]!);
        Assert.EndsWith("/fhir/$export?_type=Patient&_outputFormat=ndjson", (string)status.Json["request"]!, StringComparison.Ordinal);
        Assert.True(DateTimeOffset.Parse((string)status.Json["transactionTime"]!, System.Globalization.CultureInfo.InvariantCulture) > TimeProvider.System.GetUtcNow().AddMinutes(-5));
        Assert.Empty(status.Json["error"]!.AsArray());
        var lines = await His.Lines(status.Json);
        Assert.All(lines, l => Assert.Equal("Patient", (string)l["resourceType"]!));
        Assert.Contains($"Patient/{patient}", lines.Select(BulkCalls.Key));
        Assert.Equal(202, (await His.Delete(started.Place())).Code);
        Assert.Equal(404, (await His.Get(started.Place())).Code);
        Assert.Equal(404, (await His.Get(status.Json.Files().First())).Code);
        Assert.Equal(404, (await His.Delete(started.Place())).Code);
    }

    [Fact]
    public async Task T126_Without_respond_async_or_with_what_is_not_understood_it_is_refused()
    {
        Assert.Equal(400, (await His.Get("/fhir/$export")).Code);
        foreach (var wrong in (string[])["_type=Nonsense", "_since=yesterday", "_outputFormat=text/csv", "includeAssociatedData=x", "_typeFilter=Patient", "_typeFilter=Patient?nonsense=1", "_typeFilter=Patient?_sort=name", "_type=Patient&_typeFilter=Observation%3Fstatus%3Dfinal"])
            Assert.True((await His.KickOff($"/fhir/$export?{wrong}")).Code == 400, wrong);
        Assert.Equal(400, (await His.KickOff("/fhir/Patient/$export?_type=Organization")).Code);
        Assert.Equal(404, (await His.KickOff("/fhir/Group/nowhere/$export")).Code);
    }

    [Fact]
    public async Task T126_Types_filters_and_since_narrow_it_and_deletes_are_told()
    {
        var patient = await Jansen.NewPatient("Smal");
        var (one, two) = (await ObservationAsync(Jansen, patient, "1-8"), await ObservationAsync(Jansen, patient, "2-6"));
        var filtered = await His.Keys($"/fhir/$export?_type=Observation,Patient&_typeFilter=Observation%3Fcode%3D1-8%26patient%3D{patient}");
        Assert.Contains($"Observation/{one}", filtered);
        Assert.DoesNotContain($"Observation/{two}", filtered);
        Assert.Contains($"Patient/{patient}", filtered);
        var both = await His.Keys($"/fhir/$export?_type=Observation&_typeFilter=Observation%3Fcode%3D1-8%26patient%3D{patient},Observation%3Fcode%3D1-8,2-6%26patient%3D{patient}");
        Assert.Equal(new[] { $"Observation/{one}", $"Observation/{two}" }.Order(StringComparer.Ordinal), both);
        var since = (string)(await His.Export("/fhir/$export"))["transactionTime"]!;
        await Task.Delay(5);
        Assert.Equal(204, (await Jansen.Delete($"/fhir/Observation/{one}")).Code);
        var third = await ObservationAsync(Jansen, patient, "3-4");
        var later = await His.Export($"/fhir/$export?_type=Observation&_since={since}");
        var keys = (await His.Lines(later)).Select(BulkCalls.Key).ToList();
        Assert.Contains($"Observation/{third}", keys);
        Assert.DoesNotContain($"Observation/{one}", keys);
        var deleted = Assert.Single(await His.Lines(later, "deleted"));
        Assert.Contains($"Observation/{one}", deleted["entry"]!.AsArray().Select(e => (string)e!["request"]!["url"]!));
        Assert.All(deleted["entry"]!.AsArray(), e => Assert.Equal("DELETE", (string)e!["request"]!["method"]!));
    }

    [Fact]
    public async Task T126_Of_patients_their_compartments_of_a_group_its_members()
    {
        var (inside, outside) = (await Jansen.NewPatient("Lid"), await Jansen.NewPatient("Geenlid"));
        var left = await Jansen.NewPatient("Weg");
        var (of, not) = (await ObservationAsync(Jansen, inside), await ObservationAsync(Jansen, outside));
        var group = Made(await His.Post("/fhir/Group", $$"""{"resourceType":"Group","type":"person","actual":true,"member":[{"entity":{"reference":"Patient/{{inside}}"} },{"entity":{"reference":"Patient/{{left}}"},"inactive":true}]}"""));
        var all = await His.Keys("/fhir/Patient/$export");
        foreach (var key in (string[])[$"Patient/{inside}", $"Patient/{outside}", $"Observation/{of}", $"Observation/{not}"]) Assert.Contains(key, all);
        Assert.DoesNotContain(all, key => key.StartsWith("Organization/", StringComparison.Ordinal));
        var members = await His.Keys($"/fhir/Group/{group}/$export");
        Assert.Contains($"Patient/{inside}", members);
        Assert.Contains($"Observation/{of}", members);
        foreach (var key in (string[])[$"Patient/{outside}", $"Observation/{not}", $"Patient/{left}"]) Assert.DoesNotContain(key, members);
        var everything = await His.Keys("/fhir/$export");
        Assert.Contains("Organization/rijnmond", everything);
        var nobody = Made(await His.Post("/fhir/Group", """{"resourceType":"Group","type":"person","actual":true}"""));
        Assert.Empty(await His.Keys($"/fhir/Group/{nobody}/$export?_type=Patient"));
    }

    private static string Asked(params (string Name, string Value)[] parameters) =>
        $$"""{"resourceType":"Parameters","parameter":[{{string.Join(',', parameters.Select(p => $$"""{"name":"{{p.Name}}",{{(p.Name == "patient" ? $$""" "valueReference":{"reference":"{{p.Value}}"}""" : p.Name == "_since" ? $"\"valueInstant\":\"{p.Value}\"" : $"\"valueString\":\"{p.Value}\"")}} }"""))}}]}""";

    private static Task<Got> Post(Client by, string path, params (string Name, string Value)[] parameters) => by.Post(path, Asked(parameters), ("Prefer", "respond-async"));

    private static async Task<string[]> KeysOf(Client by, Got started)
    {
        Assert.True(started.Code == 202, started.Text);
        return [.. (await by.Lines(await by.Manifest(started))).Select(BulkCalls.Key).Order(StringComparer.Ordinal)];
    }

    [Fact]
    public async Task T126_A_kick_off_by_POST_takes_Parameters_and_names_patients()
    {
        var (one, two, outside) = (await Jansen.NewPatient("Een"), await Jansen.NewPatient("Twee"), await Jansen.NewPatient("Drie"));
        var (of, not) = (await ObservationAsync(Jansen, one), await ObservationAsync(Jansen, two));
        Assert.Equal([$"Observation/{of}", $"Patient/{one}"], await KeysOf(His, await Post(His, "/fhir/Patient/$export", ("_type", "Patient,Observation"), ("patient", $"Patient/{one}"))));
        Assert.Equal(new[] { $"Observation/{of}", $"Observation/{not}" }.Order(StringComparer.Ordinal),
            await KeysOf(His, await Post(His, "/fhir/Patient/$export", ("_type", "Observation"), ("patient", $"Patient/{one}"), ("patient", $"Patient/{two}"), ("_typeFilter", "Observation?code=8480-6"))));
        var group = Made(await His.Post("/fhir/Group", $$"""{"resourceType":"Group","type":"person","actual":true,"member":[{"entity":{"reference":"Patient/{{one}}"} },{"entity":{"reference":"Patient/{{two}}"} }]}"""));
        Assert.Equal([$"Patient/{one}"], await KeysOf(His, await Post(His, $"/fhir/Group/{group}/$export", ("_type", "Patient"), ("patient", $"Patient/{one}"))));
        Assert.Contains("Organization/rijnmond", await KeysOf(His, await Post(His, "/fhir/$export", ("_type", "Organization"))));
        Assert.Contains("Organization/rijnmond", await KeysOf(His, await His.Send("POST", "/fhir/$export?_type=Organization", null, ("Prefer", "respond-async"))));
        foreach (var wrong in new[] { await Post(His, $"/fhir/Group/{group}/$export", ("patient", $"Patient/{outside}")), await Post(His, "/fhir/$export", ("patient", $"Patient/{one}")), await Post(His, "/fhir/Patient/$export", ("includeAssociatedData", "LatestProvenanceResources")), await Post(His, "/fhir/Patient/$export", ("patient", one)), await His.KickOff($"/fhir/Patient/$export?patient=Patient/{one}"), await His.Post("/fhir/$export", Asked()), await His.Post("/fhir/$export", """{"resourceType":"Patient"}""", ("Prefer", "respond-async")) })
            Assert.True(wrong.Code == 400, wrong.Text);
    }

    [Fact]
    public async Task H4_A_hidden_patient_is_named_in_vain_like_one_who_is_not_there()
    {
        var theirs = await Bakker.NewPatient("Vreemd");
        var group = Made(await Integrator.Post("/fhir/Group", $$"""{"resourceType":"Group","type":"person","actual":true,"member":[{"entity":{"reference":"Patient/{{theirs}}"} }]}""", ("X-Home-Organization", "Organization/de-linde")));
        foreach (var path in (string[])["/fhir/Patient/$export", $"/fhir/Group/{group}/$export"])
        {
            var (hidden, absent) = (await Post(His, path, ("patient", $"Patient/{theirs}")), await Post(His, path, ("patient", "Patient/nobody")));
            Assert.Equal((400, absent.Text), (hidden.Code, hidden.Text));
        }
    }

    [Fact]
    public async Task T126_Elements_choose_what_is_in_a_line_and_the_line_says_so()
    {
        var patient = await Jansen.NewPatient("Deel");
        await ObservationAsync(Jansen, patient);
        var lines = await His.Lines(await His.Manifest(await Post(His, "/fhir/Patient/$export", ("patient", $"Patient/{patient}"), ("_type", "Patient,Observation"), ("_elements", "Patient.birthDate"))));
        var cut = Assert.Single(lines, l => (string)l["resourceType"]! == "Patient");
        Assert.Equal((null, "1980-05-01", patient), (cut["name"], (string)cut["birthDate"]!, (string)cut["id"]!));
        Assert.Contains("SUBSETTED", cut["meta"]!.ToJsonString(), StringComparison.Ordinal);
        var whole = Assert.Single(lines, l => (string)l["resourceType"]! == "Observation");
        Assert.DoesNotContain("SUBSETTED", whole.ToJsonString(), StringComparison.Ordinal);
        var both = await His.Lines(await His.Export($"/fhir/$export?_type=Observation&_elements=subject&_typeFilter=Observation%3Fsubject%3DPatient/{patient}"));
        Assert.Equal(("final", $"Patient/{patient}", null), ((string)both[0]["status"]!, (string)both[0]["subject"]!["reference"]!, both[0]["effectiveDateTime"]));   // what must be there stays
        foreach (var wrong in (string[])["Patient.nonsense", "Nonsense.name", "a.b.c", ""]) Assert.True((await His.KickOff($"/fhir/$export?_elements={wrong},x")).Code == 400, wrong);
    }

    [Fact]
    public async Task T138_What_is_written_later_moves_no_file()
    {
        var patient = await Jansen.NewPatient("Toen");
        var text = (await Jansen.Get($"/fhir/Patient/{patient}")).Text;
        var manifest = await His.Export("/fhir/$export?_type=Patient");
        await Jansen.Put($"/fhir/Patient/{patient}", $$"""{"resourceType":"Patient","id":"{{patient}}","name":[{"family":"Nu"}]}""");
        var later = await Jansen.NewPatient("Later");
        var file = string.Concat(await Task.WhenAll(manifest.Files().Select(async url => (await His.Get(url)).Text)));
        Assert.Contains(text, file, StringComparison.Ordinal);
        Assert.DoesNotContain(later, file, StringComparison.Ordinal);
    }

    [Fact]
    public async Task T138_Exports_that_follow_each_other_miss_nothing_while_others_write()
    {
        var since = (string)(await His.Export("/fhir/$export?_type=Basic"))["transactionTime"]!;
        var writers = Enumerable.Range(0, 6).Select(async w =>
        {
            var made = new List<string>();
            for (var i = 0; i < 20; i++) made.Add($"Basic/{Made(await Jansen.Post("/fhir/Basic", $$"""{"resourceType":"Basic","code":{"text":"{{w}}-{{i}}"} }"""))}");
            return made;
        }).ToList();
        var (seen, all) = (new HashSet<string>(), Task.WhenAll(writers));
        for (var last = false; !last;)
        {
            last = all.IsCompleted;
            var started = await His.KickOff($"/fhir/$export?_type=Basic&_since={since}");
            var manifest = await His.Manifest(started);
            seen.UnionWith((await His.Lines(manifest)).Select(BulkCalls.Key));
            since = (string)manifest["transactionTime"]!;
            Assert.Equal(202, (await His.Delete(started.Place())).Code);
        }
        Assert.Empty((await all).SelectMany(made => made).Except(seen));
    }

    [Fact]
    public async Task T126_A_line_is_the_stored_text_on_one_line()
    {
        var made = await Jansen.Post("/fhir/Observation", "{\"resourceType\":\"Observation\",\r\n  \"status\":\"final\",\n\"code\":{\"text\":\"a\\nb\"},\"valueQuantity\":{\"value\":1.00}}");
        var text = (await Jansen.Get($"/fhir/Observation/{made.Id}")).Text;
        var file = await His.Get((await His.Export($"/fhir/$export?_typeFilter=Observation%3F_id%3D{made.Id}&_type=Observation")).Files().Single());
        Assert.Equal(text.Replace('\r', ' ').Replace('\n', ' ') + "\n", file.Text);
    }

    [Fact]
    public async Task H4_Each_exports_what_she_sees_and_nothing_else()
    {
        var (mine, theirs) = (await Jansen.NewPatient("Eigen"), await Bakker.NewPatient("Vreemd"));
        var (observed, hidden) = (await ObservationAsync(Jansen, mine), await ObservationAsync(Bakker, theirs));
        foreach (var keys in new[] { await Jansen.Keys("/fhir/Patient/$export"), await His.Keys("/fhir/$export") })
        {
            Assert.Contains($"Patient/{mine}", keys);
            Assert.Contains($"Observation/{observed}", keys);
            Assert.DoesNotContain($"Patient/{theirs}", keys);
            Assert.DoesNotContain($"Observation/{hidden}", keys);
        }
        var all = await Integrator.Keys("/fhir/$export");
        foreach (var key in (string[])[$"Patient/{mine}", $"Patient/{theirs}", $"Observation/{observed}", $"Observation/{hidden}"]) Assert.Contains(key, all);
        Assert.Empty(await Jansen.Keys($"/fhir/Patient/$export?_type=Patient&_typeFilter=Patient%3F_id%3D{theirs}"));
        var both = Made(await Integrator.Post("/fhir/Group", $$"""{"resourceType":"Group","type":"person","actual":true,"member":[{"entity":{"reference":"Patient/{{mine}}"} },{"entity":{"reference":"Patient/{{theirs}}"} }]}"""));
        Assert.Equal(404, (await Jansen.KickOff($"/fhir/Group/{both}/$export")).Code);
    }

    [Fact]
    public async Task H4_Who_may_not_export_is_refused_and_a_strangers_job_is_not_there()
    {
        var patient = await Jansen.NewPatient();
        foreach (var (who, path) in new[] { ("dr.devries", "/fhir/$export"), ("dr.devries", "/fhir/Patient/$export"), ("dr.devries", "/fhir/Group/x/$export"), ("dr.jansen", "/fhir/$export"), ("admin", "/fhir/$export"), ("privacy", "/fhir/Patient/$export"), ($"Patient/{patient}", "/fhir/Patient/$export") })
            Assert.True((await shared.House.As(who).KickOff(path)).Code == 403, $"{who} {path}");
        Assert.Equal(401, (await shared.House.As(null).KickOff("/fhir/$export")).Code);
        var started = await Jansen.KickOff("/fhir/Patient/$export");
        var file = (await Jansen.Manifest(started)).Files(type: "Patient").First();
        foreach (var other in new[] { Bakker, His, Integrator })
            foreach (var path in (string[])[started.Place(), file])
            {
                var (theirs, absent) = (await other.Get(path), await other.Get(path.Replace("$job/", "$job/0", StringComparison.Ordinal)));
                Assert.Equal((404, absent.Text), (theirs.Code, theirs.Text));
            }
        Assert.Equal(404, (await Bakker.Delete(started.Place())).Code);
        Assert.Equal(401, (await shared.House.As(null).Get(file)).Code);
        Assert.Equal(200, (await Jansen.Get(file)).Code);
    }

    [Fact]
    public async Task G7_Scopes_hold_when_it_starts_and_when_a_file_is_read()
    {
        var patient = await Jansen.NewPatient();
        await ObservationAsync(Jansen, patient);
        var narrow = shared.House.As("his-delinde", "system/Patient.rs");
        Assert.Equal(403, (await narrow.KickOff("/fhir/$export?_type=Patient,Observation")).Code);
        Assert.Equal(403, (await narrow.KickOff("/fhir/$export?_typeFilter=Observation%3Fstatus%3Dfinal")).Code);
        Assert.Equal(403, (await shared.House.As("his-delinde", "system/Patient.r").KickOff("/fhir/$export?_type=Patient")).Code);
        Assert.All(await narrow.Keys("/fhir/$export"), key => Assert.StartsWith("Patient/", key, StringComparison.Ordinal));
        var manifest = await His.Export("/fhir/$export");
        Assert.Equal(403, (await narrow.Get(manifest.Files(type: "Observation").First())).Code);
        Assert.Equal(200, (await narrow.Get(manifest.Files(type: "Patient").First())).Code);
    }

    [Fact]
    public async Task H4_What_she_sees_no_longer_when_she_reads_the_file_is_left_out()
    {
        var patient = await Jansen.NewPatient("Weldra");
        var (stays, goes) = (await ObservationAsync(Jansen, patient), await ObservationAsync(Jansen, patient));
        var nurse = shared.House.As("his-delinde");
        await Clinic.HireAsync(Integrator, "s.nurse", "practice-nurse", "de-linde");
        nurse = shared.House.As("s.nurse");
        var manifest = await nurse.Export($"/fhir/Patient/$export?_type=Observation&_typeFilter=Observation%3Fpatient%3D{patient}");
        var labelled = $$"""{"resourceType":"Observation","id":"{{goes}}","meta":{"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-Confidentiality","code":"V"}]},"status":"final","code":{"text":"x"},"subject":{"reference":"Patient/{{patient}}"} }""";
        Assert.Equal(200, (await Jansen.Put($"/fhir/Observation/{goes}", labelled)).Code);
        Assert.Equal([$"Observation/{stays}"], (await nurse.Lines(manifest)).Select(BulkCalls.Key));
    }

    [Fact]
    public async Task J1_Kick_off_and_each_file_are_in_the_log_with_what_left()
    {
        var patient = await Jansen.NewPatient("Gelogd");
        var started = await His.Send("GET", $"/fhir/$export?_type=Patient&_typeFilter=Patient%3F_id%3D{patient}", null, ("Prefer", "respond-async"), ("X-Request-Id", $"kick-{patient}"));
        var manifest = await His.Manifest(started);
        await His.Get(manifest.Files().Single(), ("X-Request-Id", $"file-{patient}"));
        var log = (await shared.House.As("privacy").Get($"/fhir/AuditEvent?patient=Patient/{patient}&_count=50")).Json["entry"]!.AsArray().Select(e => e!["resource"]!.ToJsonString()).ToList();
        Assert.Single(log, e => e.Contains($"kick-{patient}", StringComparison.Ordinal));
        var file = Assert.Single(log, e => e.Contains($"file-{patient}", StringComparison.Ordinal));
        Assert.Contains($"Patient/{patient}", file, StringComparison.Ordinal);
    }
}

/// <summary>What lasts longer than a process.</summary>
public abstract class ExportRestartContract
{
    protected abstract Task<TenantDatabase> EmptyAsync();

    [Fact]
    public async Task T138_After_a_restart_in_the_middle_the_files_are_the_same_to_the_byte()
    {
        var (database, folder) = (await EmptyAsync(), Directory.CreateTempSubdirectory("samenspraak-restart-").FullName);
        ApiSettings Set(ApiSettings s) => s with { DataFolder = folder, Bulk = new() { ResourcesPerFile = 7 } };
        string place;
        var before = new List<(string Path, string Text)>();
        await using (var house = await House.OpenAsync(set: Set, on: database))
        {
            for (var i = 0; i < 30; i++) await house.As("dr.jansen").NewPatient($"Nummer{i}");
            var his = house.As("his-delinde");
            var started = await his.KickOff("/fhir/$export?_type=Patient");
            place = new Uri(started.Place()).PathAndQuery;
            var files = (await his.Manifest(started)).Files().ToList();
            Assert.Equal(5, files.Count);
            foreach (var file in files.Take(2)) before.Add((new Uri(file).PathAndQuery, (await his.Get(file)).Text));
        }
        await using (var house = await House.OpenAsync(set: Set, on: database, furnished: false))
        {
            var his = house.As("his-delinde");
            await house.As("dr.jansen").NewPatient("Erna");
            foreach (var (path, text) in before) Assert.Equal(text, (await his.Get(path)).Text);
            var lines = await his.Lines((await his.Get(place)).Json);
            Assert.Equal(30, lines.Select(BulkCalls.Key).Distinct().Count());
        }
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task T126_A_job_ends_with_its_time_and_only_so_many_are_kept_for_one_caller()
    {
        var clock = new MovingClock();
        await using var house = await House.OpenAsync(set: s => s with { Bulk = new() { KeepHours = 1, JobsPerCaller = 2 } }, on: await EmptyAsync(), clock: clock);
        var first = await house.As("his-delinde").KickOff("/fhir/$export");
        Assert.Equal(202, (await house.As("his-delinde").KickOff("/fhir/$export")).Code);
        var third = await house.As("his-delinde").KickOff("/fhir/$export");
        Assert.Equal(429, third.Code);
        Assert.NotNull(third.Headers.RetryAfter);
        Assert.Equal(202, (await house.As("integrator").KickOff("/fhir/$export")).Code);
        clock.Forward(TimeSpan.FromHours(2));
        Assert.Equal(404, (await house.As("his-delinde").Get(first.Place())).Code);
        Assert.Equal(202, (await house.As("his-delinde").KickOff("/fhir/$export")).Code);
    }
}

public sealed class ExportOnSqlite(Shared shared) : ExportContract(shared), IClassFixture<Shared>;
public sealed class ExportOnPostgres(SharedOnPostgres shared) : ExportContract(shared), IClassFixture<SharedOnPostgres>;
public sealed class ExportRestartOnSqlite : ExportRestartContract { protected override async Task<TenantDatabase> EmptyAsync() => await TestDatabase.SqliteAsync(); }
public sealed class ExportRestartOnPostgres : ExportRestartContract { protected override async Task<TenantDatabase> EmptyAsync() => await TestDatabase.PostgresAsync(); }
