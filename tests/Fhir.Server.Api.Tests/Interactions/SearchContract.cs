using System.Text.Json.Nodes;

namespace Fhir.Server.Api.Tests.Interactions;

/// <summary>search over HTTP, and what stands on it: conditional create, conditional references — https://hl7.org/fhir/R4/search.html</summary>
public abstract class SearchContract(Shared shared)
{
    private Client Jansen => shared.House.As("dr.jansen");
    private Client Integrator => shared.House.As("integrator");

    private static string Link(Got got, string relation) => (string?)got.Json["link"]!.AsArray().FirstOrDefault(l => (string)l!["relation"]! == relation)?["url"] ?? "";
    private static List<string> Ids(Got got) => [.. got.Json["entry"]?.AsArray().Select(e => (string)e!["resource"]!["id"]!) ?? []];
    private static string Unique() => "N" + Guid.NewGuid().ToString("N");
    private static (string, string) Identified(string value) => ("If-None-Exist", $"identifier=http://example.org/x|{value}");
    private static string ObservationOf(string patient) => $$$"""{"resourceType":"Observation","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/{{{patient}}}"}}""";
    private static string PatientWith(string identifier, string also = "") => $$$"""{"resourceType":"Patient","identifier":[{"system":"http://example.org/x","value":"{{{identifier}}}"}]{{{also}}}}""";

    [Fact]
    public async Task T59_A_match_is_told_with_its_address_mode_total_and_self_link()
    {
        var family = Unique();
        var id = await Jansen.NewPatient(family);
        var got = await Jansen.Get($"/fhir/Patient?family={family}&nonsense=1");
        Assert.Equal(200, got.Code);
        Assert.Equal(("searchset", 1), ((string)got.Json["type"]!, (int)got.Json["total"]!));
        var entry = got.Json["entry"]![0]!;
        Assert.Equal(($"{shared.House.Url}/fhir/Patient/{id}", "match"), ((string)entry["fullUrl"]!, (string)entry["search"]!["mode"]!));
        Assert.Equal($"{shared.House.Url}/fhir/Patient?family={family}", Link(got, "self"));
    }

    [Fact]
    public async Task T60_No_match_is_an_empty_bundle() =>
        Assert.Equal((200, 0), await Jansen.Get($"/fhir/Patient?family={Unique()}") is var got ? (got.Code, (int)got.Json["total"]!) : default);

    [Theory]
    [InlineData("nonsense=1", "", 200)]
    [InlineData("nonsense=1", "handling=strict", 400)]
    [InlineData("family:nonsense=1", "", 400)]
    [InlineData("family:nonsense=1", "handling=lenient", 400)]
    [InlineData("_count=-1", "", 400)]
    [InlineData("_count=abc", "", 400)]
    [InlineData("birthdate=2018-02-30", "", 400)]
    [InlineData("_content=x", "handling=lenient", 400)]
    [InlineData("_filter=family eq x", "", 400)]
    [InlineData("_page=forged", "", 400)]
    public async Task T57_What_is_not_understood_is_left_out_or_refused_by_name(string query, string prefer, int status)
    {
        var got = await Jansen.Get($"/fhir/Patient?{query}", ("Prefer", prefer));
        Assert.Equal(status, got.Code);
        if (status == 400) Assert.Equal([query.Split('=')[0]], got.Places);
    }

