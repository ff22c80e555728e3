namespace Fhir.Server.Api.Tests.Identity;

/// <summary>Narrow scopes over HTTP: what they do not cover is not there, on no road — https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html</summary>
public abstract class ScopeContract(Shared shared)
{
    private const string System = "http://terminology.hl7.org/CodeSystem/observation-category";
    private const string Laboratory = $"user/Observation.cruds?category={System}|laboratory";

    private Client Jansen => shared.House.As("dr.jansen");
    private Client With(string scope, string? patient = null) => shared.House.As("dr.jansen", scope, token => token with { Patient = patient });

    private static string Observation(string patient, string category, string? id = null, string code = "x") =>
        $$$"""
        {"resourceType":"Observation",{{{(id is null ? "" : $"\"id\":\"{id}\",")}}}"status":"final","category":[{"coding":[{"system":"{{{System}}}","code":"{{{category}}}"}]}],
        "code":{"coding":[{"system":"urn:test","code":"{{{code}}}"}]},"subject":{"reference":"Patient/{{{patient}}}"}}
        """;

    private async Task<string> NewAsync(string type, string body)
    {
        var made = await Jansen.Post($"/fhir/{type}", body);
        Assert.True(made.Code == 201, made.Text);
        return made.Id;
    }

    private static async Task<IReadOnlyList<string>> FoundAsync(Client client, string query)
    {
        var got = await client.Get($"/fhir/{query}");
        Assert.True(got.Code == 200, got.Text);
        return [.. (got.Json["entry"]?.AsArray() ?? []).Select(e => (string)e!["fullUrl"]!).Select(url => url[(url.IndexOf("/fhir/", StringComparison.Ordinal) + 6)..]).Order(StringComparer.Ordinal)];
    }

    // A patient with a finding of each category, and a report of both.
    private async Task<(string Ann, string Lab, string Vital, string Report)> RecordAsync()
    {
        var ann = await Jansen.NewPatient();
        var (lab, vital) = (await NewAsync("Observation", Observation(ann, "laboratory", code: "hb")), await NewAsync("Observation", Observation(ann, "vital-signs", code: "rr")));
        var report = await NewAsync("DiagnosticReport",
            $$"""{"resourceType":"DiagnosticReport","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/{{ann}}"},"result":[{"reference":"Observation/{{lab}}"},{"reference":"Observation/{{vital}}"}]}""");
        return (ann, lab, vital, report);
    }

    [Theory]
    [InlineData("dr.jansen", "user")]
    [InlineData("his-delinde", "system")]
    [InlineData("integrator", "system")]
    public async Task G7_A_filtered_scope_shows_its_rows_on_every_road_and_no_others(string who, string context)
    {
        var (ann, lab, vital, report) = await RecordAsync();
        var narrow = shared.House.As(who, $"{context}/Observation.rs?category={System}|laboratory {context}/Patient.rs {context}/DiagnosticReport.rs");
        Assert.Equal(200, (await narrow.Get($"/fhir/Observation/{lab}")).Code);
        var (hidden, absent) = (await narrow.Get($"/fhir/Observation/{vital}"), await narrow.Get("/fhir/Observation/absent"));
        Assert.Equal((404, absent.Text), (hidden.Code, hidden.Text));
        Assert.Equal([$"Observation/{lab}"], await FoundAsync(narrow, $"Observation?subject=Patient/{ann}&_sort=-_lastUpdated"));
        Assert.Equal(1, (int)(await narrow.Get($"/fhir/Observation?subject=Patient/{ann}&_summary=count")).Json["total"]!);
        Assert.Empty(await FoundAsync(narrow, $"Observation?subject=Patient/{ann}&category=vital-signs"));
        Assert.Equal([$"Patient/{ann}"], await FoundAsync(narrow, $"Patient?_id={ann}&_has:Observation:patient:code=hb"));
        Assert.Empty(await FoundAsync(narrow, $"Patient?_id={ann}&_has:Observation:patient:code=rr"));
        Assert.Equal([$"DiagnosticReport/{report}"], await FoundAsync(narrow, $"DiagnosticReport?subject=Patient/{ann}&result.code=hb"));
        Assert.Empty(await FoundAsync(narrow, $"DiagnosticReport?subject=Patient/{ann}&result.code=rr"));
        Assert.Equal([$"DiagnosticReport/{report}", $"Observation/{lab}"], await FoundAsync(narrow, $"DiagnosticReport?subject=Patient/{ann}&_include=DiagnosticReport:result"));
        Assert.Equal([$"Observation/{lab}", $"Patient/{ann}"], await FoundAsync(narrow, $"Patient?_id={ann}&_revinclude=Observation:subject"));
        Assert.Equal(404, (await narrow.Get($"/fhir/Observation/{vital}/_history")).Code);
        Assert.Equal(404, (await narrow.Get($"/fhir/Observation/{vital}/_history/1")).Code);
        Assert.DoesNotContain($"Observation/{vital}", await FoundAsync(narrow, "Observation/_history?_count=1000"));
        var batch = (await narrow.Post("/fhir", $$$"""{"resourceType":"Bundle","type":"batch","entry":[{"request":{"method":"GET","url":"Observation/{{{vital}}}"}},{"request":{"method":"GET","url":"Observation?subject=Patient/{{{ann}}}"}}]}""")).Json["entry"]!;
        Assert.StartsWith("404", (string)batch[0]!["response"]!["status"]!);
        Assert.Equal(1, (int)batch[1]!["resource"]!["total"]!);
    }

