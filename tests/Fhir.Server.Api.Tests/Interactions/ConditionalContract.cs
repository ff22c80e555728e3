using System.Text;
using System.Text.Json.Nodes;

namespace Fhir.Server.Api.Tests.Interactions;

/// <summary>conditional update, patch and delete — https://hl7.org/fhir/R4/http.html#cond-update; and JSON Patch.</summary>
public abstract class ConditionalContract(Shared shared)
{
    private const string System = "http://example.org/x";
    private Client Jansen => shared.House.As("dr.jansen");
    private Client Bakker => shared.House.As("dr.bakker");
    private Client Integrator => shared.House.As("integrator");

    private static string Unique() => "N" + Guid.NewGuid().ToString("N");
    private static string By(string value) => $"Patient?identifier={System}|{value}";
    private static string Patient(string value, string also = "") => $$"""{"resourceType":"Patient","identifier":[{"system":"{{System}}","value":"{{value}}"}]{{also}}}""";
    private static string Bundle(string type, params string[] entries) => $$"""{"resourceType":"Bundle","type":"{{type}}","entry":[{{string.Join(',', entries)}}]}""";
    private static string Entry(string method, string url, string? resource = null, string also = "", string? fullUrl = null) =>
        $$$"""{{{{(fullUrl is null ? "" : $"\"fullUrl\":\"{fullUrl}\",")}}}{{{(resource is null ? "" : $"\"resource\":{resource},")}}}"request":{"method":"{{{method}}}","url":"{{{url}}}"{{{also}}}}}""";
    private static string Binary(string patch) => $$"""{"resourceType":"Binary","contentType":"application/json-patch+json","data":"{{Convert.ToBase64String(Encoding.UTF8.GetBytes(patch))}}"}""";
    private static string PlaceOf(JsonNode entry) => ((string)entry["response"]!["location"]!).Split("/_history")[0];
    private static string StatusOf(Got got, int entry) => ((string)got.Json["entry"]![entry]!["response"]!["status"]!)[..3];
    private Task<Got> Patched(Client who, string address, string patch, params (string, string)[] headers) =>
        who.SendBytes("PATCH", $"/fhir/{address}", Encoding.UTF8.GetBytes(patch), "application/json-patch+json", headers);

    private async Task<string> New(string value, string also = "") => (await Jansen.Post("/fhir/Patient", Patient(value, also))).Id;
    private async Task<int> VersionsOf(string id) => (int)(await Jansen.Get($"/fhir/Patient/{id}/_history")).Json["total"]!;

    [Fact]
    public async Task T32_A_conditional_update_creates_updates_or_is_refused()
    {
        var value = Unique();
        var made = await Jansen.Put($"/fhir/{By(value)}", Patient(value));
        Assert.Equal((201, "W/\"1\""), (made.Code, made.ETag));
        var changed = await Jansen.Put($"/fhir/{By(value)}", Patient(value, ",\"gender\":\"female\""));
        Assert.Equal((200, made.Id, "female"), (changed.Code, changed.Id, (string)changed.Json["gender"]!));
        var named = await Jansen.Put($"/fhir/{By(value)}", Patient(value, $",\"id\":\"{made.Id}\",\"gender\":\"male\""));
        Assert.Equal((200, made.Id), (named.Code, named.Id));
        Assert.Equal(400, (await Jansen.Put($"/fhir/{By(value)}", Patient(value, ",\"id\":\"another\""))).Code);
        Assert.Equal(3, await VersionsOf(made.Id));
        await New(value);
        Assert.Equal(412, (await Jansen.Put($"/fhir/{By(value)}", Patient(value))).Code);
        Assert.Equal(1, (int)(await Jansen.Get($"/fhir/{By(value)}&gender=male")).Json["total"]!);
    }