    [Theory]
    [InlineData("content=x", "content")]
    [InlineData("text=x&query=y", "text", "query")]
    [InlineData("_sort=nonsense,_id", "_sort")]
    [InlineData("nonsense=1&nonsense=2", "nonsense")]
    public async Task T57_What_is_left_out_is_told_by_name_in_the_answer(string query, params string[] names)
    {
        var family = Unique();
        await Jansen.NewPatient(family);
        foreach (var summary in new[] { "", "&_summary=count" })
        {
            var got = await Jansen.Get($"/fhir/Patient?family={family}&{query}{summary}", ("Prefer", "handling=lenient"));
            Assert.Equal((200, 1), (got.Code, (int)got.Json["total"]!));
            var outcome = Assert.Single(got.Json["entry"]!.AsArray(), e => (string)e!["search"]!["mode"]! == "outcome")!["resource"]!;
            Assert.Equal("OperationOutcome", (string)outcome["resourceType"]!);
            Assert.Equal(names.Select(n => ("warning", n)), outcome["issue"]!.AsArray().Select(i => ((string)i!["severity"]!, (string)i["expression"]![0]!)));
            Assert.All(names, name => Assert.DoesNotContain($"{name}=", Link(got, "self").Replace("_sort=_id", "", StringComparison.Ordinal), StringComparison.Ordinal));
            Assert.Equal(400, (await Jansen.Get($"/fhir/Patient?{query}{summary}", ("Prefer", "handling=strict"))).Code);
        }
        Assert.DoesNotContain("outcome", (await Jansen.Get($"/fhir/Patient?family={family}")).Text, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task T70_By_POST_the_form_and_the_address_are_one_query()
    {
        var family = Unique();
        await Jansen.NewPatient(family, "1970-01-01");
        await Jansen.NewPatient(family, "1980-01-01");
        var got = await Jansen.SendBytes("POST", $"/fhir/Patient/_search?birthdate=1970-01-01", System.Text.Encoding.UTF8.GetBytes($"family={family}"), "application/x-www-form-urlencoded");
        Assert.Single(Ids(got));
        Assert.StartsWith($"{shared.House.Url}/fhir/Patient?", Link(got, "self"), StringComparison.Ordinal);
        Assert.Equal(400, (await Jansen.SendBytes("POST", "/fhir/Patient/_search", "{}"u8.ToArray(), "application/json")).Code);
    }

    [Fact]
    public async Task T80_A_value_set_that_was_stored_is_searched_by()
    {
        var (name, system) = (Unique(), $"http://example.org/{Unique()}");
        var url = $"http://example.org/ValueSet/{name}";
        Assert.Equal(201, (await Integrator.Post("/fhir/CodeSystem", $$$"""{"resourceType":"CodeSystem","url":"{{{system}}}","status":"active","content":"complete","concept":[{"code":"top","concept":[{"code":"in"}]},{"code":"out"}]}""")).Code);
        Assert.Equal(201, (await Integrator.Post("/fhir/ValueSet", $$$"""{"resourceType":"ValueSet","url":"{{{url}}}","status":"active","compose":{"include":[{"system":"{{{system}}}","concept":[{"code":"in"}]}]}}""")).Code);
        var patient = await Jansen.NewPatient(Unique());
        var ids = new List<string>();
        foreach (var code in (string[])["in", "out"])
            ids.Add((await Jansen.Post("/fhir/Observation", $$$"""{"resourceType":"Observation","status":"final","code":{"coding":[{"system":"{{{system}}}","code":"{{{code}}}"}]},"subject":{"reference":"Patient/{{{patient}}}"}}""")).Id);
        Assert.Equal([ids[0]], Ids(await Jansen.Get($"/fhir/Observation?patient={patient}&code:in={url}")));
        Assert.Equal([ids[1]], Ids(await Jansen.Get($"/fhir/Observation?patient={patient}&code:not-in={url}")));
        Assert.Equal([ids[0]], Ids(await Jansen.Get($"/fhir/Observation?patient={patient}&code:below={system}|top")));
        Assert.Equal([patient], Ids(await Jansen.Get($"/fhir/Patient?_has:Observation:patient:code:in={url}")));
        var refused = await Jansen.Get($"/fhir/Observation?patient={patient}&code:in={url}x");
        Assert.Equal((400, "code:in"), (refused.Code, refused.Places.Single()));
        Assert.DoesNotContain(name, refused.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task T106_A_compartment_is_searched_by_its_address()
    {
        var (id, other) = (await Jansen.NewPatient(Unique()), await Jansen.NewPatient(Unique()));
        for (var i = 0; i < 3; i++) Assert.Equal(201, (await Jansen.Post("/fhir/Observation", ObservationOf(id))).Code);
        Assert.Equal(201, (await Jansen.Post("/fhir/Observation", ObservationOf(other))).Code);
        var got = await Jansen.Get($"/fhir/Patient/{id}/Observation?status=final&_count=2");
        Assert.Equal($"{shared.House.Url}/fhir/Patient/{id}/Observation?status=final&_count=2", Link(got, "self"));
        var next = Link(got, "next");
        Assert.Equal(3, Ids(got).Concat(Ids(await Jansen.Get(next))).Distinct().Count());
        Assert.Equal(400, (await Jansen.Get(next.Replace(id, other, StringComparison.Ordinal))).Code);
        Assert.Equal(0, (int)(await Jansen.Get($"/fhir/Patient/{id}/Observation?status=amended")).Json["total"]!);
        var all = await Jansen.Get($"/fhir/Patient/{id}/*?_count=50");
        Assert.Equal($"{shared.House.Url}/fhir/Patient/{id}/*?_count=50", Link(all, "self"));
        Assert.Equal((4, true), (Ids(all).Count, Ids(all).Contains(id)));
        Assert.Equal(4, Ids(await Jansen.SendBytes("POST", $"/fhir/Patient/{id}/_search", [], "application/x-www-form-urlencoded")).Count);
        Assert.Equal(3, Ids(await Jansen.SendBytes("POST", $"/fhir/Patient/{id}/Observation/_search", "status=final"u8.ToArray(), "application/x-www-form-urlencoded")).Count);
        var batch = await Jansen.Post("/fhir/", $$$"""{"resourceType":"Bundle","type":"batch","entry":[{"request":{"method":"GET","url":"Patient/{{{id}}}/Observation?status=final"}},{"request":{"method":"GET","url":"Patient/{{{id}}}/*"}}]}""");
        Assert.Equal([3, 4], batch.Json["entry"]!.AsArray().Select(e => e!["resource"]!["entry"]!.AsArray().Count));
    }

    [Theory]
    [InlineData("GET", "Patient/x/Medication", 404)]
    [InlineData("GET", "Patient/x/Nothing", 404)]
    [InlineData("GET", "Patient/x/AuditEvent", 404)]
    [InlineData("GET", "Observation/x/Patient", 404)]
    [InlineData("GET", "Observation/x/*", 404)]
    [InlineData("GET", "Patient/x%20y/Observation", 404)]
    [InlineData("GET", "Patient/x/$nothing", 404)]
    [InlineData("GET", "Patient/x/Observation?nonsense:x=1", 200)]
    [InlineData("GET", "Patient/x/Observation?code:nonsense=1", 400)]
    [InlineData("POST", "Patient/x/Observation", 405)]
    [InlineData("DELETE", "Patient/x/Observation", 405)]
    public async Task T106_What_is_no_compartment_is_not_found(string method, string address, int status) =>
        Assert.Equal(status, (await Jansen.Send(method, $"/fhir/{address}", method == "POST" ? ObservationOf("x") : null)).Code);

    [Fact]
    public async Task T106_Nothing_is_written_into_a_compartment_by_a_batch()
    {
        var got = await Jansen.Post("/fhir/", $$$"""{"resourceType":"Bundle","type":"batch","entry":[{"resource":{{{ObservationOf("x")}}},"request":{"method":"POST","url":"Patient/x/Observation"}},{"request":{"method":"DELETE","url":"Patient/x/Observation?status=final"}}]}""");
        Assert.All(got.Json["entry"]?.AsArray() ?? [], e => Assert.StartsWith("4", (string)e!["response"]!["status"]!, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Patient/_search", "")]
    [InlineData("Patient/_search", "&_format=json")]
    [InlineData("_search", "&_type=Patient")]
    public async Task T137_A_query_that_came_in_a_body_comes_back_sealed_and_for_its_caller_only(string address, string more)
    {
        var family = Unique();
        for (var i = 0; i < 3; i++) await Jansen.NewPatient(family);
        var got = await Jansen.SendBytes("POST", $"/fhir/{address}", System.Text.Encoding.UTF8.GetBytes($"_count=1&_sort=birthdate&{(address == "_search" ? "_id:missing=false" : $"family={family}")}{more}".Replace("_sort=birthdate&_id", "_sort=_id&_id", StringComparison.Ordinal)), "application/x-www-form-urlencoded");
        Assert.Equal(200, got.Code);
        var (self, seen) = (Link(got, "self"), Ids(got));
        for (var next = Link(got, "next"); next.Length > 0 && seen.Count < 3; next = Link(got, "next"))
        {
            foreach (var word in (string[])["family", family, "_count", "_sort", "birthdate"]) Assert.DoesNotContain(word, next + self, StringComparison.Ordinal);
            Assert.Equal(400, (await shared.House.As("dr.bakker").Get(next)).Code);
            got = await Jansen.Get(next);
            seen.AddRange(Ids(got));
        }
        Assert.Equal(3, seen.Distinct().Count());
        Assert.Equal([seen[0]], Ids(await Jansen.Get(self)));
        Assert.Equal(400, (await shared.House.As("dr.bakker").Get(self)).Code);
    }

    [Fact]
    public async Task T64_Pages_hold_every_match_once_while_others_write()
    {
        var family = Unique();
        for (var i = 0; i < 7; i++) await Jansen.NewPatient(family);
        var seen = new List<string>();
        var url = $"/fhir/Patient?family={family}&_count=3";
        while (url.Length > 0)
        {
            var page = await Jansen.Get(url);
            seen.AddRange(Ids(page));
            url = Link(page, "next");
            await Jansen.NewPatient(family);
        }
        Assert.Equal((7, 7), (seen.Count, seen.Distinct().Count()));
    }

    [Fact]
    public async Task T71_A_next_link_of_another_caller_is_refused()
    {
        var family = Unique();
        for (var i = 0; i < 2; i++) await Jansen.NewPatient(family);
        var next = Link(await Jansen.Get($"/fhir/Patient?family={family}&_count=1"), "next");
        Assert.Equal(400, (await shared.House.As("dr.bakker").Get(next)).Code);
        Assert.DoesNotContain(family, next.Split("_page=")[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task T62_Only_the_number_is_told_when_only_that_is_asked()
    {
        var family = Unique();
        await Jansen.NewPatient(family);
        foreach (var query in (string[])["_summary=count", "_count=0"])
        {
            var got = await Jansen.Get($"/fhir/Patient?family={family}&{query}");
            Assert.Equal(1, (int)got.Json["total"]!);
            Assert.Null(got.Json["entry"]);
        }
    }

    [Fact]
    public async Task T103_Summary_and_elements_give_parts_and_say_so()
    {
        var family = Unique();
        await Jansen.Post("/fhir/Patient", """{"resourceType":"Patient","name":[{"family":"FAMILY"}],"gender":"female","maritalStatus":{"text":"x"},"text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">x</div>"}}""".Replace("FAMILY", family, StringComparison.Ordinal));
        async Task<JsonNode> One(string query) => (await Jansen.Get($"/fhir/Patient?family={family}&{query}")).Json["entry"]![0]!["resource"]!;
        string Names(JsonNode r) => string.Join(' ', r.AsObject().Select(p => p.Key).Order(StringComparer.Ordinal));
        Assert.Equal("gender id meta resourceType", Names(await One("_elements=gender")));
        Assert.Equal("gender id meta name resourceType", Names(await One("_summary=true")));
        Assert.Equal("id meta resourceType text", Names(await One("_summary=text")));
        Assert.Equal("gender id maritalStatus meta name resourceType", Names(await One("_summary=data")));
        Assert.Equal("SUBSETTED", (string)(await One("_summary=data"))["meta"]!["tag"]![0]!["code"]!);
        Assert.Null((await One("_summary=false"))["meta"]!["tag"]);
    }

    [Fact]
    public async Task T61_What_is_included_is_told_apart()
    {
        var id = await Jansen.NewPatient();
        var made = await Jansen.Post("/fhir/Observation", ObservationOf(id));
        var got = await Jansen.Get($"/fhir/Observation?_id={made.Id}&_include=Observation:subject");
        Assert.Equal(["match", "include"], got.Json["entry"]!.AsArray().Select(e => (string)e!["search"]!["mode"]!));
        Assert.Equal(1, (int)got.Json["total"]!);
    }

    [Fact]
    public async Task Everything_is_searched_by_its_time()
    {
        var id = await Jansen.NewPatient();
        var got = await Jansen.Get($"/fhir?_id={id}&_type=Patient,Observation");
        Assert.Equal([id], Ids(got));
        Assert.Equal(400, (await Jansen.Get("/fhir?_type=patient")).Code);
    }

    [Fact]
    public async Task What_is_hidden_is_not_found_by_anything()
    {
        var family = Unique();
        var id = await Jansen.NewPatient(family);
        var observation = (await Jansen.Post("/fhir/Observation", ObservationOf(id))).Id;
        foreach (var stranger in (string[])["dr.bakker", "dr.devries", "admin", "privacy"])
            foreach (var query in (string[])[$"Patient?family={family}", $"Patient?_id={id}", $"Patient?family={family}&_summary=count", $"Patient?_has:Observation:subject:_id={observation}", $"Observation?subject={id}", $"Observation?subject:Patient.family={family}", $"Patient?family={family}&_total=accurate", $"?_id={id}"])
            {
                var got = await shared.House.As(stranger).Get($"/fhir/{query}");
                if (got.Code == 400) continue;   // not supported is no leak either
                Assert.Equal((200, 0), (got.Code, (int)got.Json["total"]!));
            }
    }

    [Fact]
    public async Task A_search_is_audited_with_what_it_returned()
    {
        var family = Unique();
        var id = await Jansen.NewPatient(family);
        await Jansen.Get($"/fhir/Patient?family={family}", ("X-Request-Id", "search-audit"));
        var log = await shared.House.As("privacy").Get($"/fhir/AuditEvent?entity=Patient/{id}&action=E");
        var entities = log.Json["entry"]![0]!["resource"]!["entity"]!.ToJsonString();
        Assert.Contains($"Patient/{id}", entities, StringComparison.Ordinal);
        Assert.Contains("search-audit", entities, StringComparison.Ordinal);
        Assert.DoesNotContain(family, entities, StringComparison.Ordinal);
        await Jansen.SendBytes("POST", "/fhir/Patient/_search?_count=3", System.Text.Encoding.UTF8.GetBytes($"family={family}"), "application/x-www-form-urlencoded", ("X-Request-Id", "form-audit"));
        var byForm = (await shared.House.As("privacy").Get($"/fhir/AuditEvent?entity=Patient/{id}&action=E")).Json["entry"]![0]!["resource"]!["entity"]!.ToJsonString();
        Assert.Contains("form-audit", byForm, StringComparison.Ordinal);
        Assert.Contains(Convert.ToBase64String("Patient?_count&family"u8), byForm, StringComparison.Ordinal);
    }

    [Fact]
    public async Task T29_A_conditional_create_finds_what_is_there()
    {
        var value = Unique();
        var first = await Jansen.Post("/fhir/Patient", PatientWith(value), Identified(value));
        var second = await Jansen.Post("/fhir/Patient", PatientWith(value, ",\"active\":true"), Identified(value));
        Assert.Equal((201, 200), (first.Code, second.Code));
        Assert.Equal(first.Id, second.Id);
        Assert.EndsWith($"Patient/{first.Id}/_history/1", second.Headers.Location!.ToString(), StringComparison.Ordinal);
        Assert.Null(second.Json["active"]);
        await Jansen.Post("/fhir/Patient", PatientWith(value));
        Assert.Equal(412, (await Jansen.Post("/fhir/Patient", PatientWith(value), Identified(value))).Code);
    }

    [Theory]
    [InlineData("")]
    [InlineData("nonsense=1")]
    [InlineData("identifier=")]
    [InlineData("_count=1")]
    public async Task T31_Criteria_that_mean_everything_are_refused(string criteria)
    {
        if (criteria.Length == 0) return;   // an empty header does not leave the client
        Assert.Equal(400, (await Jansen.Post("/fhir/Patient", """{"resourceType":"Patient"}""", ("If-None-Exist", criteria))).Code);
    }

    [Fact]
    public async Task T30_Of_fifty_identical_conditional_creates_one_creates()
    {
        var value = Unique();
        var all = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Jansen.Post("/fhir/Patient", PatientWith(value), Identified(value))));
        Assert.Single(all, a => a.Code == 201);
        Assert.Equal(49, all.Count(a => a.Code == 200));
        Assert.Single(all.Select(a => a.Id).Distinct());
    }

    [Fact]
    public async Task T44_In_a_transaction_a_conditional_create_and_its_references_mean_one_resource()
    {
        var value = Unique();
        const string url = "urn:uuid:11111111-1111-4111-8111-111111111111", again = "urn:uuid:22222222-2222-4222-8222-222222222222", observation = "urn:uuid:33333333-3333-4333-8333-333333333333";
        string Entry(string fullUrl, string resource, string type, string also) => $$$"""{"fullUrl":"{{{fullUrl}}}","resource":{{{resource}}},"request":{"method":"POST","url":"{{{type}}}"{{{also}}}}}""";
        var condition = $",\"ifNoneExist\":\"identifier=http://example.org/x|{value}\"";
        var bundle = $$"""
            {"resourceType":"Bundle","type":"transaction","entry":[{{Entry(url, PatientWith(value), "Patient", condition)}},{{Entry(again, PatientWith(value), "Patient", condition)}},
            {{Entry(observation, $$$"""{"resourceType":"Observation","status":"final","code":{"text":"x"},"subject":{"reference":"{{{again}}}"}}""", "Observation", "")}}]}
            """;
        string Place(Got got, int entry) => ((string)got.Json["entry"]![entry]!["response"]!["location"]!).Split("/_history")[0];
        var first = await Jansen.Post("/fhir", bundle);
        Assert.Equal(200, first.Code);
        Assert.Equal(Place(first, 0), Place(first, 1));
        Assert.Equal(Place(first, 0), (string)(await Jansen.Get($"/fhir/{Place(first, 2)}")).Json["subject"]!["reference"]!);
        var second = await Jansen.Post("/fhir", bundle);
        Assert.Equal(Place(first, 0), Place(second, 0));
        Assert.Equal("200 OK", (string)second.Json["entry"]![0]!["response"]!["status"]!);
        Assert.Equal(Place(first, 0), (string)(await Jansen.Get($"/fhir/{Place(second, 2)}")).Json["subject"]!["reference"]!);
    }

    [Fact]
    public async Task T43_A_conditional_reference_means_one_resource_stored_or_brought()
    {
        var (stored, brought, nobody) = (Unique(), Unique(), Unique());
        var id = (await Jansen.Post("/fhir/Patient", PatientWith(stored))).Id;
        string Observation(string value) => $$$"""{"resource":{"resourceType":"Observation","status":"final","code":{"text":"x"},"subject":{"reference":"Patient?identifier=http://example.org/x|{{{value}}}"}},"request":{"method":"POST","url":"Observation"}}""";
        var patient = $$$"""{"resource":{{{PatientWith(brought)}}},"request":{"method":"POST","url":"Patient"}}""";
        string Bundle(params string[] entries) => $$"""{"resourceType":"Bundle","type":"transaction","entry":[{{string.Join(',', entries)}}]}""";
        async Task<string> SubjectAsync(Got got, int entry) => got.Code != 200 ? throw new InvalidOperationException(got.Text) : (string)(await Jansen.Get($"/fhir/{(string)got.Json["entry"]![entry]!["response"]!["location"]!}")).Json["subject"]!["reference"]!;

        Assert.Equal($"Patient/{id}", await SubjectAsync(await Jansen.Post("/fhir", Bundle(Observation(stored))), 0));
        var both = await Jansen.Post("/fhir", Bundle(Observation(brought), patient));
        Assert.Equal(((string)both.Json["entry"]![1]!["response"]!["location"]!).Split("/_history")[0], await SubjectAsync(both, 0));
        var none = await Jansen.Post("/fhir", Bundle(Observation(nobody)));
        Assert.Equal(412, none.Code);
        Assert.Equal(["Bundle.entry[0].resource.subject.reference"], none.Places);
        await Jansen.Post("/fhir/Patient", PatientWith(stored));
        Assert.Equal(412, (await Jansen.Post("/fhir", Bundle(Observation(stored)))).Code);
        // What the caller does not see is nobody, too.
        Assert.Equal(412, (await shared.House.As("dr.bakker").Post("/fhir", Bundle(Observation(brought)))).Code);
    }

    [Fact]
    public async Task T48_Entries_of_a_batch_search_and_see_histories()
    {
        var family = Unique();
        var id = await Jansen.NewPatient(family);
        var got = await Jansen.Post("/fhir", $$$"""{"resourceType":"Bundle","type":"batch","entry":[{"request":{"method":"GET","url":"Patient?family={{{family}}}"}},{"request":{"method":"GET","url":"Patient/{{{id}}}/_history"}}]}""");
        Assert.Equal([1, 1], got.Json["entry"]!.AsArray().Select(e => (int)e!["resource"]!["total"]!));
    }

    [Fact]
    public async Task T27_Metadata_is_open_and_lists_what_is_served()
    {
        var got = await shared.House.As(null).Get("/fhir/metadata");
        Assert.Equal(200, got.Code);
        Assert.Equal("4.0.1", (string)got.Json["fhirVersion"]!);
        var resources = got.Json["rest"]![0]!["resource"]!.AsArray();
        Assert.Equal(146, resources.Count);
        var patient = resources.Single(r => (string)r!["type"]! == "Patient")!;
        Assert.Equal(["read", "vread", "update", "patch", "delete", "history-instance", "history-type", "create", "search-type"], patient["interaction"]!.AsArray().Select(i => (string)i!["code"]!));
        Assert.Contains("birthdate", patient["searchParam"]!.AsArray().Select(p => (string)p!["name"]!));
        Assert.Equal(304, (await shared.House.As(null).Get("/fhir/metadata", ("If-None-Match", got.ETag!))).Code);
        Assert.Equal(400, (await shared.House.As(null).Get("/fhir/metadata?mode=poetry")).Code);
    }

    [Fact]
    public async Task The_integrator_may_do_all_of_it() => Assert.Equal(200, (await Integrator.Get("/fhir/Organization?_sort=name")).Code);
}

public sealed class SearchOnSqlite(Shared shared) : SearchContract(shared), IClassFixture<Shared>;
public sealed class SearchOnPostgres(SharedOnPostgres shared) : SearchContract(shared), IClassFixture<SharedOnPostgres>;