    [Fact]
    public async Task G7_A_filtered_scope_shows_current_versions_only()
    {
        var (ann, lab, vital, _) = await RecordAsync();
        var narrow = With(Laboratory);
        await Jansen.Put($"/fhir/Observation/{vital}", Observation(ann, "laboratory", vital));
        await Jansen.Put($"/fhir/Observation/{lab}", Observation(ann, "vital-signs", lab));
        Assert.Equal((404, 200), ((await narrow.Get($"/fhir/Observation/{vital}/_history/1")).Code, (await narrow.Get($"/fhir/Observation/{vital}/_history/2")).Code));
        Assert.Equal(1, (int)(await narrow.Get($"/fhir/Observation/{vital}/_history")).Json["total"]!);
        Assert.Equal((404, 404), ((await narrow.Get($"/fhir/Observation/{lab}")).Code, (await narrow.Get($"/fhir/Observation/{lab}/_history/1")).Code));
        await Jansen.Delete($"/fhir/Observation/{vital}");
        Assert.Equal((404, 410), ((await narrow.Get($"/fhir/Observation/{vital}")).Code, (await Jansen.Get($"/fhir/Observation/{vital}")).Code));
        Assert.Equal(404, (await narrow.Get($"/fhir/Observation/{vital}/_history")).Code);
    }

    [Fact]
    public async Task G7_A_filtered_scope_writes_only_what_it_covers_before_and_after()
    {
        var (ann, lab, vital, _) = await RecordAsync();
        foreach (var narrow in new[] { With(Laboratory), shared.House.As("integrator", Laboratory.Replace("user/", "system/", StringComparison.Ordinal)) })
        {
            Assert.Equal(403, (await narrow.Post("/fhir/Observation", Observation(ann, "vital-signs"))).Code);
            Assert.Equal(201, (await narrow.Post("/fhir/Observation", Observation(ann, "laboratory"))).Code);
            Assert.Equal(403, (await narrow.Put($"/fhir/Observation/{lab}", Observation(ann, "vital-signs", lab))).Code);
            Assert.Equal(200, (await narrow.Put($"/fhir/Observation/{lab}", Observation(ann, "laboratory", lab))).Code);
            Assert.Equal(404, (await narrow.Put($"/fhir/Observation/{vital}", Observation(ann, "laboratory", vital))).Code);
            Assert.Equal(404, (await narrow.Delete($"/fhir/Observation/{vital}")).Code);
            var bundle = $$$"""{"resourceType":"Bundle","type":"transaction","entry":[{"resource":{{{Observation(ann, "laboratory", code: "both")}}},"request":{"method":"POST","url":"Observation"}},{"resource":{{{Observation(ann, "vital-signs", code: "both")}}},"request":{"method":"POST","url":"Observation"}}]}""";
            Assert.Equal(403, (await narrow.Post("/fhir", bundle)).Code);
        }
        Assert.Empty(await FoundAsync(Jansen, $"Observation?subject=Patient/{ann}&code=both"));
        Assert.Equal(204, (await With(Laboratory).Delete($"/fhir/Observation/{lab}")).Code);
    }

