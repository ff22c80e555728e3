using System.Text;

namespace Fhir.Server.Api.Tests.Interactions;

/// <summary>patch, as FHIRPath Patch — https://hl7.org/fhir/R4/fhirpatch.html</summary>
public abstract class PatchContract(Shared shared)
{
    private Client Jansen => shared.House.As("dr.jansen");

    private static string Operations(params string[] operations) => $$"""{"resourceType":"Parameters","parameter":[{{string.Join(',', operations)}}]}""";

    private static string Operation(string type, string path, string more = "") =>
        $$"""{"name":"operation","part":[{"name":"type","valueCode":"{{type}}"},{"name":"path","valueString":"{{path}}"}{{(more == "" ? "" : "," + more)}}]}""";

    private static string BornOn(string date) => Operation("replace", "Patient.birthDate", $$"""{"name":"value","valueDate":"{{date}}"}""");

    private static string WithIdentifier(string value) =>
        Operation("add", "Patient", $$"""{"name":"name","valueString":"identifier"},{"name":"value","valueIdentifier":{"system":"http://e.example","value":"{{value}}"} }""");

    private Task<Got> Patched(string address, string body, params (string, string)[] headers) => Jansen.Send("PATCH", $"/fhir/{address}", body, headers);

    [Fact]
    public async Task A_patch_is_a_new_version()
    {
        var id = await Jansen.NewPatient();
        var got = await Patched($"Patient/{id}", Operations(BornOn("1981-02-03"), WithIdentifier("1")));
        Assert.Equal((200, "W/\"2\"", "1981-02-03"), (got.Code, got.ETag, (string)got.Json["birthDate"]!));
        Assert.Equal($"{shared.House.Url}/fhir/Patient/{id}/_history/2", got.Headers.Location!.ToString());
        Assert.Equal(got.Text, (await Jansen.Get($"/fhir/Patient/{id}")).Text);
        Assert.Equal(1, (int)(await Jansen.Get($"/fhir/Patient?identifier=http://e.example|1&_id={id}")).Json["total"]!);
        Assert.Equal("2", (string)got.Json["meta"]!["versionId"]!);
    }

