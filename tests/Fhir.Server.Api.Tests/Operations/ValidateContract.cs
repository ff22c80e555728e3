using System.Text;
using System.Text.Json.Nodes;
using Fhir.Server.Api.Validating;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Json;
using Microsoft.Extensions.DependencyInjection;

namespace Fhir.Server.Api.Tests.Operations;

/// <summary>$validate as a client meets it.</summary>
public abstract class ValidateContract(Shared shared)
{
    private const string Good = """{"resourceType":"Patient","text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">Peeters</div>"},"name":[{"family":"Peeters"}],"gender":"female"}""";
    private const string BadContact = """{"resourceType":"Patient","name":[{"family":"Peeters"}],"contact":[{"gender":"male"}]}""";
    private Client Jansen => shared.House.As("dr.jansen");

    [Fact]
    public async Task What_is_well_is_told_in_one_word()
    {
        var outcome = Told(await Jansen.Post("/fhir/Patient/$validate", Good));
        var only = Assert.Single(outcome);
        Assert.Equal(("information", "informational", "All went well."), (Word(only, "severity"), Word(only, "code"), Word(only, "diagnostics")));
    }

    [Fact]
    public async Task T123_What_is_wrong_is_told_with_200_all_at_once_and_each_in_its_place()
    {
        var outcome = Told(await Jansen.Post("/fhir/Patient/$validate", """{"resourceType":"Patient","gender":"Female","contact":[{"gender":"male"}],"birthDate":"1980-02-30"}"""));
        Assert.Equal("code-invalid", Word(At(outcome, "Patient.gender"), "code"));
        Assert.Equal("value", Word(At(outcome, "Patient.birthDate"), "code"));
        var contact = At(outcome, "Patient.contact[0]");
        Assert.Equal(("error", "invariant", "pat-1"), (Word(contact, "severity"), Word(contact, "code"), Word(contact["details"]!, "text")));
    }

    [Theory]
    [InlineData("""{"resourceType":"Patient","name":[{"family":"Peeters"}""", "error")]
    [InlineData("""["Patient"]""", "error")]
    [InlineData("""{"resourceType":"Patient","nickname":"P."}""", "error")]
    [InlineData("""{"resourceType":"Observation","status":"final","code":{"text":"x"}}""", "error")]
    public async Task What_is_no_such_resource_at_all_is_an_answer_too(string body, string severity) =>
        Assert.Contains(Told(await Jansen.Post("/fhir/Patient/$validate", body)), i => Word(i, "severity") == severity);

    [Fact]
    public async Task The_resource_may_come_in_Parameters_and_its_places_start_at_itself()
    {
        Assert.NotNull(At(Told(await Jansen.Post("/fhir/Patient/$validate", In(BadContact))), "Patient.contact[0]"));
        Assert.NotNull(At(Told(await Jansen.Post("/fhir/Patient/$validate", In("""{"resourceType":"Patient","nickname":"P."}"""))), "Patient.nickname"));
        Assert.Equal("informational", Word(Assert.Single(Told(await Jansen.Post("/fhir/Patient/$validate", In(Good)))), "code"));
    }

    [Theory]
    [InlineData("""<Patient xmlns="http://hl7.org/fhir"><contact><gender value="male"/></contact></Patient>""", "Patient.contact[0]")]
    [InlineData("""<Patient xmlns="http://hl7.org/fhir"><active value="maybe"/></Patient>""", "Patient.active")]
    [InlineData("""<Patient xmlns="http://hl7.org/fhir"><nickname value="P."/></Patient>""", "Patient.nickname")]
    [InlineData("""<Patient xmlns="http://hl7.org/fhir"><gender value="vrouw"/><birthDate value="1980-02-30"/></Patient>""", "Patient.birthDate")]
    [InlineData("""<Parameters xmlns="http://hl7.org/fhir"><parameter><name value="resource"/><resource><Patient><contact><gender value="male"/></contact></Patient></resource></parameter></Parameters>""", "Patient.contact[0]")]
    [InlineData("""<Parameters xmlns="http://hl7.org/fhir"><parameter><name value="resource"/><resource><Patient><nickname value="P."/></Patient></resource></parameter></Parameters>""", "Patient.nickname")]
    public async Task XML_is_judged_like_JSON_and_its_places_are_the_same(string xml, string place) => Assert.Equal("error", Word(At(Told(await Xml(xml)), place), "severity"));