    [Fact]
    public async Task G7_A_scope_for_the_patient_in_context_reaches_that_patient_and_no_other()
    {
        var (ann, lab, _, _) = await RecordAsync();
        var (bob, bobs, _, _) = await RecordAsync();
        var both = await NewAsync("Appointment",
            $$"""{"resourceType":"Appointment","status":"booked","participant":[{"actor":{"reference":"Patient/{{ann}}"},"status":"accepted"},{"actor":{"reference":"Patient/{{bob}}"},"status":"accepted"}]}""");
        var narrow = With("patient/*.cruds launch/patient openid", ann);
        Assert.Equal((200, 200), ((await narrow.Get($"/fhir/Patient/{ann}")).Code, (await narrow.Get($"/fhir/Observation/{lab}")).Code));
        foreach (var hidden in (string[])[$"Patient/{bob}", $"Observation/{bobs}", $"Observation/{bobs}/_history", $"Observation/{bobs}/_history/1", $"Appointment/{both}"])
            Assert.Equal(404, (await narrow.Get($"/fhir/{hidden}")).Code);
        Assert.Equal([$"Patient/{ann}"], await FoundAsync(narrow, "Patient?"));
        Assert.Equal(2, (await FoundAsync(narrow, "Observation?")).Count);
        Assert.Empty(await FoundAsync(narrow, $"Observation?subject=Patient/{bob}"));
        Assert.DoesNotContain($"Patient/{bob}", await FoundAsync(narrow, "_history?_count=1000"));
        Assert.DoesNotContain(await FoundAsync(narrow, "?_type=Patient,Observation&_count=1000&_lastUpdated=gt2000"), found => found == $"Patient/{bob}" || found == $"Observation/{bobs}");
        Assert.Equal(200, (await narrow.Get("/fhir/Practitioner/dr.jansen")).Code);   // the directory concerns no patient
        Assert.Equal(201, (await narrow.Post("/fhir/Observation", Observation(ann, "laboratory"))).Code);
        Assert.Equal((await narrow.Post("/fhir/Observation", Observation("absent", "laboratory"))).Text, (await narrow.Post("/fhir/Observation", Observation(bob, "laboratory"))).Text);
        Assert.Equal((await narrow.Put($"/fhir/Observation/{lab}", Observation("absent", "laboratory", lab))).Text, (await narrow.Put($"/fhir/Observation/{lab}", Observation(bob, "laboratory", lab))).Text);
        var wider = With("patient/Observation.cu user/Patient.r", ann);   // she may know of Bob, but writes about Ann only
        Assert.Equal((201, 403), ((await wider.Post("/fhir/Observation", Observation(ann, "laboratory"))).Code, (await wider.Post("/fhir/Observation", Observation(bob, "laboratory"))).Code));
        Assert.Equal(404, (await wider.Put($"/fhir/Observation/{bobs}", Observation(bob, "laboratory", bobs))).Code);
        Assert.Equal(404, (await narrow.Put($"/fhir/Observation/{bobs}", Observation(ann, "laboratory", bobs))).Code);
        Assert.Equal(403, (await narrow.Post("/fhir/Patient", """{"resourceType":"Patient"}""")).Code);
        Assert.Equal(403, (await With("patient/*.cruds").Get($"/fhir/Patient/{ann}")).Code);   // no patient: nothing
        Assert.Equal(2, (await FoundAsync(With("patient/*.rs user/Patient.s", ann), $"Patient?_id={ann},{bob}")).Count);   // scopes add up
    }