    [Fact]
    public async Task T32_Without_a_match_the_id_in_the_body_is_given_to_who_sees_the_whole_tenant_and_never_to_an_id_that_is_taken()
    {
        var (value, id) = (Unique(), Unique());
        Assert.Equal(404, (await Jansen.Put($"/fhir/{By(value)}", Patient(value, $",\"id\":\"{id}\""))).Code);
        var made = await Integrator.Put($"/fhir/{By(value)}", Patient(value, $",\"id\":\"{id}\""));
        Assert.Equal((201, id), (made.Code, made.Id));
        var other = Unique();
        Assert.Equal(412, (await Integrator.Put($"/fhir/{By(other)}", Patient(other, $",\"id\":\"{id}\""))).Code);
        Assert.Equal(404, (await Jansen.Put($"/fhir/{By(other)}", Patient(other, $",\"id\":\"{id}\""))).Code);   // hidden and absent look alike
    }

    [Fact]
    public async Task T33_A_conditional_delete_deletes_one_or_nothing()
    {
        var value = Unique();
        Assert.Equal(204, (await Jansen.Delete($"/fhir/{By(value)}")).Code);
        var (one, two) = (await New(value), await New(value));
        Assert.Equal(412, (await Jansen.Delete($"/fhir/{By(value)}")).Code);
        Assert.Equal(204, (await Jansen.Delete($"/fhir/{By(value)}&_id={one}")).Code);
        Assert.Equal(204, (await Jansen.Delete($"/fhir/{By(value)}")).Code);
        Assert.Equal((410, 410), ((await Jansen.Get($"/fhir/Patient/{one}")).Code, (await Jansen.Get($"/fhir/Patient/{two}")).Code));
        Assert.Equal(204, (await Jansen.Delete($"/fhir/{By(value)}")).Code);
        Assert.Equal(2, await VersionsOf(two));
    }

    [Fact]
    public async Task T12_An_update_that_changes_nothing_makes_no_version()
    {
        var value = Unique();
        var made = await Jansen.Post("/fhir/Patient", Patient(value, ""","name":[{"family":"A"},{"family":"B"}],"multipleBirthInteger":1"""));
        var again = await Jansen.Put($"/fhir/Patient/{made.Id}", made.Text);
        Assert.Equal((200, "W/\"1\"", made.Text), (again.Code, again.ETag, again.Text));
        var reordered = await Jansen.Put($"/fhir/Patient/{made.Id}", $$"""{"multipleBirthInteger": 1, "id":"{{made.Id}}","name":[{"family":"A"},{"family":"B"}],"identifier":[{"value":"{{value}}","system":"{{System}}"}],"resourceType":"Patient"}""");
        Assert.Equal((200, "W/\"1\""), (reordered.Code, reordered.ETag));
        Assert.Equal("W/\"1\"", (await Jansen.Put($"/fhir/{By(value)}", Patient(value, ""","name":[{"family":"A"},{"family":"B"}],"multipleBirthInteger":1"""))).ETag);
        Assert.Equal("W/\"1\"", (await Patched(Jansen, $"Patient/{made.Id}", """[{"op":"test","path":"/name/0/family","value":"A"}]""")).ETag);
        Assert.Equal(412, (await Jansen.Put($"/fhir/Patient/{made.Id}", made.Text, ("If-Match", "W/\"2\""))).Code);
        Assert.Equal(1, await VersionsOf(made.Id));
        foreach (var (also, etag) in ((string, string)[])[(""","name":[{"family":"B"},{"family":"A"}],"multipleBirthInteger":1""", "W/\"2\""), (""","name":[{"family":"B"},{"family":"A"}],"multipleBirthInteger":2""", "W/\"3\""), (""","name":[{"family":"B"},{"family":"A"}],"multipleBirthInteger":2,"meta":{"tag":[{"code":"x"}]}""", "W/\"4\"")])
            Assert.Equal(etag, (await Jansen.Put($"/fhir/Patient/{made.Id}", Patient(value, $",\"id\":\"{made.Id}\"{also}"))).ETag);
        await Jansen.Delete($"/fhir/Patient/{made.Id}");
        Assert.Equal((201, "W/\"6\""), await Jansen.Put($"/fhir/Patient/{made.Id}", made.Text) is var back ? (back.Code, back.ETag) : default);
    }