    [Theory]
    [InlineData("<Patient xmlns=\"http://hl7.org/fhir\"><name>")]
    [InlineData("<!DOCTYPE Patient [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><Patient xmlns=\"http://hl7.org/fhir\"><name><family value=\"&x;\"/></name></Patient>")]
    [InlineData("<Patient><active value=\"true\"/></Patient>")]
    public async Task XML_that_is_no_FHIR_is_an_answer_too(string xml) => Assert.Contains(Told(await Xml(xml)), i => Word(i, "severity") is "error" or "fatal");

    [Fact]
    public async Task The_outcome_comes_as_XML_to_who_asks_for_it()
    {
        var got = await Jansen.SendBytes("POST", "/fhir/Patient/$validate", Encoding.UTF8.GetBytes(BadContact), "application/fhir+json", ("Accept", "application/fhir+xml"));
        Assert.Equal((200, "application/fhir+xml"), (got.Code, got.Content.ContentType?.MediaType));
        Assert.Contains("<expression value=\"Patient.contact[0]\"", got.Text, StringComparison.Ordinal);
    }

    private Task<Got> Xml(string xml) => Jansen.SendBytes("POST", "/fhir/Patient/$validate", Encoding.UTF8.GetBytes(xml), "application/fhir+xml", ("Accept", "application/fhir+json"));

    [Fact]
    public async Task Parameters_are_a_resource_at_their_own_address()
    {
        Assert.Contains(Told(await Jansen.Post("/fhir/Parameters/$validate", """{"resourceType":"Parameters","parameter":[{"name":"a"}]}""")), i => Word(i, "severity") == "error");
        Assert.DoesNotContain(Told(await Jansen.Post("/fhir/Parameters/$validate", """{"resourceType":"Parameters","parameter":[{"name":"a","valueString":"b"}]}""")), i => Word(i, "severity") == "error");
    }

    [Theory]
    [InlineData("""{"resourceType":"Parameters","parameter":[{"name":"mode","valueCode":"create"}]}""")]
    [InlineData("""{"resourceType":"Parameters"}""")]
    [InlineData("""{"resourceType":"Parameters","parameter":[{"name":"resource","valueString":"x"}]}""")]
    [InlineData("""{"resourceType":"Parameters","parameter":[{"name":"resources","resource":{"resourceType":"Patient"}}]}""")]
    [InlineData("""{"resourceType":"Parameters","parameter":[{"name":"resource","resource":{"resourceType":"Patient"}},{"name":"mode","valueCode":"try"}]}""")]
    [InlineData("""{"resourceType":"Parameters","parameter":[{"name":"resource","resource":{"resourceType":"Patient"}},{"name":"mode","valueCode":"update"}]}""")]
    [InlineData("""{"resourceType":"Parameters","parameter":[{"name":"resource","resource":{"resourceType":"Patient"}},{"name":"mode","valueCode":"profile"}]}""")]
    public async Task A_question_that_cannot_be_answered_is_400(string body)
    {
        var got = await Jansen.Post("/fhir/Patient/$validate", body);
        Assert.True(got.Code == 400, got.Text);
        Assert.NotEmpty(got.Places);
    }

    [Fact]
    public async Task What_is_no_FHIR_type_or_format_is_no_question()
    {
        Assert.Equal(404, (await Jansen.Post("/fhir/Person2/$validate", Good)).Code);
        Assert.Equal(415, (await Jansen.SendBytes("POST", "/fhir/Patient/$validate", Encoding.UTF8.GetBytes("family=Peeters"), "application/x-www-form-urlencoded")).Code);
        Assert.Equal(400, (await Jansen.SendBytes("POST", "/fhir/Patient/$validate", null, null)).Code);
        Assert.Equal(401, (await shared.House.As(null).Post("/fhir/Patient/$validate", Good)).Code);
        Assert.Equal(403, (await shared.House.As("dr.jansen", "user/Observation.rs").Post("/fhir/Patient/$validate", Good)).Code);
    }

    [Fact]
    public async Task A_profile_that_is_not_loaded_is_an_error_when_asked_for_and_a_warning_when_declared()
    {
        const string unknown = "http://example.org/fhir/StructureDefinition/nobody";
        var asked = Told(await Jansen.Post($"/fhir/Patient/$validate?profile={Uri.EscapeDataString(unknown)}", Good));
        Assert.Equal(("error", "not-found"), (Word(Assert.Single(asked), "severity"), Word(asked[0], "code")));
        var declared = Told(await Jansen.Post("/fhir/Patient/$validate", Good.Replace("\"name\"", $"\"meta\":{{\"profile\":[\"{unknown}\"]}},\"name\"", StringComparison.Ordinal)));
        Assert.Equal(("warning", "not-found"), (Word(At(declared, "Patient.meta.profile[0]"), "severity"), Word(At(declared, "Patient.meta.profile[0]"), "code")));
    }

