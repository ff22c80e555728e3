using System.Text.Json.Nodes;

namespace Fhir.Server.Api.Tests.Interactions;

/// <summary>batch and transaction — https://hl7.org/fhir/R4/http.html#transaction</summary>
public abstract class TransactionContract(Shared shared)
{
    private const string A = "urn:uuid:61ebe359-bfdc-4613-8bf2-c5e300945f0a", B = "urn:uuid:88f151c0-a954-468a-88bd-5ae15c08e059";
    private Client Integrator => shared.House.As("integrator");
    private Client Jansen => shared.House.As("dr.jansen");

    private static string Bundle(string type, params string[] entries) => $$"""{"resourceType":"Bundle","type":"{{type}}","entry":[{{string.Join(',', entries)}}]}""";
    private static string Post(string fullUrl, string resource, string also = "") =>
        $$$"""{"fullUrl":"{{{fullUrl}}}","resource":{{{resource}}},"request":{"method":"POST","url":"{{{JsonNode.Parse(resource)!["resourceType"]}}}"{{{also}}}}}""";
    private static string Entry(string method, string url, string? resource = null, string also = "") =>
        $$$"""{{{{(resource is null ? "" : $"\"resource\":{resource},")}}}"request":{"method":"{{{method}}}","url":"{{{url}}}"{{{also}}}}}""";
    private static string Patient(string also = "") => $$"""{"resourceType":"Patient"{{also}}}""";
    private static string Observation(string subject, string also = "") => $$"""{"resourceType":"Observation","status":"final","code":{"text":"x"},"subject":{"reference":"{{subject}}"}{{also}}}""";
    private static string PlaceOf(JsonNode entry) => ((string)entry["response"]!["location"]!).Split("/_history")[0];

    [Fact]
    public async Task T40_References_to_urn_uuid_become_the_ids_that_were_given()
    {
        var got = await Jansen.Post("/fhir", Bundle("transaction", Post(B, Observation(A, $$""","text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\"><a href=\"{{A}}\">x</a><a href='{{A}}'>y</a><p>{{A}}</p></div>"},"note":[{"text":"{{A}}"}]""")), Post(A, Patient())));
        Assert.Equal(200, got.Code);
        Assert.Equal("transaction-response", (string)got.Json["type"]!);
        var (observation, patient) = (PlaceOf(got.Json["entry"]![0]!), PlaceOf(got.Json["entry"]![1]!));
        Assert.StartsWith("Observation/", observation, StringComparison.Ordinal);
        var read = (await Jansen.Get($"/fhir/{observation}")).Json;
        Assert.Equal(patient, (string)read["subject"]!["reference"]!);
        foreach (var there in new[] { $"href=\"{patient}\"", $"href='{patient}'", $"<p>{A}</p>" }) Assert.Contains(there, (string)read["text"]!["div"]!, StringComparison.Ordinal);
        Assert.Equal(A, (string)read["note"]![0]!["text"]!);   // a plain string is nobody's reference
        var response = got.Json["entry"]![0]!["response"]!;
        Assert.Equal(("201 Created", "W/\"1\""), ((string)response["status"]!, (string)response["etag"]!));
        Assert.NotNull(response["lastModified"]);
    }

    [Fact]
    public async Task T41_Two_resources_may_refer_to_each_other()
    {
        var got = await Jansen.Post("/fhir", Bundle("transaction",
            Post(A, $$"""{"resourceType":"Patient","link":[{"other":{"reference":"{{B}}"},"type":"seealso"}]}"""), Post(B, $$"""{"resourceType":"Patient","link":[{"other":{"reference":"{{A}}"},"type":"seealso"}]}""")));
        Assert.Equal(200, got.Code);
        var places = got.Json["entry"]!.AsArray().Select(e => PlaceOf(e!)).ToList();
        Assert.Equal(places[1], (string)(await Jansen.Get($"/fhir/{places[0]}")).Json["link"]![0]!["other"]!["reference"]!);
        Assert.Equal(places[0], (string)(await Jansen.Get($"/fhir/{places[1]}")).Json["link"]![0]!["other"]!["reference"]!);
    }