    [Fact]
    public async Task G7_Criteria_need_the_search_of_the_other_type_and_includes_its_search_or_its_read()
    {
        var (ann, lab, _, _) = await RecordAsync();
        foreach (var (scope, chained, included) in ((string, bool, bool)[])[("user/Observation.s", false, false), ("user/Observation.s user/Patient.r", false, true), ("user/Observation.s user/Patient.s", true, true), ("user/Observation.s user/Patient.cud", false, false)])
        {
            Assert.Equal(chained ? 1 : 0, (await FoundAsync(With(scope), $"Observation?_id={lab}&subject:Patient.family=Peeters")).Count);
            Assert.Equal(included ? [$"Observation/{lab}", $"Patient/{ann}"] : [$"Observation/{lab}"], await FoundAsync(With(scope), $"Observation?_id={lab}&_include=Observation:subject"));
        }
    }

    [Fact]
    public async Task G7_A_scope_for_one_patient_tells_nothing_of_others_when_it_writes_or_reads_the_log()
    {
        var (ann, _, _, _) = await RecordAsync();
        var (bob, _, _, _) = await RecordAsync();
        var (anns, bobs) = (await NewAsync("Encounter", Encounter(ann)), await NewAsync("Encounter", Encounter(bob)));
        string During(string encounter) => Observation(ann, "laboratory").Replace("\"status\"", $"\"encounter\":{{\"reference\":\"Encounter/{encounter}\"}},\"status\"", StringComparison.Ordinal);
        foreach (var narrow in new[] { With("patient/Observation.c", ann), With("patient/Observation.c user/Practitioner.rs", ann) })
        {
            Assert.Equal(201, (await narrow.Post("/fhir/Observation", During(anns))).Code);
            var (hidden, absent) = (await narrow.Post("/fhir/Observation", During(bobs)), await narrow.Post("/fhir/Observation", During("absent")));
            Assert.True(hidden.Code >= 400, hidden.Text);
            Assert.Equal((absent.Code, absent.Text), (hidden.Code, hidden.Text));
        }
        Assert.Equal(201, (await With("user/Observation.c").Post("/fhir/Observation", During(bobs))).Code);

        Assert.NotEmpty(await FoundAsync(shared.House.As("privacy", "user/AuditEvent.rs"), "AuditEvent?"));
        Assert.Equal(403, (await shared.House.As("privacy", "patient/AuditEvent.rs", t => t with { Patient = ann }).Get("/fhir/AuditEvent")).Code);   // she sees no patients, so none is in context
    }

    private static string Encounter(string patient) =>
        $$$"""{"resourceType":"Encounter","status":"finished","class":{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"AMB"},"subject":{"reference":"Patient/{{{patient}}}"}}""";

    [Fact]
    public async Task G7_Contexts_are_kept_apart()
    {
        var ann = await Jansen.NewPatient();
        Assert.Equal(403, (await With("system/*.cruds").Get($"/fhir/Patient/{ann}")).Code);
        Assert.Equal(403, (await shared.House.As("his-delinde", "user/*.cruds").Get($"/fhir/Patient/{ann}")).Code);
        Assert.Equal(403, (await shared.House.As("integrator", "user/*.cruds").Get($"/fhir/Patient/{ann}")).Code);
        Assert.Equal(200, (await shared.House.As("his-delinde", "system/Patient.read").Get($"/fhir/Patient/{ann}")).Code);
        Assert.Equal(403, (await shared.House.As("dr.bakker", "user/*.cruds patient/*.cruds", t => t with { Patient = ann }).Get($"/fhir/Patient/{ann}")).Code);   // a scope widens nothing
    }
}

public sealed class ScopeOnSqlite(Shared shared) : ScopeContract(shared), IClassFixture<Shared>;
public sealed class ScopeOnPostgres(SharedOnPostgres shared) : ScopeContract(shared), IClassFixture<SharedOnPostgres>;