    [Theory]
    [InlineData("")]
    [InlineData("?")]
    [InlineData("?nonsense=1")]
    [InlineData("?identifier=")]
    [InlineData("?_sort=name")]
    [InlineData("?gender=male&nonsense=1")]
    public async Task T34_Criteria_are_strict_and_never_mean_everything(string criteria)
    {
        var lenient = ("Prefer", "handling=lenient");
        Assert.Equal(400, (await Jansen.Put($"/fhir/Patient{criteria}", Patient("x"), lenient)).Code);
        Assert.Equal(400, (await Jansen.Delete($"/fhir/Patient{criteria}", lenient)).Code);
        Assert.Equal(400, (await Patched(Jansen, $"Patient{criteria}", """[{"op":"add","path":"/gender","value":"male"}]""", lenient)).Code);
    }

    [Fact]
    public async Task T35_A_conditional_patch_changes_the_one_that_meets_the_criteria()
    {
        var value = Unique();
        const string patch = """[{"op":"add","path":"/gender","value":"other"}]""";
        Assert.Equal(404, (await Patched(Jansen, By(value), patch)).Code);
        var id = await New(value);
        var got = await Patched(Jansen, By(value), patch);
        Assert.Equal((200, id, "other"), (got.Code, got.Id, (string)got.Json["gender"]!));
        await New(value);
        Assert.Equal(412, (await Patched(Jansen, By(value), patch)).Code);
        Assert.Equal(2, await VersionsOf(id));
    }

    [Fact]
    public async Task What_a_caller_does_not_see_meets_no_criteria_of_hers()
    {
        var value = Unique();
        var id = await New(value);
        Assert.Equal(404, (await Patched(Bakker, By(value), """[{"op":"add","path":"/gender","value":"male"}]""")).Code);
        Assert.Equal(204, (await Bakker.Delete($"/fhir/{By(value)}")).Code);
        Assert.Equal(201, (await Bakker.Put($"/fhir/{By(value)}", Patient(value))).Code);
        Assert.Equal((200, "W/\"1\""), await Jansen.Get($"/fhir/Patient/{id}") is var got ? (got.Code, got.ETag) : default);
        foreach (var scope in (string[])["user/Patient.cud", "user/Patient.r"])
            Assert.Equal(403, (await shared.House.As("dr.jansen", scope).Put($"/fhir/{By(value)}", Patient(value))).Code);
        Assert.Equal(403, (await shared.House.As("dr.jansen", "user/Patient.us").Put($"/fhir/{By(Unique())}", Patient(value))).Code);   // what would be a create needs the right to create
    }