    [Fact]
    public async Task What_is_not_patched_stays_as_it_was_written()
    {
        var made = await Jansen.Post("/fhir/Observation", """{"resourceType":"Observation","status":"preliminary","code":{"text":"x"},"valueQuantity":{"value":1.00}}""");
        var got = await Patched($"Observation/{made.Id}", Operations(Operation("replace", "Observation.status", """{"name":"value","valueCode":"final"}""")));
        Assert.Contains("\"value\":1.00}", got.Text, StringComparison.Ordinal);
        Assert.Contains("\"final\"", got.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task If_Match_guards_it()
    {
        var id = await Jansen.NewPatient();
        Assert.Equal(200, (await Patched($"Patient/{id}", Operations(BornOn("1981-01-01")), ("If-Match", "W/\"1\""))).Code);
        Assert.Equal(412, (await Patched($"Patient/{id}", Operations(BornOn("1982-01-01")), ("If-Match", "W/\"1\""))).Code);
        Assert.Equal("1981-01-01", (string)(await Jansen.Get($"/fhir/Patient/{id}")).Json["birthDate"]!);
    }

    [Fact]
    public async Task Patches_at_the_same_moment_lose_nothing()
    {
        var id = await Jansen.NewPatient();
        var all = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Patched($"Patient/{id}", Operations(WithIdentifier($"n{i}")))));
        Assert.All(all, got => Assert.Equal(200, got.Code));
        var identifiers = (await Jansen.Get($"/fhir/Patient/{id}")).Json["identifier"]!.AsArray();
        Assert.Equal(8, identifiers.Select(i => (string)i!["value"]!).Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public async Task T122_What_cannot_be_done_changes_nothing()
    {
        var id = await Jansen.NewPatient();
        Assert.Equal(422, (await Patched($"Patient/{id}", Operations(BornOn("1981-01-01"), Operation("replace", "Patient.gender", """{"name":"value","valueCode":"male"}""")))).Code);
        Assert.Equal(422, (await Patched($"Patient/{id}", Operations(Operation("replace", "Patient.id", """{"name":"value","valueId":"x"}""")))).Code);
        Assert.Equal(422, (await Patched($"Patient/{id}", Operations(BornOn("1981-13-01").Replace("valueDate", "valueString", StringComparison.Ordinal)))).Code);
        Assert.Equal(400, (await Patched($"Patient/{id}", Operations(Operation("repair", "Patient.gender")))).Code);
        Assert.Equal(400, (await Patched($"Patient/{id}", Operations(Operation("delete", "Patient.gendre")))).Code);
        Assert.Equal(400, (await Patched($"Patient/{id}", """{"resourceType":"Patient"}""")).Code);
        Assert.Equal("W/\"1\"", (await Jansen.Get($"/fhir/Patient/{id}")).ETag);
    }

    [Fact]
    public async Task What_is_not_there_cannot_be_patched()
    {
        var id = await Jansen.NewPatient();
        await Jansen.Delete($"/fhir/Patient/{id}");
        Assert.Equal(410, (await Patched($"Patient/{id}", Operations(BornOn("1981-01-01")))).Code);
        Assert.Equal(404, (await Patched("Patient/never", Operations(BornOn("1981-01-01")))).Code);
        Assert.Equal(404, (await Patched("Nonsense/1", Operations(BornOn("1981-01-01")))).Code);
        Assert.Equal(405, (await Patched("AuditEvent/1", Operations(BornOn("1981-01-01")))).Code);
    }

    [Fact]
    public async Task It_needs_the_scopes_to_read_and_to_update_and_sees_no_more_than_a_read()
    {
        var id = await Jansen.NewPatient();
        foreach (var scope in (string[])["user/Patient.r", "user/Patient.u", "user/Observation.cruds"])
            Assert.Equal(403, (await shared.House.As("dr.jansen", scope).Send("PATCH", $"/fhir/Patient/{id}", Operations(BornOn("1981-01-01")))).Code);
        Assert.Equal(404, (await shared.House.As("dr.devries").Send("PATCH", $"/fhir/Patient/{id}", Operations(BornOn("1981-01-01")))).Code);
        Assert.Equal(200, (await shared.House.As("dr.jansen", "user/Patient.ru").Send("PATCH", $"/fhir/Patient/{id}", Operations(BornOn("1981-01-01")))).Code);
    }

    [Theory]
    [InlineData("application/merge-patch+json")]
    [InlineData("text/plain")]
    public async Task Other_kinds_of_patch_are_refused(string contentType)
    {
        var id = await Jansen.NewPatient();
        Assert.Equal(415, (await Jansen.SendBytes("PATCH", $"/fhir/Patient/{id}", Encoding.UTF8.GetBytes("[]"), contentType)).Code);
    }

    [Fact]
    public async Task The_patch_may_come_as_XML()
    {
        var id = await Jansen.NewPatient();
        const string Patch = """
            <Parameters xmlns="http://hl7.org/fhir"><parameter><name value="operation"/><part><name value="type"/><valueCode value="replace"/></part>
            <part><name value="path"/><valueString value="Patient.birthDate"/></part><part><name value="value"/><valueDate value="1981-01-01"/></part></parameter></Parameters>
            """;
        Assert.Equal(200, (await Jansen.SendBytes("PATCH", $"/fhir/Patient/{id}", Encoding.UTF8.GetBytes(Patch), "application/fhir+xml")).Code);
        Assert.Equal("1981-01-01", (string)(await Jansen.Get($"/fhir/Patient/{id}")).Json["birthDate"]!);
    }

    [Fact]
    public async Task The_content_of_a_Binary_comes_through_a_patch_unharmed()
    {
        var content = Convert.ToBase64String(Encoding.UTF8.GetBytes("plain words"));
        var made = await Jansen.Post("/fhir/Binary", $$"""{"resourceType":"Binary","contentType":"text/plain","data":"{{content}}"}""");
        Assert.True(made.Code == 201, made.Text);
        Assert.Equal(200, (await Patched($"Binary/{made.Id}", Operations(Operation("add", "Binary", """{"name":"name","valueString":"language"},{"name":"value","valueCode":"nl"}""")))).Code);
        var read = await Jansen.Get($"/fhir/Binary/{made.Id}", ("Accept", "application/fhir+json"));
        Assert.Equal(("nl", content), ((string)read.Json["language"]!, (string)read.Json["data"]!));
    }

    [Fact]
    public async Task The_caller_may_prefer_no_echo_and_the_capabilities_tell_of_patch()
    {
        var id = await Jansen.NewPatient();
        var got = await Patched($"Patient/{id}", Operations(BornOn("1981-01-01")), ("Prefer", "return=minimal"));
        Assert.Equal((200, ""), (got.Code, got.Text));
        var patient = (await Jansen.Get("/fhir/metadata")).Json["rest"]![0]!["resource"]!.AsArray().Single(r => (string?)r!["type"] == "Patient")!;
        Assert.Contains(patient["interaction"]!.AsArray(), i => (string?)i!["code"] == "patch");
    }
}

public sealed class PatchOnSqlite(Shared shared) : PatchContract(shared), IClassFixture<Shared>;
public sealed class PatchOnPostgres(SharedOnPostgres shared) : PatchContract(shared), IClassFixture<SharedOnPostgres>;