    [Fact]
    public async Task A_profile_that_is_loaded_is_judged()
    {
        await using var house = await House.OpenAsync(add: services => services.AddSingleton(new LoadedDefinitions([Tree(BornProfile)])), furnished: true);
        var jansen = house.As("dr.jansen");
        const string born = "http://example.org/fhir/StructureDefinition/born";
        var broken = Told(await jansen.Post("/fhir/Patient/$validate", In(Good, ("profile", "valueCanonical", born))));
        Assert.Contains(broken, i => Word(i, "severity") == "error" && Places(i).Single().StartsWith("Patient", StringComparison.Ordinal));
        Assert.Equal("informational", Word(Assert.Single(Told(await jansen.Post("/fhir/Patient/$validate", In(Good.Replace("\"gender\"", "\"birthDate\":\"1980\",\"gender\"", StringComparison.Ordinal), ("profile", "valueUri", born))))), "code"));
        var id = Stored(await jansen.Post("/fhir/Patient", Good));
        Assert.Contains(Told(await jansen.Get($"/fhir/Patient/{id}/$validate?profile={born}&mode=profile")), i => Word(i, "severity") == "error");
        Assert.Equal("informational", Word(Assert.Single(Told(await jansen.Get($"/fhir/Patient/{id}/$validate"))), "code"));
    }

    [Fact]
    public async Task A_stored_resource_is_judged_for_who_may_see_it_and_is_404_for_others()
    {
        var id = Stored(await Jansen.Post("/fhir/Patient", BadContact));
        Assert.NotNull(At(Told(await Jansen.Get($"/fhir/Patient/{id}/$validate")), "Patient.contact[0]"));
        Assert.NotNull(At(Told(await Jansen.SendBytes("POST", $"/fhir/Patient/{id}/$validate", null, null)), "Patient.contact[0]"));
        var stranger = shared.House.As("dr.bakker");
        Assert.Equal(404, (await stranger.Get($"/fhir/Patient/{id}/$validate")).Code);
        Assert.Equal((await stranger.Get("/fhir/Patient/nobody/$validate")).Text, (await stranger.Get($"/fhir/Patient/{id}/$validate")).Text);
    }

    [Fact]
    public async Task T123_Mode_create_says_what_a_create_would_say_and_creates_nothing()
    {
        var before = (int)(await Jansen.Get("/fhir/Patient?family=Trialson&_summary=count")).Json["total"]!;
        var trial = Good.Replace("Peeters", "Trialson", StringComparison.Ordinal);
        Assert.Equal("informational", Word(Assert.Single(Told(await Jansen.Post("/fhir/Patient/$validate?mode=create", trial))), "code"));
        Assert.Equal(before, (int)(await Jansen.Get("/fhir/Patient?family=Trialson&_summary=count")).Json["total"]!);
        var readOnly = shared.House.As("dr.jansen", "user/*.rs");
        Assert.Equal("forbidden", Word(Assert.Single(Told(await readOnly.Post("/fhir/Patient/$validate?mode=create", trial))), "code"));
    }

    [Fact]
    public async Task Mode_update_needs_what_is_there_and_changes_nothing()
    {
        var id = Stored(await Jansen.Post("/fhir/Patient", Good));
        var next = Good.Replace("\"name\"", $"\"id\":\"{id}\",\"name\"", StringComparison.Ordinal).Replace("female", "other", StringComparison.Ordinal);
        Assert.Equal("informational", Word(Assert.Single(Told(await Jansen.Post($"/fhir/Patient/{id}/$validate?mode=update", next))), "code"));
        Assert.Equal("conflict", Word(Assert.Single(Told(await Jansen.Post($"/fhir/Patient/{id}/$validate?mode=update", next, ("If-Match", "W/\"7\"")))), "code"));
        Assert.Contains(Told(await Jansen.Post($"/fhir/Patient/{id}/$validate?mode=update", Good)), i => Places(i).Contains("Patient.id"));
        var read = await Jansen.Get($"/fhir/Patient/{id}");
        Assert.Equal(("W/\"1\"", "female"), (read.ETag, (string)read.Json["gender"]!));
        var stranger = shared.House.As("dr.bakker");
        Assert.Equal("not-found", Word(Assert.Single(Told(await stranger.Post($"/fhir/Patient/{id}/$validate?mode=update", next))), "code"));
    }