    [Fact]
    public async Task T42_A_relative_reference_is_read_against_the_base_of_its_entry()
    {
        var got = await Jansen.Post("/fhir", Bundle("transaction", Post("http://old.example.org/fhir/Patient/7", Patient()), Post("http://old.example.org/fhir/Observation/8", Observation("Patient/7"))));
        Assert.Equal(PlaceOf(got.Json["entry"]![0]!), (string)(await Jansen.Get($"/fhir/{PlaceOf(got.Json["entry"]![1]!)}")).Json["subject"]!["reference"]!);
    }

    [Fact]
    public async Task T38_One_broken_entry_stores_nothing_and_is_named()
    {
        var before = await CountAsync();
        var got = await Jansen.Post("/fhir", Bundle("transaction", Post(A, Patient()), Post(B, Observation(A, ",\"staus\":1"))));
        Assert.Equal(400, got.Code);
        Assert.Contains(got.Places, p => p.StartsWith("Bundle.entry[1].resource", StringComparison.Ordinal));
        var stale = await Jansen.Post("/fhir", Bundle("transaction", Post(A, Patient()), Entry("PUT", "Patient/nobody", Patient(",\"id\":\"nobody\""), ",\"ifMatch\":\"W/\\\"4\\\"\"")));
        Assert.Equal(404, stale.Code);
        Assert.Contains(stale.Places, p => p.StartsWith("Bundle.entry[1]", StringComparison.Ordinal));
        Assert.Equal(before, await CountAsync());
    }

    [Fact]
    public async Task T47_A_stale_ifMatch_is_412_for_all()
    {
        var id = await Jansen.NewPatient();
        var before = await CountAsync();
        Assert.Equal(412, (await Jansen.Post("/fhir", Bundle("transaction", Post(A, Patient()), Entry("PUT", $"Patient/{id}", Patient($",\"id\":\"{id}\""), ",\"ifMatch\":\"W/\\\"4\\\"\"")))).Code);
        Assert.Equal(before, await CountAsync());
    }

    [Fact]
    public async Task T37_The_order_of_work_is_DELETE_POST_PUT_GET_and_the_answers_stand_as_asked()
    {
        var (gone, kept) = (await Jansen.NewPatient(), await Jansen.NewPatient("Before"));
        var got = await Jansen.Post("/fhir", Bundle("transaction",
            Entry("GET", $"Patient/{kept}"), Entry("GET", $"Patient/{gone}"), Entry("PUT", $"Patient/{kept}", Patient($$""","id":"{{kept}}","name":[{"family":"After"}]""")), Post(A, Patient()), Entry("DELETE", $"Patient/{gone}")));
        Assert.Equal(["200 OK", "410 Gone", "200 OK", "201 Created", "204 No Content"], got.Json["entry"]!.AsArray().Select(e => (string)e!["response"]!["status"]!));
        Assert.Equal("After", (string)got.Json["entry"]![0]!["resource"]!["name"]![0]!["family"]!);   // reads see what was written
        Assert.Equal("OperationOutcome", (string)got.Json["entry"]![1]!["response"]!["outcome"]!["resourceType"]!);
    }

    [Fact]
    public async Task T46_The_same_resource_twice_is_refused()
    {
        var id = await Jansen.NewPatient();
        var put = Entry("PUT", $"Patient/{id}", Patient($",\"id\":\"{id}\""));
        Assert.Equal(400, (await Jansen.Post("/fhir", Bundle("transaction", put, put))).Code);
    }

    [Fact]
    public async Task Two_entries_of_one_name_are_refused() =>
        Assert.Equal(["Bundle.entry[1].fullUrl"], (await Jansen.Post("/fhir", Bundle("transaction", Post(A, Patient()), Post(A, Patient())))).Places);