    [Fact]
    public async Task T36_Of_forty_identical_conditional_updates_one_creates()
    {
        var value = Unique();
        var all = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => i % 4 == 0
            ? Jansen.Post("/fhir/Patient", Patient(value), ("If-None-Exist", $"identifier={System}|{value}"))
            : Jansen.Put($"/fhir/{By(value)}", Patient(value))));
        Assert.Single(all, a => a.Code == 201);
        Assert.Equal(39, all.Count(a => a.Code == 200));
        Assert.Single(all.Select(a => a.Id).Distinct());
    }

    [Fact]
    public async Task T36_Conditional_deletes_and_creates_at_once_leave_one_or_none()
    {
        var value = Unique();
        var all = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => i % 2 == 0
            ? Jansen.Delete($"/fhir/{By(value)}")
            : Jansen.Post("/fhir/Patient", Patient(value), ("If-None-Exist", $"identifier={System}|{value}"))));
        Assert.All(all, a => Assert.Contains(a.Code, (int[])[200, 201, 204]));
        Assert.InRange((int)(await Jansen.Get($"/fhir/{By(value)}")).Json["total"]!, 0, 1);
    }

    [Fact]
    public async Task In_a_transaction_a_conditional_update_and_the_references_to_it_mean_one_resource()
    {
        var (there, missing) = (Unique(), Unique());
        var id = await New(there);
        const string a = "urn:uuid:11111111-1111-4111-8111-111111111111", b = "urn:uuid:22222222-2222-4222-8222-222222222222";
        var got = await Jansen.Post("/fhir", Bundle("transaction",
            Entry("PUT", By(there), Patient(there, ",\"gender\":\"male\""), fullUrl: a), Entry("PUT", By(missing), Patient(missing), fullUrl: b),
            Entry("POST", "Observation", Observation(a)), Entry("POST", "Observation", Observation(b))));
        Assert.Equal(200, got.Code);
        Assert.Equal(("200", "201"), (StatusOf(got, 0), StatusOf(got, 1)));
        var places = got.Json["entry"]!.AsArray().Select(e => PlaceOf(e!)).ToList();
        Assert.Equal($"Patient/{id}", places[0]);
        Assert.Equal(places[0], (string)(await Jansen.Get($"/fhir/{places[2]}")).Json["subject"]!["reference"]!);
        Assert.Equal(places[1], (string)(await Jansen.Get($"/fhir/{places[3]}")).Json["subject"]!["reference"]!);
    }

    [Fact]
    public async Task T46_One_condition_means_one_resource_in_a_transaction_though_nothing_met_it_before()
    {
        var value = Unique();
        Assert.Equal(400, (await Jansen.Post("/fhir", Bundle("transaction", Entry("PUT", By(value), Patient(value)), Entry("PUT", By(value), Patient(value))))).Code);
        const string a = "urn:uuid:11111111-1111-4111-8111-111111111111", b = "urn:uuid:22222222-2222-4222-8222-222222222222";
        var both = await Jansen.Post("/fhir", Bundle("transaction", Entry("PUT", By(value), Patient(value), fullUrl: a),
            Entry("POST", "Patient", Patient(value), $",\"ifNoneExist\":\"identifier={System}|{value}\"", b), Entry("POST", "Observation", Observation(a)), Entry("POST", "Observation", Observation(b))));
        if (both.Code == 200) Assert.Equal(1, (int)(await Jansen.Get($"/fhir/{By(value)}")).Json["total"]!);
        else Assert.Equal((400, 0), (both.Code, (int)(await Jansen.Get($"/fhir/{By(value)}")).Json["total"]!));
    }

    [Fact]
    public async Task T44_What_the_same_transaction_deletes_is_there_for_no_condition()
    {
        var value = Unique();
        var id = await New(value);
        const string a = "urn:uuid:11111111-1111-4111-8111-111111111111";
        var got = await Jansen.Post("/fhir", Bundle("transaction", Entry("DELETE", $"Patient/{id}"), Entry("POST", "Patient", Patient(value), $",\"ifNoneExist\":\"identifier={System}|{value}\"", a), Entry("POST", "Observation", Observation(a))));
        Assert.Equal((200, "201"), (got.Code, StatusOf(got, 1)));
        Assert.NotEqual($"Patient/{id}", PlaceOf(got.Json["entry"]![1]!));
        Assert.Equal(PlaceOf(got.Json["entry"]![1]!), (string)(await Jansen.Get($"/fhir/{PlaceOf(got.Json["entry"]![2]!)}")).Json["subject"]!["reference"]!);
    }

    [Fact]
    public async Task T49_What_is_patched_can_be_referred_to_and_more_than_one_is_told_as_ever()
    {
        var (value, twice) = (Unique(), Unique());
        var id = await New(value);
        const string a = "urn:uuid:11111111-1111-4111-8111-111111111111";
        var got = await Jansen.Post("/fhir", Bundle("transaction", Entry("PATCH", $"Patient/{id}", Binary("""[{"op":"add","path":"/gender","value":"male"}]"""), fullUrl: a), Entry("POST", "Observation", Observation(a))));
        Assert.Equal($"Patient/{id}", (string)(await Jansen.Get($"/fhir/{PlaceOf(got.Json["entry"]![1]!)}")).Json["subject"]!["reference"]!);
        Assert.Equal(400, (await Jansen.Post("/fhir", Bundle("transaction", Entry("PATCH", By(value), Binary("[]"), fullUrl: a), Entry("POST", "Observation", Observation(a))))).Code);
        (_, _) = (await New(twice), await New(twice));
        Assert.Equal(412, (await Jansen.Post("/fhir", Bundle("transaction", Entry("PATCH", $"Patient/{id}", Binary("[]")), Entry("PUT", By(twice), Patient(twice))))).Code);
    }

    private static string Observation(string subject) => $$$"""{"resourceType":"Observation","status":"final","code":{"text":"x"},"subject":{"reference":"{{{subject}}}"}}""";

    [Fact]
    public async Task T43_A_conditional_reference_means_what_the_same_bundle_creates_by_any_criteria()
    {
        var (family, value) = (Unique(), Unique());
        var got = await Jansen.Post("/fhir", Bundle("transaction",
            Entry("POST", "Observation", Observation($"Patient?family={family}&gender=male")),
            Entry("POST", "Encounter", $$$"""{"resourceType":"Encounter","status":"planned","class":{"code":"AMB"},"identifier":[{"value":"{{{value}}}"}],"subject":{"reference":"Patient?family={{{family}}}"}}"""),
            Entry("POST", "Condition", $$$"""{"resourceType":"Condition","subject":{"reference":"Patient?family={{{family}}}"},"encounter":{"reference":"Encounter?identifier={{{value}}}"}}"""),
            Entry("POST", "Patient", Patient(Unique(), $$""","gender":"male","name":[{"family":"{{family}}"}]"""))));
        Assert.Equal(200, got.Code);
        var places = got.Json["entry"]!.AsArray().Select(e => PlaceOf(e!)).ToList();
        foreach (var place in places.Take(3)) Assert.Equal(places[3], (string)(await Jansen.Get($"/fhir/{place}")).Json["subject"]!["reference"]!);
        Assert.Equal(places[1], (string)(await Jansen.Get($"/fhir/{places[2]}")).Json["encounter"]!["reference"]!);
        // A second one, and the reference means two.
        var two = await Jansen.Post("/fhir", Bundle("transaction", Entry("POST", "Observation", Observation($"Patient?family={family}")), Entry("POST", "Patient", Patient(Unique(), $$""","name":[{"family":"{{family}}"}]"""))));
        Assert.Equal(412, two.Code);
        Assert.Equal(["Bundle.entry[0].resource.subject.reference"], two.Places);
        Assert.Equal(1, (int)(await Jansen.Get($"/fhir/Patient?family={family}")).Json["total"]!);
    }

    [Fact]
    public async Task T45_Two_creates_under_one_condition_however_it_is_spelled_are_one_resource()
    {
        var value = Unique();
        const string a = "urn:uuid:11111111-1111-4111-8111-111111111111", b = "urn:uuid:22222222-2222-4222-8222-222222222222";
        string Condition(string text) => $",\"ifNoneExist\":\"{text}\"";
        var got = await Jansen.Post("/fhir", Bundle("transaction",
            Entry("POST", "Observation", Observation(b)), Entry("POST", "Observation", Observation(a)),
            Entry("POST", "Patient", Patient(value), Condition($"identifier={System}|{value}"), a), Entry("POST", "Patient", Patient(value), Condition($"identifier={Uri.EscapeDataString(System)}%7C{value}"), b)));
        Assert.Equal(200, got.Code);
        var places = got.Json["entry"]!.AsArray().Select(e => PlaceOf(e!)).ToList();
        Assert.Equal(places[2], places[3]);
        foreach (var place in places.Take(2)) Assert.Equal(places[2], (string)(await Jansen.Get($"/fhir/{place}")).Json["subject"]!["reference"]!);
        Assert.Equal(1, (int)(await Jansen.Get($"/fhir/{By(value)}")).Json["total"]!);
    }

    [Fact]
    public async Task T46_One_resource_under_two_names_is_refused()
    {
        var value = Unique();
        var id = await New(value, ",\"gender\":\"male\"");
        foreach (var other in (string[])[Entry("DELETE", $"Patient/{id}"), Entry("PUT", $"Patient?_id={id}", Patient(value)), Entry("DELETE", $"Patient?_id={id}")])
            Assert.Equal(400, (await Jansen.Post("/fhir", Bundle("transaction", Entry("PUT", By(value), Patient(value)), other))).Code);
        Assert.Equal(1, await VersionsOf(id));
    }

    [Theory]
    [InlineData("transaction")]
    [InlineData("batch")]
    public async Task T49_Entries_patch_by_JSON_Patch_and_by_FHIRPath_Patch(string type)
    {
        var (value, other) = (Unique(), Unique());
        var (id, two) = (await New(value), await New(other));
        const string parameters = """{"resourceType":"Parameters","parameter":[{"name":"operation","part":[{"name":"type","valueCode":"add"},{"name":"path","valueString":"Patient"},{"name":"name","valueString":"birthDate"},{"name":"value","valueDate":"1980-01-01"}]}]}""";
        var got = await Jansen.Post("/fhir", Bundle(type, Entry("PATCH", $"Patient/{id}", Binary("""[{"op":"add","path":"/gender","value":"male"}]""")), Entry("PATCH", By(other), parameters), Entry("GET", $"Patient/{id}")));
        Assert.Equal(("200", "200"), (StatusOf(got, 0), StatusOf(got, 1)));
        Assert.Equal("male", (string)got.Json["entry"]![2]!["resource"]!["gender"]!);   // a read entry sees what was written
        Assert.Equal("1980-01-01", (string)(await Jansen.Get($"/fhir/Patient/{two}")).Json["birthDate"]!);
        var failing = await Jansen.Post("/fhir", Bundle(type, Entry("PUT", $"Patient/{two}", Patient(other, $",\"id\":\"{two}\"")), Entry("PATCH", $"Patient/{id}", Binary("""[{"op":"test","path":"/gender","value":"female"}]"""))));
        Assert.Equal(type == "batch" ? 200 : 422, failing.Code);
        Assert.Equal(type == "batch" ? 3 : 2, await VersionsOf(two));
        Assert.Equal(2, await VersionsOf(id));
        if (type == "transaction") Assert.All(failing.Places, place => Assert.StartsWith("Bundle.entry[1]", place, StringComparison.Ordinal));
        var foreign = await Bakker.Post("/fhir", Bundle("batch", Entry("PATCH", $"Patient/{id}", Binary("[]"))));
        Assert.Equal("404", StatusOf(foreign, 0));
        Assert.Equal("403", StatusOf(await shared.House.As("dr.jansen", "user/Patient.u").Post("/fhir", Bundle("batch", Entry("PATCH", $"Patient/{id}", Binary("[]")))), 0));
    }

    [Fact]
    public async Task T49_Transactions_that_patch_at_the_same_moment_lose_nothing()
    {
        var value = Unique();
        var id = await New(value);
        var all = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Jansen.Post("/fhir", Bundle("transaction",
            Entry("PATCH", $"Patient/{id}", Binary($$$"""[{"op":"add","path":"/identifier/-","value":{"system":"{{{System}}}","value":"{{{value}}}{{{i}}}"}}]"""))))));
        Assert.All(all, got => Assert.Equal(200, got.Code));
        Assert.Equal(9, (await Jansen.Get($"/fhir/Patient/{id}")).Json["identifier"]!.AsArray().Count);
    }

    [Fact]
    public async Task T122_JSON_Patch_does_what_it_says_and_leaves_the_rest_as_it_was_written()
    {
        var made = await Jansen.Post("/fhir/Observation", """{"resourceType":"Observation","status":"preliminary","code":{"text":"x"},"valueQuantity":{"value":1.00},"note":[{"text":"a"},{"text":"b"}]}""");
        var got = await Patched(Jansen, $"Observation/{made.Id}", """
            [{"op":"test","path":"/valueQuantity/value","value":1.0},{"op":"replace","path":"/status","value":"final"},{"op":"add","path":"/note/-","value":{"text":"d"}},
             {"op":"add","path":"/note/2","value":{"text":"c"}},{"op":"remove","path":"/note/0"},{"op":"copy","from":"/note/0","path":"/note/-"},{"op":"move","from":"/note/0","path":"/note/1"},
             {"op":"add","path":"/code/coding","value":[{"system":"http://e/~1","code":"~"}]}]
            """);
        Assert.Equal(200, got.Code);
        Assert.Equal("W/\"2\"", got.ETag);
        Assert.Contains("\"value\":1.00}", got.Text, StringComparison.Ordinal);
        Assert.Equal("c b d b", string.Join(' ', got.Json["note"]!.AsArray().Select(n => (string)n!["text"]!)));
        Assert.Equal(412, (await Patched(Jansen, $"Observation/{made.Id}", """[{"op":"replace","path":"/status","value":"amended"}]""", ("If-Match", "W/\"1\""))).Code);
    }

    [Theory]
    [InlineData("""[{"op":"test","path":"/status","value":"final"},{"op":"remove","path":"/note"}]""", 422)]
    [InlineData("""[{"op":"remove","path":"/note/7"}]""", 422)]
    [InlineData("""[{"op":"remove","path":"/note/01"}]""", 422)]
    [InlineData("""[{"op":"replace","path":"/issued","value":"x"}]""", 422)]
    [InlineData("""[{"op":"replace","path":"/id","value":"another"}]""", 422)]
    [InlineData("""[{"op":"remove","path":"/id"}]""", 422)]
    [InlineData("""[{"op":"replace","path":"/resourceType","value":"Patient"}]""", 422)]
    [InlineData("""[{"op":"replace","path":"/status","value":7}]""", 422)]
    [InlineData("""[{"op":"remove","path":"/status"}]""", 422)]
    [InlineData("""[{"op":"add","path":"/staus","value":"final"}]""", 422)]
    [InlineData("""[{"op":"move","from":"/note","path":"/note/0/x"}]""", 422)]
    [InlineData("""[{"op":"replace","path":"","value":{}}]""", 400)]
    [InlineData("""[{"op":"replace","path":"status","value":"final"}]""", 400)]
    [InlineData("""[{"op":"replace","path":"/a~2","value":"final"}]""", 400)]
    [InlineData("""[{"op":"replace","path":"/status"}]""", 400)]
    [InlineData("""[{"op":"burn","path":"/status"}]""", 400)]
    [InlineData("""[{"op":"copy","path":"/status"}]""", 400)]
    [InlineData("""[{"op":"add","path":"/status","value":"\ud800"}]""", 400)]
    [InlineData("""[7]""", 400)]
    [InlineData("""{}""", 400)]
    [InlineData("""[""", 400)]
    [InlineData("", 400)]
    public async Task T122_A_JSON_Patch_that_cannot_be_done_changes_nothing(string patch, int status)
    {
        var made = await Jansen.Post("/fhir/Observation", """{"resourceType":"Observation","status":"preliminary","code":{"text":"x"},"note":[{"text":"a"}]}""");
        var got = await Patched(Jansen, $"Observation/{made.Id}", patch);
        Assert.Equal((status, "OperationOutcome"), (got.Code, (string)got.Json["resourceType"]!));
        Assert.Equal("W/\"1\"", (await Jansen.Get($"/fhir/Observation/{made.Id}")).ETag);
    }

    [Fact]
    public async Task T122_Copies_of_copies_are_bounded()
    {
        var made = await Jansen.Post("/fhir/Observation", """{"resourceType":"Observation","status":"preliminary","code":{"text":"x"},"note":[{"text":"abcdefghijklmnop"}]}""");
        var doubling = string.Join(',', Enumerable.Range(0, 60).Select(_ => """{"op":"copy","from":"/note","path":"/note/0"}"""));
        Assert.Equal(400, (await Patched(Jansen, $"Observation/{made.Id}", $"[{doubling}]")).Code);
        var twice = await Patched(Jansen, $"Observation/{made.Id}", """[{"op":"add","op":"add","path":"/status","value":"final"}]""");
        Assert.Equal((400, true), (twice.Code, twice.Text.Contains("twice", StringComparison.Ordinal)));
        Assert.Equal(415, (await Jansen.SendBytes("PATCH", $"/fhir/Observation/{made.Id}", "[]"u8.ToArray(), "text/plain")).Code);
    }
}

public sealed class ConditionalOnSqlite(Shared shared) : ConditionalContract(shared), IClassFixture<Shared>;
public sealed class ConditionalOnPostgres(SharedOnPostgres shared) : ConditionalContract(shared), IClassFixture<SharedOnPostgres>;