    [Fact]
    public async Task Mode_delete_says_whether_it_could_be_deleted_and_deletes_nothing()
    {
        var id = Stored(await Jansen.Post("/fhir/Patient", Good));
        var ask = In(null, ("mode", "valueCode", "delete"));
        Assert.Equal("informational", Word(Assert.Single(Told(await Jansen.Post($"/fhir/Patient/{id}/$validate", ask))), "code"));
        Assert.Equal("not-found", Word(Assert.Single(Told(await shared.House.As("dr.bakker").Post($"/fhir/Patient/{id}/$validate", ask))), "code"));
        Assert.Equal("forbidden", Word(Assert.Single(Told(await Jansen.Get("/fhir/Organization/rijnmond/$validate?mode=delete"))), "code"));
        Assert.Equal(200, (await Jansen.Get($"/fhir/Patient/{id}")).Code);
    }

    [Fact]
    public async Task It_is_audited_without_content()
    {
        var id = Stored(await Jansen.Post("/fhir/Patient", Good));
        Told(await Jansen.Post("/fhir/Patient/$validate?profile=http%3A%2F%2Fexample.org%2FZoutman", Good.Replace("Peeters", "Zoutman", StringComparison.Ordinal)));
        Told(await Jansen.Get($"/fhir/Patient/{id}/$validate"));
        var log = (await shared.House.As("privacy").Get("/fhir/AuditEvent?_count=20")).Json["entry"]!.AsArray().Select(e => e!["resource"]!.ToJsonString()).ToList();
        Assert.Contains(log, e => e.Contains($"Patient/{id}", StringComparison.Ordinal));
        Assert.DoesNotContain(log, e => e.Contains("Zoutman", StringComparison.Ordinal));
        Assert.DoesNotContain(shared.House.Log.All, line => line.Contains("Zoutman", StringComparison.Ordinal) || line.Contains("Peeters", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Every_type_tells_it_in_the_capabilities()
    {
        var types = (await Jansen.Get("/fhir/metadata")).Json["rest"]![0]!["resource"]!.AsArray();
        Assert.All(types, type => Assert.Equal("http://hl7.org/fhir/OperationDefinition/Resource-validate", (string?)type!["operation"]?.AsArray().Single(o => (string)o!["name"]! == "validate")!["definition"]));
    }

    private const string BornProfile = """
        {"resourceType":"StructureDefinition","url":"http://example.org/fhir/StructureDefinition/born","name":"Born","status":"active","fhirVersion":"4.0.1","kind":"resource","abstract":false,
         "type":"Patient","baseDefinition":"http://hl7.org/fhir/StructureDefinition/Patient","derivation":"constraint","differential":{"element":[{"id":"Patient.birthDate","path":"Patient.birthDate","min":1}] } }
        """;

    private static Fhir.Server.Core.Elements.Element Tree(string json) =>
        JsonReader.Read(Encoding.UTF8.GetBytes(json), DefinitionSet.R4).Failed(out var issue, out var tree) ? throw new InvalidOperationException(issue.Text) : tree;

    private static string In(string? resource, params (string Name, string Type, string Value)[] more)
    {
        var parameters = new JsonArray([.. more.Select(m => new JsonObject { ["name"] = m.Name, [m.Type] = m.Value })]);
        if (resource is not null) parameters.Add(new JsonObject { ["name"] = "resource", ["resource"] = JsonNode.Parse(resource) });
        return new JsonObject { ["resourceType"] = "Parameters", ["parameter"] = parameters }.ToJsonString();
    }

    private static string Stored(Got got)
    {
        Assert.True(got.Code == 201, got.Text);
        return got.Id;
    }

    private static List<JsonNode> Told(Got got)
    {
        Assert.True(got.Code == 200, $"{got.Code}: {got.Text}");
        Assert.Equal("OperationOutcome", (string?)got.Json["resourceType"]);
        return [.. got.Json["issue"]!.AsArray().Select(i => i!)];
    }

    private static JsonNode At(List<JsonNode> issues, string place) =>
        issues.FirstOrDefault(i => Places(i).Contains(place)) ?? throw new Xunit.Sdk.XunitException($"Nothing is said of {place}: {string.Join(' ', issues.Select(i => i.ToJsonString()))}");

    private static List<string> Places(JsonNode issue) => [.. issue["expression"]?.AsArray().Select(e => (string)e!) ?? []];
    private static string? Word(JsonNode node, string name) => (string?)node[name];
}

public sealed class ValidateOnSqlite(Shared shared) : ValidateContract(shared), IClassFixture<Shared>;
public sealed class ValidateOnPostgres(SharedOnPostgres shared) : ValidateContract(shared), IClassFixture<SharedOnPostgres>;
