namespace Fhir.Server.Api.Tests.Audit;

/// <summary>A search that only counts, or finds nothing, stands in the log of the patient whom its criteria name, and of those whom it counted.</summary>
public abstract class NamedSearchContract(Shared shared)
{
    private House House => shared.House;
    private Client Jansen => House.As("dr.jansen");

    private async Task<(string Id, string Number)> PatientAsync()
    {
        var number = Guid.CreateVersion7().ToString("N");
        var made = await Jansen.Post("/fhir/Patient", $$"""{"resourceType":"Patient","identifier":[{"system":"urn:x","value":"{{number}}"}]}""");
        Assert.Equal(201, made.Code);
        return (made.Id, number);
    }

    private async Task<List<string?>> OwnAsync(string id) => [.. (await House.As($"Patient/{id}", "patient/*.rs").Log("_count=100")).Select(e => e.Request())];

    [Fact]
    public async Task J1_Whom_the_criteria_name_finds_the_search_in_her_log_though_nothing_left()
    {
        var (id, number) = await PatientAsync();
        var (other, _) = await PatientAsync();
        string[] searches =
        [
            $"Observation?subject=Patient/{id}&_summary=count", $"Observation?subject=Patient/{id}", $"Observation?patient={id}&_count=0", $"Observation?patient:Patient={id}", $"Observation?performer=Patient/{id}",
            $"Observation?subject=Patient/{other},Patient/{id}&_summary=count", $"Observation?patient.identifier=urn:x|{number}&_summary=count", $"Observation?subject:identifier={number}",
            $"Patient?identifier=urn:x|{number}&_summary=count", $"Patient?identifier={number}&birthdate=1900-01-01", $"Patient?_id={id}&_summary=count", $"Patient?_id={id}&birthdate=1900-01-01", $"Patient?_id:not={id}&_id=nowhere",
            $"Practitioner?_has:Encounter:practitioner:patient=Patient/{id}", $"Practitioner?_has:Encounter:practitioner:patient._id={id}", $"?_id={id}&_summary=count",
            $"Patient/{id}/Observation?_summary=count", $"Patient/{id}/*?_type=Encounter", $"Patient/{id}/Patient?birthdate=1900-01-01",
        ];
        foreach (var (at, search) in searches.Index()) Assert.Equal(200, (await Jansen.Get($"/fhir/{search}", ("X-Request-Id", $"named-{id}-{at}"))).Code);
        var own = await OwnAsync(id);
        foreach (var (at, search) in searches.Index()) Assert.True(own.Contains($"named-{id}-{at}"), search);
        foreach (var e in (await House.As("privacy").Log($"patient={id}&_count=100")).Where(e => e.Request()?.StartsWith("named-", StringComparison.Ordinal) == true))
            Assert.DoesNotContain(number, e.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task J1_Whom_a_conditional_write_asks_about_finds_it_in_her_log_whatever_comes_of_it()
    {
        var (id, number) = await PatientAsync();
        var code = $"c-{id}";
        string Observation(string also = "") => $$$"""{"resourceType":"Observation","status":"final","code":{"coding":[{"code":"{{{code}}}"}]},"subject":{"reference":"Patient/{{{id}}}"}{{{also}}}}""";
        string Bundle(string type, string method, string url, string? resource, string also = "") => $$$"""{"resourceType":"Bundle","type":"{{{type}}}","entry":[{{{{(resource is null ? "" : $"\"resource\":{resource},")}}}"request":{"method":"{{{method}}}","url":"{{{url}}}"{{{also}}}}}]}""";
        var there = (await Jansen.Post("/fhir/Observation", Observation())).Id;
        (string, string) stale = ("If-Match", "W/\"99\"");
        const string guess = """[{"op":"test","path":"/status","value":"amended"}]""";
        var binary = $$"""{"resourceType":"Binary","contentType":"application/json-patch+json","data":"{{Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(guess))}}"}""";
        foreach (var criteria in (string[])[$"patient=Patient/{id}&code={code}", $"patient=Patient/{id}&code=none", $"code={code}"])
        {
            var asked = new List<(string What, Func<(string, string), Task<Got>> Ask)>
            {
                ("delete", r => Jansen.Delete($"/fhir/Observation?{criteria}", stale, r)),
                ("put", r => Jansen.Put($"/fhir/Observation?{criteria}", Observation(), stale, r)),
                ("put-id", r => Jansen.Put($"/fhir/Observation?{criteria}", Observation(",\"id\":\"another\""), r)),
                ("patch", r => Jansen.SendBytes("PATCH", $"/fhir/Observation?{criteria}", System.Text.Encoding.UTF8.GetBytes(guess), "application/json-patch+json", r)),
                ("batch", r => Jansen.Post("/fhir", Bundle("batch", "DELETE", $"Observation?{criteria}", null, ",\"ifMatch\":\"W/\\\"99\\\"\""), r)),
                ("patching transaction", r => Jansen.Post("/fhir", Bundle("transaction", "PATCH", $"Observation?{criteria}", binary), r)),
                ("reference", r => Jansen.Post("/fhir", Bundle("transaction", "POST", "DiagnosticReport", $$$"""{"resourceType":"DiagnosticReport","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/nowhere"},"result":[{"reference":"Observation?{{{criteria}}}"}]}"""), r)),
                ("none exist", r => Jansen.Post("/fhir/Observation", Observation().Replace($"Patient/{id}", "Patient/nowhere", StringComparison.Ordinal), ("If-None-Exist", criteria), r)),
            };
            if (criteria.StartsWith("patient", StringComparison.Ordinal)) asked.Add(("entry", r => Jansen.Post("/fhir", Bundle("transaction", "PATCH", $"Observation/{there}", binary), r)));
            foreach (var (what, ask) in asked)
            {
                var request = Guid.NewGuid().ToString("N");
                var got = await ask(("X-Request-Id", request));
                if (criteria.EndsWith("none", StringComparison.Ordinal) || got.Code >= 400 || what is "batch" or "none exist") Assert.True((await OwnAsync(id)).Contains(request), $"{what} {criteria}: {got.Code}");
            }
        }
        Assert.Equal("W/\"1\"", (await Jansen.Get($"/fhir/Observation/{there}")).ETag);
        foreach (var e in await House.As("privacy").Log($"patient={id}&_count=100")) Assert.DoesNotContain(number, e.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task J1_Whom_a_count_counts_finds_it_in_her_log()
    {
        var (id, _) = await PatientAsync();
        var code = $"c-{id}";
        Assert.Equal(201, (await Jansen.Post("/fhir/Observation", $$$"""{"resourceType":"Observation","status":"final","code":{"coding":[{"code":"{{{code}}}"}]},"subject":{"reference":"Patient/{{{id}}}"}}""")).Code);
        var counted = await Jansen.Get($"/fhir/Observation?code={code}&_summary=count", ("X-Request-Id", $"counted-{id}"));
        Assert.Equal(1, (int)counted.Json["total"]!);
        Assert.Equal(200, (await Jansen.Get($"/fhir/Observation?code=none-{code}&_summary=count", ("X-Request-Id", $"empty-{id}"))).Code);
        var own = await OwnAsync(id);
        Assert.Contains($"counted-{id}", own);
        Assert.DoesNotContain($"empty-{id}", own);
        var told = Assert.Single(await House.As("privacy").Log($"patient={id}&_count=100"), e => e.Request() == $"counted-{id}");
        Assert.Equal([$"Patient/{id}"], told["entity"]!.AsArray().Select(x => (string?)x!["what"]?["reference"]).OfType<string>());   // it did not leave
    }

    [Fact]
    public async Task J1_A_search_in_vain_for_a_hidden_patient_stands_in_her_log_and_tells_the_searcher_nothing()
    {
        var (id, number) = await PatientAsync();
        var bakker = House.As("dr.bakker");
        foreach (var (search, missing, request) in new[] { ($"Observation?patient={id}", "Observation?patient=nowhere", "by-id"), ($"Patient?identifier={number}", "Patient?identifier=nowhere", "by-number") })
        {
            var (hidden, none) = (await bakker.Get($"/fhir/{search}&_summary=count", ("X-Request-Id", $"{request}-{id}")), await bakker.Get($"/fhir/{missing}&_summary=count"));
            Assert.Equal((none.Code, (int)none.Json["total"]!), (hidden.Code, (int)hidden.Json["total"]!));
            Assert.Contains($"{request}-{id}", await OwnAsync(id));
        }
    }
}

public sealed class NamedSearchOnSqlite(Shared shared) : NamedSearchContract(shared), IClassFixture<Shared>;
public sealed class NamedSearchOnPostgres(SharedOnPostgres shared) : NamedSearchContract(shared), IClassFixture<SharedOnPostgres>;
