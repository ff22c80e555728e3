using System.Text.Json.Nodes;

namespace Fhir.Server.Api.Tests.Operations;

/// <summary>The terminology operations as a client meets them; what they answer in detail is held in the tests of Core.</summary>
public abstract class TerminologyContract(Shared shared)
{
    private const string Gender = "http://hl7.org/fhir/ValueSet/administrative-gender";
    private Client Jansen => shared.House.As("dr.jansen");

    [Fact]
    public async Task A_value_set_of_R4_is_expanded_by_GET_and_by_POST()
    {
        var byGet = await Jansen.Get($"/fhir/ValueSet/$expand?url={Gender}&count=2&offset=1");
        Assert.Equal(("female,other", 4), (Codes(byGet), (int)byGet.Json["expansion"]!["total"]!));
        var byPost = await Jansen.Post("/fhir/ValueSet/$expand", Asked(("url", "valueUri", Gender), ("filter", "valueString", "fem")));
        Assert.Equal("female", Codes(byPost));
    }

    [Theory]
    [InlineData("url=http://nowhere.example/vs", 404, "not-found")]
    [InlineData("url=http://hl7.org/fhir/ValueSet/all-languages", 422, "too-costly")]
    [InlineData("", 400, "required")]
    [InlineData("url=http://hl7.org/fhir/ValueSet/administrative-gender&count=many", 400, "value")]
    [InlineData("url=http://hl7.org/fhir/ValueSet/administrative-gender&activeOnly=yes", 400, "value")]
    [InlineData("url=http://hl7.org/fhir/ValueSet/administrative-gender&colour=red", 400, "not-supported")]
    [InlineData("url=http://hl7.org/fhir/ValueSet/administrative-gender&valueSet=x", 400, "not-supported")]
    public async Task What_cannot_be_expanded_is_told_why(string query, int status, string code)
    {
        var got = await Jansen.Get($"/fhir/ValueSet/$expand?{query}");
        Assert.Equal((status, code), (got.Code, (string?)got.Json["issue"]![0]!["code"]));
    }

    [Fact]
    public async Task A_code_is_validated_in_a_value_set_and_in_its_code_system()
    {
        var good = await Jansen.Get($"/fhir/ValueSet/$validate-code?url={Gender}&system=http://hl7.org/fhir/administrative-gender&code=female&display=Female");
        Assert.Equal(("true", "Female"), (Value(good, "result"), Value(good, "display")));
        var bad = await Jansen.Get($"/fhir/ValueSet/$validate-code?url={Gender}&system=http://hl7.org/fhir/administrative-gender&code=woman");
        Assert.Equal((200, "false"), (bad.Code, Value(bad, "result")));
        Assert.Contains("woman", Value(bad, "message"), StringComparison.Ordinal);
        var inSystem = await Jansen.Post("/fhir/CodeSystem/$validate-code", """
            {"resourceType":"Parameters","parameter":[{"name":"coding","valueCoding":{"system":"http://hl7.org/fhir/administrative-gender","code":"male"}}]}
            """);
        Assert.Equal("true", Value(inSystem, "result"));
    }

    [Fact]
    public async Task A_code_is_looked_up_compared_and_translated()
    {
        Assert.Equal("Female", Value(await Jansen.Get("/fhir/CodeSystem/$lookup?system=http://hl7.org/fhir/administrative-gender&code=female"), "display"));
        Assert.Equal(404, (await Jansen.Get("/fhir/CodeSystem/$lookup?system=http://hl7.org/fhir/administrative-gender&code=woman")).Code);
        Assert.Equal("not-subsumed", Value(await Jansen.Get("/fhir/CodeSystem/$subsumes?system=http://hl7.org/fhir/administrative-gender&codeA=female&codeB=male"), "outcome"));
        var translated = await Jansen.Get("/fhir/ConceptMap/$translate?system=http://hl7.org/fhir/administrative-gender&code=female&targetsystem=http://terminology.hl7.org/CodeSystem/v3-AdministrativeGender");
        Assert.Equal("true", Value(translated, "result"));
        var part = translated.Json["parameter"]!.AsArray().First(p => (string?)p!["name"] == "match")!["part"]!.AsArray().Single(p => (string?)p!["name"] == "concept")!;
        Assert.Equal("F", (string?)part["valueCoding"]!["code"]);
    }