    [Fact]
    public async Task The_entries_echo_their_resources_only_when_that_is_asked()
    {
        var bundle = Bundle("transaction", Post(A, Patient()));
        Assert.Null((await Jansen.Post("/fhir", bundle)).Json["entry"]![0]!["resource"]);
        Assert.Equal("Patient", (string)(await Jansen.Post("/fhir", bundle, ("Prefer", "return=representation"))).Json["entry"]![0]!["resource"]!["resourceType"]!);
    }

    [Fact]
    public async Task T52_An_empty_bundle_is_fine_and_another_type_is_not()
    {
        Assert.Equal(200, (await Jansen.Post("/fhir", """{"resourceType":"Bundle","type":"transaction"}""")).Code);
        Assert.Equal(200, (await Jansen.Post("/fhir/", """{"resourceType":"Bundle","type":"batch"}""")).Code);
        Assert.Equal(400, (await Jansen.Post("/fhir", """{"resourceType":"Bundle","type":"collection"}""")).Code);
        Assert.Equal(400, (await Jansen.Post("/fhir", """{"resourceType":"Patient"}""")).Code);
        Assert.Equal(400, (await Jansen.Post("/fhir", """{"resourceType":"Bundle","type":"batch","entry":[""")).Code);
    }

    [Fact]
    public async Task T39_In_a_batch_each_entry_stands_alone()
    {
        var got = await Jansen.Post("/fhir", Bundle("batch",
            Post(A, Patient()), Post(B, Observation("Patient/1", ",\"staus\":1")), Entry("GET", "Patient/never"), Entry("DELETE", "Nonsense/1"), Post(B, Observation(A)), Entry("PATCH", "Patient/1")));
        Assert.Equal(200, got.Code);
        Assert.Equal("batch-response", (string)got.Json["type"]!);
        var status = got.Json["entry"]!.AsArray().Select(e => (string)e!["response"]!["status"]!).ToList();
        Assert.Equal(["201 Created", "400 Bad Request", "404 Not Found", "404 Not Found", "201 Created", "400 Bad Request"], status);
        // Entries of a batch do not know each other.
        Assert.Equal(A, (string)(await Jansen.Get($"/fhir/{PlaceOf(got.Json["entry"]![4]!)}")).Json["subject"]!["reference"]!);
    }

    [Fact]
    public async Task Scopes_are_judged_entry_by_entry()
    {
        var got = await shared.House.As("dr.jansen", "user/Patient.cr").Post("/fhir", Bundle("batch", Post(A, Patient()), Post(B, Observation("Patient/1")), Entry("GET", "Observation/1"), Entry("DELETE", "Patient/1")));
        Assert.Equal(["201 Created", "403 Forbidden", "403 Forbidden", "403 Forbidden"], got.Json["entry"]!.AsArray().Select(e => (string)e!["response"]!["status"]!));
        Assert.Equal(403, (await shared.House.As("dr.jansen", "user/Patient.cr").Post("/fhir", Bundle("transaction", Post(A, Patient()), Post(B, Observation("Patient/1"))))).Code);
    }

    [Fact]
    public async Task T52_A_large_transaction_goes_through_in_one_piece()
    {
        var entries = Enumerable.Range(0, 1000).Select(i => Post($"urn:uuid:00000000-0000-4000-8000-{i:D12}", Observation(A))).Prepend(Post(A, Patient()));
        var got = await Integrator.Post("/fhir", Bundle("transaction", [.. entries]));
        Assert.Equal(200, got.Code);
        Assert.Equal(1001, got.Json["entry"]!.AsArray().Count);
        Assert.Single(got.Json["entry"]!.AsArray().Select(e => (string)e!["response"]!["lastModified"]!).Distinct());
    }

    private async Task<long> CountAsync() => (long)(await Integrator.Get("/fhir/_history?_count=1")).Json["total"]!;
}

public sealed class TransactionOnSqlite(Shared shared) : TransactionContract(shared), IClassFixture<Shared>;
public sealed class TransactionOnPostgres(SharedOnPostgres shared) : TransactionContract(shared), IClassFixture<SharedOnPostgres>;
public sealed class TransactionThroughPgbouncer(SharedThroughPgbouncer shared) : TransactionContract(shared), IClassFixture<SharedThroughPgbouncer>;
