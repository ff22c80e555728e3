namespace Fhir.Server.Api.Tests.Interactions;

/// <summary>read, create, update, delete — https://hl7.org/fhir/R4/http.html</summary>
public abstract class CrudContract(Shared shared)
{
    private Client Jansen => shared.House.As("dr.jansen");
    private Client Integrator => shared.House.As("integrator");

    [Fact]
    public async Task T5_A_create_answers_with_the_resource_its_place_and_its_version()
    {
        var made = await Jansen.Post("/fhir/Patient", """{"resourceType":"Patient","id":"mine","meta":{"versionId":"7","profile":["http://example.org/p"]},"name":[{"family":"Peeters"}]}""");
        Assert.Equal(201, made.Code);
        Assert.NotEqual("mine", made.Id);
        Assert.Equal("1", (string)made.Json["meta"]!["versionId"]!);
        Assert.Equal("http://example.org/p", (string)made.Json["meta"]!["profile"]![0]!);
        Assert.Equal($"{shared.House.Url}/fhir/Patient/{made.Id}/_history/1", made.Headers.Location!.ToString());
        Assert.Equal("W/\"1\"", made.ETag);
        Assert.NotNull(made.Content.LastModified);
    }

    [Fact]
    public async Task T1_A_read_has_ETag_Last_Modified_and_the_FHIR_content_type()
    {
        var id = await Jansen.NewPatient();
        var read = await Jansen.Get($"/fhir/Patient/{id}");
        Assert.Equal(200, read.Code);
        Assert.Equal("W/\"1\"", read.ETag);
        Assert.Equal("application/fhir+json; charset=utf-8", read.Content.ContentType!.ToString());
        Assert.NotNull(read.Content.LastModified);
        Assert.True(read.Content.LastModified <= DateTimeOffset.Parse((string)read.Json["meta"]!["lastUpdated"]!, System.Globalization.CultureInfo.InvariantCulture));
    }