    [Fact]
    public async Task What_users_stored_counts_where_it_is_called_and_where_it_is_drawn_in()
    {
        var admin = shared.House.As("admin");
        var system = await admin.Post("/fhir/CodeSystem", """
            {"resourceType":"CodeSystem","url":"http://clinic.example/rooms","status":"active","content":"complete","caseSensitive":true,
             "concept":[{"code":"floor-1","display":"First floor","concept":[{"code":"room-11"},{"code":"room-12"}]}]}
            """);
        Assert.Equal(201, system.Code);
        var valueSet = await admin.Post("/fhir/ValueSet", """
            {"resourceType":"ValueSet","url":"http://clinic.example/all-rooms","status":"active","compose":{"include":[{"system":"http://clinic.example/rooms"}]}}
            """);
        Assert.Equal("floor-1", Codes(await Jansen.Get($"/fhir/ValueSet/{valueSet.Id}/$expand")));
        Assert.Equal("floor-1,room-11,room-12", Codes(await Jansen.Get("/fhir/ValueSet/$expand?url=http://clinic.example/all-rooms&excludeNested=true")));
        Assert.Equal("true", Value(await Jansen.Get($"/fhir/ValueSet/{valueSet.Id}/$validate-code?system=http://clinic.example/rooms&code=room-12"), "result"));
        Assert.Equal("true", Value(await Jansen.Get($"/fhir/CodeSystem/{system.Id}/$validate-code?code=room-11"), "result"));
        Assert.Equal("subsumes", Value(await Jansen.Get($"/fhir/CodeSystem/{system.Id}/$subsumes?codeA=floor-1&codeB=room-11"), "outcome"));
        Assert.Equal(404, (await Jansen.Get("/fhir/ValueSet/nowhere/$expand")).Code);
    }

    [Fact]
    public async Task A_question_may_bring_its_own_value_set()
    {
        var got = await Jansen.Post("/fhir/ValueSet/$expand", """
            {"resourceType":"Parameters","parameter":[{"name":"valueSet","resource":{"resourceType":"ValueSet","status":"active","compose":{"include":[{"system":"http://hl7.org/fhir/administrative-gender","concept":[{"code":"other"}]}]}}}]}
            """);
        Assert.Equal("other", Codes(got));
    }

    [Fact]
    public async Task Any_signed_in_caller_may_ask_and_nobody_else()
    {
        Assert.Equal(200, (await shared.House.As("dr.jansen", "user/Observation.rs").Get($"/fhir/ValueSet/$expand?url={Gender}")).Code);
        Assert.Equal(401, (await shared.House.As(null).Get($"/fhir/ValueSet/$expand?url={Gender}")).Code);
        Assert.Equal(403, (await shared.House.As("dr.jansen", "user/Observation.rs").Get("/fhir/ValueSet/1/$expand")).Code);
    }

    [Fact]
    public async Task The_capabilities_tell_of_them()
    {
        var statement = (await shared.House.As(null).Get("/fhir/metadata")).Json;
        var valueSet = statement["rest"]![0]!["resource"]!.AsArray().Single(r => (string?)r!["type"] == "ValueSet")!;
        Assert.Contains(valueSet["operation"]!.AsArray(), o => (string?)o!["name"] == "expand" && (string?)o["definition"] == "http://hl7.org/fhir/OperationDefinition/ValueSet-expand");
        var terminology = await shared.House.As(null).Get("/fhir/metadata?mode=terminology");
        Assert.Equal("TerminologyCapabilities", (string?)terminology.Json["resourceType"]);
        Assert.Contains(terminology.Json["codeSystem"]!.AsArray(), c => (string?)c!["uri"] == "http://hl7.org/fhir/administrative-gender");
    }

    private static string Codes(Got got)
    {
        Assert.True(got.Code == 200, got.Text);
        return string.Join(',', got.Json["expansion"]!["contains"]?.AsArray().Select(c => (string?)c!["code"]) ?? []);
    }

    private static string? Value(Got got, string name)
    {
        Assert.True(got.Code == 200, got.Text);
        var parameter = got.Json["parameter"]!.AsArray().Single(p => (string?)p!["name"] == name)!.AsObject();
        return parameter.Single(p => p.Key.StartsWith("value", StringComparison.Ordinal)).Value!.ToString();
    }

    private static string Asked(params (string Name, string Type, string Value)[] parameters) => new JsonObject
    {
        ["resourceType"] = "Parameters",
        ["parameter"] = new JsonArray([.. parameters.Select(p => new JsonObject { ["name"] = p.Name, [p.Type] = p.Value })]),
    }.ToJsonString();
}

public sealed class TerminologyOnSqlite(Shared shared) : TerminologyContract(shared), IClassFixture<Shared>;
public sealed class TerminologyOnPostgres(SharedOnPostgres shared) : TerminologyContract(shared), IClassFixture<SharedOnPostgres>;