    [Fact]
    public async Task A_decimal_leaves_as_it_came()
    {
        var made = await Jansen.Post("/fhir/Observation", """{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueQuantity":{"value":1.00}}""");
        Assert.Contains("\"value\":1.00", (await Jansen.Get($"/fhir/Observation/{made.Id}?_pretty=false")).Text, StringComparison.Ordinal);
        Assert.Contains("\"value\": 1.00", (await Jansen.Get($"/fhir/Observation/{made.Id}?_pretty=true")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task T2_What_never_was_is_404_and_what_was_deleted_is_410()
    {
        Assert.Equal(404, (await Jansen.Get("/fhir/Patient/never")).Code);
        var id = await Jansen.NewPatient();
        Assert.Equal(204, (await Jansen.Delete($"/fhir/Patient/{id}")).Code);
        Assert.Equal(410, (await Jansen.Get($"/fhir/Patient/{id}")).Code);
        Assert.Equal(410, (await Jansen.Get($"/fhir/Patient/{id}/_history/2")).Code);
        Assert.Equal(200, (await Jansen.Get($"/fhir/Patient/{id}/_history/1")).Code);
        Assert.Equal(404, (await Jansen.Get($"/fhir/Patient/{id}/_history/3")).Code);
    }

    [Fact]
    public async Task T17_A_second_delete_changes_nothing()
    {
        var id = await Jansen.NewPatient();
        await Jansen.Delete($"/fhir/Patient/{id}");
        Assert.Equal(204, (await Jansen.Delete($"/fhir/Patient/{id}")).Code);
        Assert.Equal(2, (int)(await Jansen.Get($"/fhir/Patient/{id}/_history")).Json["total"]!);
    }

    [Fact]
    public async Task T8_A_put_after_a_delete_goes_on_with_the_versions()
    {
        await Integrator.Put("/fhir/Patient/back", """{"resourceType":"Patient","id":"back"}""");
        await Integrator.Delete("/fhir/Patient/back");
        var again = await Integrator.Put("/fhir/Patient/back", """{"resourceType":"Patient","id":"back"}""");
        Assert.Equal(201, again.Code);
        Assert.Equal("W/\"3\"", again.ETag);
    }

    [Theory]
    [InlineData("/fhir/patient/1", 404)]
    [InlineData("/fhir/Patient/1/deeper/still/and/more", 404)]
    [InlineData("/fhir/Nonsense", 404)]
    [InlineData("/fhir/Patient/$nonsense", 404)]
    public async Task An_unknown_address_is_a_404_with_an_OperationOutcome(string path, int status)
    {
        var got = await Jansen.Get(path);
        Assert.Equal(status, got.Code);
        Assert.NotNull(got.Places);
    }

    [Fact]
    public async Task T24_A_wrong_method_is_a_405_that_says_what_is_allowed()
    {
        var got = await Jansen.Put("/fhir/Patient/x/_history", "{}");
        Assert.Equal(405, got.Code);
        Assert.NotNull(got.Places);
        Assert.Contains("GET", got.Content.Allow);
        Assert.Equal(405, (await Jansen.Send("PATCH", "/fhir/", "{}")).Code);
    }

    [Fact]
    public async Task T6_The_types_of_address_and_body_must_agree()
    {
        Assert.Equal(400, (await Jansen.Post("/fhir/Patient", """{"resourceType":"Observation","status":"final","code":{"text":"x"}}""")).Code);
        Assert.Equal(404, (await Jansen.Post("/fhir/patient", """{"resourceType":"Patient"}""")).Code);
    }

    [Theory]
    [InlineData("""{"resourceType":"Patient"}""")]
    [InlineData("""{"resourceType":"Patient","id":"other"}""")]
    public async Task T7_The_id_of_a_put_stands_in_the_body_too(string body)
    {
        var id = await Jansen.NewPatient();
        var got = await Jansen.Put($"/fhir/Patient/{id}", body);
        Assert.Equal(400, got.Code);
        Assert.Equal(["Patient.id"], got.Places);
    }

    [Fact]
    public async Task T4_An_id_that_is_none_is_refused()
    {
        Assert.Equal(400, (await Integrator.Put("/fhir/Patient/a_b", """{"resourceType":"Patient","id":"a_b"}""")).Code);
    }

    [Fact]
    public async Task T9_A_stale_If_Match_is_412_and_a_malformed_one_400()
    {
        var id = await Jansen.NewPatient();
        var body = $$"""{"resourceType":"Patient","id":"{{id}}"}""";
        Assert.Equal(200, (await Jansen.Put($"/fhir/Patient/{id}", body, ("If-Match", "W/\"1\""))).Code);
        Assert.Equal(412, (await Jansen.Put($"/fhir/Patient/{id}", body, ("If-Match", "W/\"1\""))).Code);
        Assert.Equal(400, (await Jansen.Put($"/fhir/Patient/{id}", body, ("If-Match", "2"))).Code);
        Assert.Equal(412, (await Integrator.Put("/fhir/Patient/not-there-yet", """{"resourceType":"Patient","id":"not-there-yet"}""", ("If-Match", "W/\"1\""))).Code);
    }

    [Fact]
    public async Task T14_If_None_Match_star_creates_and_never_overwrites()
    {
        var body = """{"resourceType":"Patient","id":"only-once"}""";
        Assert.Equal(201, (await Integrator.Put("/fhir/Patient/only-once", body, ("If-None-Match", "*"))).Code);
        Assert.Equal(412, (await Integrator.Put("/fhir/Patient/only-once", body, ("If-None-Match", "*"))).Code);
    }

    [Fact]
    public async Task T13_A_version_that_is_known_is_not_sent_again()
    {
        var id = await Jansen.NewPatient();
        var known = await Jansen.Get($"/fhir/Patient/{id}", ("If-None-Match", "W/\"1\""));
        Assert.Equal((304, ""), (known.Code, known.Text));
        var read = await Jansen.Get($"/fhir/Patient/{id}");
        Assert.Equal(304, (await Jansen.Get($"/fhir/Patient/{id}", ("If-Modified-Since", read.Content.LastModified!.Value.ToString("R", null)))).Code);
        Assert.Equal(200, (await Jansen.Get($"/fhir/Patient/{id}", ("If-None-Match", "W/\"9\""))).Code);
    }

    [Fact]
    public async Task T16_HEAD_is_a_read_without_the_body()
    {
        var id = await Jansen.NewPatient();
        var (read, head) = (await Jansen.Get($"/fhir/Patient/{id}"), await Jansen.Send("HEAD", $"/fhir/Patient/{id}", null));
        Assert.Equal((200, "", read.ETag), (head.Code, head.Text, head.ETag));
        Assert.Equal(read.Bytes.Length, head.Content.ContentLength);
    }

    [Fact]
    public async Task T15_Prefer_says_what_a_write_answers_with()
    {
        const string body = """{"resourceType":"Patient"}""";
        var minimal = await Jansen.Post("/fhir/Patient", body, ("Prefer", "return=minimal"));
        Assert.Equal((201, ""), (minimal.Code, minimal.Text));
        Assert.NotNull(minimal.Headers.Location);
        Assert.NotNull(minimal.ETag);
        Assert.Equal("OperationOutcome", (string)(await Jansen.Post("/fhir/Patient", body, ("Prefer", "return=OperationOutcome"))).Json["resourceType"]!);
        Assert.Equal("Patient", (string)(await Jansen.Post("/fhir/Patient", body, ("Prefer", "return=representation"))).Json["resourceType"]!);
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData(null)]
    public async Task T20_A_body_of_another_type_is_415(string? contentType)
    {
        var got = await Jansen.SendBytes("POST", "/fhir/Patient", """{"resourceType":"Patient"}"""u8.ToArray(), contentType);
        Assert.Equal(415, got.Code);
        Assert.NotNull(got.Places);
    }

    [Fact]
    public async Task T23_Malformed_JSON_is_400_and_an_unknown_element_is_named()
    {
        var broken = await Jansen.Post("/fhir/Patient", """{"resourceType":"Patient",""");
        Assert.Equal(400, broken.Code);
        Assert.NotNull(broken.Places);
        var unknown = await Jansen.Post("/fhir/Patient", """{"resourceType":"Patient","nmae":[{"family":"Secret"}]}""");
        Assert.Equal(400, unknown.Code);
        Assert.Contains(unknown.Places, place => place.Contains("nmae", StringComparison.Ordinal));
        Assert.DoesNotContain("Secret", unknown.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_value_is_named_by_its_place_and_never_repeated()
    {
        var got = await Jansen.Post("/fhir/Patient", """{"resourceType":"Patient","gender":"Secretsex","birthDate":"1980-02-31"}""");
        Assert.Equal(400, got.Code);
        Assert.Contains("Patient.gender", got.Places);
        Assert.Contains("Patient.birthDate", got.Places);
        Assert.DoesNotContain("Secretsex", got.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("1980-02-31", got.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task T103_What_was_read_in_part_cannot_be_written_back()
    {
        var id = await Jansen.NewPatient();
        var got = await Jansen.Put($"/fhir/Patient/{id}", $$"""{"resourceType":"Patient","id":"{{id}}","meta":{"tag":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationValue","code":"SUBSETTED"}]} }""");
        Assert.Equal(422, got.Code);
    }

    [Fact]
    public async Task T11_Two_racing_puts_make_two_versions()
    {
        var id = await Jansen.NewPatient();
        var puts = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => Jansen.Put($"/fhir/Patient/{id}", $$"""{"resourceType":"Patient","id":"{{id}}","name":[{"family":"{{i}}"}]}""")));
        Assert.All(puts, p => Assert.Equal(200, p.Code));
        Assert.Equal(Enumerable.Range(2, 20), puts.Select(p => int.Parse(p.ETag![3..^1], null)).Order());
    }

    [Fact]
    public async Task Every_answer_names_its_request_and_keeps_a_harmless_id_of_the_caller()
    {
        Assert.Equal("abc-1", (await Jansen.Get("/fhir/Patient/never", ("X-Request-Id", "abc-1"))).Headers.GetValues("X-Request-Id").Single());
        Assert.NotEqual("a b", (await Jansen.Get("/fhir/Patient/never", ("X-Request-Id", "a b"))).Headers.GetValues("X-Request-Id").Single());
    }
}

public sealed class CrudOnSqlite(Shared shared) : CrudContract(shared), IClassFixture<Shared>;
public sealed class CrudOnPostgres(SharedOnPostgres shared) : CrudContract(shared), IClassFixture<SharedOnPostgres>;
