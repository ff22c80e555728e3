using System.Text.Json.Nodes;

namespace Fhir.Server.Api.Tests.Interactions;

/// <summary>The rules of searching that are easily got wrong, one test each, over HTTP — https://hl7.org/fhir/R4/search.html</summary>
public abstract class SearchRulesContract(Shared shared)
{
    private readonly string _run = Guid.NewGuid().ToString("N")[..12];

    private Client Client => shared.House.As("integrator");

    // Ids and references end with @, which stands for this test alone.
    private string Own(string text) => text.Replace("@", $".{_run}", StringComparison.Ordinal);

    private async Task StoreAsync(params string[] resources)
    {
        foreach (var resource in resources)
        {
            var json = JsonNode.Parse(Own(resource))!.AsObject();
            json["meta"] = new JsonObject { ["tag"] = new JsonArray(new JsonObject { ["system"] = "urn:run", ["code"] = _run }) };
            var got = await Client.Put($"/fhir/{json["resourceType"]}/{json["id"]}", json.ToJsonString());
            Assert.True(got.Code == 201, got.Text);
        }
    }

    private Task<Got> AskAsync(string query, params (string, string)[] headers) => Client.Get($"/fhir/{Own(query)}{(query.Contains('?', StringComparison.Ordinal) ? "&" : "?")}_tag=urn:run|{_run}", headers);

    private async Task FindsAsync(string query, params string[] ids)
    {
        var got = await AskAsync(query);
        Assert.True(got.Code == 200, $"{query}: {got.Text}");
        Assert.Equal((query, string.Join(' ', ids)), (query, string.Join(' ', got.Json["entry"]?.AsArray().Where(e => (string)e!["search"]!["mode"]! == "match").Select(e => ((string)e!["resource"]!["id"]!).Split('.')[0]) ?? [])));
    }

    private async Task RefusesAsync(string query, string place)
    {
        var got = await AskAsync(query);
        Assert.Equal((query, 400, place), (query, got.Code, got.Places.Single()));
    }

    private static string Patient(string id, string content = "") => $$"""{"resourceType":"Patient","id":"{{id}}@"{{(content.Length == 0 ? "" : "," + content)}}}""";

    private static string Observation(string id, string content) => $$"""{"resourceType":"Observation","id":"{{id}}@","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"4548-4"}]},{{content}}}""";

    private static string Encounter(string id, string period) => $$"""{"resourceType":"Encounter","id":"{{id}}@","status":"finished","class":{"code":"AMB"},"period":{{period}}}""";

    private static IReadOnlyList<JsonNode> Resources(Got got) => [.. got.Json["entry"]?.AsArray().Select(e => e!["resource"]!) ?? []];

    [Fact]
    public async Task T105_Contained_resources_are_told_by_their_container_or_by_themselves()
    {
        await StoreAsync($$$"""
            {"resourceType":"MedicationRequest","id":"105","status":"active","intent":"order","subject":{"display":"x"},"medicationReference":{"reference":"#med"},
             "contained":[{"resourceType":"Medication","id":"med","code":{"coding":[{"system":"urn:atc","code":"{{{_run}}}"}]}}]}
            """);
        Assert.Empty(Resources(await Client.Get($"/fhir/Medication?code={_run}")));
        var got = await Client.Get($"/fhir/Medication?_contained=true&code={_run}");
        Assert.Equal(("MedicationRequest", 1), ((string?)Resources(got).Single()["resourceType"], (int?)got.Json["total"]));
        Assert.Contains("_contained=true", (string)got.Json["link"]![0]!["url"]!, StringComparison.Ordinal);
        got = await Client.Get($"/fhir/Medication?_contained=both&_containedType=contained&code={_run}");
        Assert.Equal(("Medication", "med"), ((string?)Resources(got).Single()["resourceType"], (string?)Resources(got).Single()["id"]));
        Assert.EndsWith("#med", (string)got.Json["entry"]![0]!["fullUrl"]!, StringComparison.Ordinal);
        Assert.Equal(400, (await Client.Delete($"/fhir/Medication?_contained=true&code={_run}")).Code);
        Assert.Equal(400, (await Client.Post("/fhir/Medication", """{"resourceType":"Medication"}""", ("If-None-Exist", $"_contained=true&code={_run}"))).Code);
    }

    [Fact]
    public async Task T58_A_modifier_that_the_parameter_does_not_have_is_refused_in_both_modes()
    {
        foreach (var prefer in new[] { "", "handling=lenient", "handling=strict" })
            Assert.Equal(("birthdate:exact", 400), await AskAsync("Patient?birthdate:exact=2000", ("Prefer", prefer)) is var got ? (got.Places.Single(), got.Code) : default);
    }

    [Fact]
    public async Task T63_A_count_above_the_most_is_cut_to_it_and_the_self_link_says_so()
    {
        await StoreAsync(Patient("a"));
        var got = await AskAsync("Patient?_count=999999");
        Assert.Contains("_count=1000", (string)got.Json["link"]![0]!["url"]!, StringComparison.Ordinal);
        foreach (var count in new[] { "-1", "abc" }) await RefusesAsync($"Patient?_count={count}", "_count");
    }

    [Fact]
    public async Task T65_A_repeated_parameter_means_and_a_comma_means_or()
    {
        await StoreAsync(Patient("a", "\"name\":[{\"given\":[\"Anna\",\"Maria\"]}]"), Patient("b", "\"name\":[{\"given\":[\"Anna\"]}]"), Patient("c", "\"name\":[{\"given\":[\"Maria\"]}]"));
        await FindsAsync("Patient?given=anna&given=maria", "a");
        await FindsAsync("Patient?given=anna,maria", "a", "b", "c");
    }

    [Fact]
    public async Task T66_Separators_are_escaped_with_a_backslash_and_percent_encoding_does_not_escape_them()
    {
        await StoreAsync(Patient("comma", """ "name":[{"family":"Jansen, Pieters"}] """), Patient("one", """ "name":[{"family":"Jansen"}] """), Patient("bar", """ "identifier":[{"system":"urn:x","value":"a|b$c\\d"}] """));
        await FindsAsync(@"Patient?family:exact=Jansen\, Pieters", "comma");
        await FindsAsync("Patient?family:exact=Jansen%5C%2C%20Pieters", "comma");
        await FindsAsync("Patient?family:exact=Jansen%2CPieters", "one");
        await FindsAsync(@"Patient?identifier=urn:x|a\|b\$c\\d", "bar");
    }

    [Fact]
    public async Task T67_A_parameter_without_a_value_asks_nothing()
    {
        await StoreAsync(Patient("a"), Patient("b"));
        await FindsAsync("Patient?name=", "a", "b");
    }

    [Fact]
    public async Task T68_What_is_hit_several_times_is_found_once()
    {
        await StoreAsync(Patient("a", "\"name\":[{\"given\":[\"Jan\",\"Janneke\"],\"family\":\"Jansen\"},{\"text\":\"Jan Jansen\"}]"));
        await FindsAsync("Patient?name=jan,jansen", "a");
        Assert.Equal(1, (int)(await AskAsync("Patient?name=jan&_total=accurate")).Json["total"]!);
    }

    [Fact]
    public async Task T69_Names_of_parameters_and_types_are_case_sensitive()
    {
        await RefusesAsync("?_type=patient", "_type");
        Assert.Equal(400, (await AskAsync("Patient?Family=x", ("Prefer", "handling=strict"))).Code);
        Assert.Equal(404, (await AskAsync("patient?family=x")).Code);
    }

    [Fact]
    public async Task T75_A_code_has_the_system_that_its_element_is_bound_to()
    {
        await StoreAsync(Patient("m", "\"gender\":\"male\""), Patient("f", "\"gender\":\"female\""));
        await FindsAsync("Patient?gender=http://hl7.org/fhir/administrative-gender|male", "m");
        await FindsAsync("Patient?gender=http://hl7.org/fhir/administrative-gender|", "m", "f");
        await FindsAsync("Patient?gender=|male");
        await FindsAsync("Patient?gender=http://example.org|male");
    }

    [Fact]
    public async Task T76_A_boolean_is_searched_as_a_token_and_a_moment_of_death_is_a_death()
    {
        await StoreAsync(Patient("active", "\"active\":true"), Patient("not", "\"active\":false,\"deceasedBoolean\":true"), Patient("dead", "\"deceasedDateTime\":\"2020-01-01\""), Patient("alive", "\"deceasedBoolean\":false"));
        await FindsAsync("Patient?active=true", "active");
        await FindsAsync("Patient?active=false", "not");
        await FindsAsync("Patient?deceased=true", "not", "dead");
        await FindsAsync("Patient?deceased=false", "active", "alive");   // as its expression has it: who is not known to be dead
    }

    [Fact]
    public async Task T77_Codes_and_identifiers_are_compared_letter_by_letter()
    {
        await StoreAsync(Patient("upper", """ "identifier":[{"system":"urn:x","value":"AB1"}] """), Patient("lower", """ "identifier":[{"system":"urn:x","value":"ab1"}] """), Encounter("e", """{"start":"2020"}"""));
        await FindsAsync("Patient?identifier=urn:x|AB1", "upper");
        await FindsAsync("Patient?identifier=ab1", "lower");
        await FindsAsync("Encounter?class=amb");
        await FindsAsync("Encounter?class=AMB", "e");
    }

    [Fact]
    public async Task T78_Not_leaves_out_who_has_any_of_the_codes_and_keeps_who_has_none()
    {
        await StoreAsync(
            Patient("both", """ "maritalStatus":{"coding":[{"system":"urn:x","code":"M"},{"system":"urn:x","code":"S"}]},"gender":"male" """), Patient("none"), Patient("gone", "\"gender\":\"female\""));
        var both = Observation("both", """ "category":[{"coding":[{"code":"a"}]},{"coding":[{"code":"b"}]}] """);
        await StoreAsync(both, Observation("b", """ "category":[{"coding":[{"code":"b"}]}] """), Observation("bare", "\"valueString\":\"x\""));
        await FindsAsync("Observation?category:not=a", "b", "bare");
        await FindsAsync("Observation?category:not=a,b", "bare");
        Assert.Equal(204, (await Client.Delete(Own("/fhir/Patient/gone@"))).Code);
        await FindsAsync("Patient?gender:not=male", "none");
    }

    [Theory]
    [InlineData("Patient", "name", """ "name":[{"family":"x"}] """)]
    [InlineData("Patient", "birthdate", "\"birthDate\":\"2000\"")]
    [InlineData("Patient", "gender", "\"gender\":\"male\"")]
    [InlineData("Patient", "organization", """ "managingOrganization":{"reference":"Organization/x"} """)]
    [InlineData("ValueSet", "url", "\"url\":\"http://example.org/x\"")]
    [InlineData("Observation", "value-quantity", """ "valueQuantity":{"value":1} """)]
    [InlineData("RiskAssessment", "probability", """ "prediction":[{"probabilityDecimal":0.5}] """)]
    [InlineData("Observation", "code-value-quantity", """ "valueQuantity":{"value":1} """)]
    public async Task T79_Missing_is_asked_of_parameters_of_every_type(string type, string parameter, string content)
    {
        string Of(string id, string more) => $$"""{"resourceType":"{{type}}","id":"{{id}}@"{{(type switch { "Observation" => ",\"status\":\"final\",\"code\":{\"text\":\"x\",\"coding\":[{\"code\":\"c\"}]}", "RiskAssessment" => ",\"status\":\"final\",\"subject\":{\"reference\":\"Patient/x\"}", "ValueSet" => ",\"status\":\"active\"", _ => "" })}}{{more}}}""";
        await StoreAsync(Of("has", "," + content), Of("lacks", ""));
        await FindsAsync($"{type}?{parameter}:missing=true", "lacks");
        await FindsAsync($"{type}?{parameter}:missing=false", "has");
    }

    [Fact]
    public async Task T82_A_date_is_a_span_and_holds_what_lies_in_it_whole()
    {
        await StoreAsync(Encounter("within", """{"start":"2013-01-14T10:00:00Z","end":"2013-01-14T11:00:00Z"}"""), Encounter("across", """{"start":"2012-12-01","end":"2013-02-28"}"""));
        await FindsAsync("Encounter?date=2013-01", "within");
        await FindsAsync("Encounter?date=ap2013-01", "within", "across");
    }

    [Fact]
    public async Task T83_Each_prefix_compares_spans_and_open_ends_reach_for_ever()
    {
        await StoreAsync(Encounter("before", """{"start":"2019-01-01","end":"2019-02-01"}"""), Encounter("within", """{"start":"2020-03-01","end":"2020-04-01"}"""), Encounter("after", """{"start":"2021-01-01","end":"2021-02-01"}"""), Encounter("open", """{"start":"2020-05-01"}"""));
        await FindsAsync("Encounter?date=eq2020", "within");
        await FindsAsync("Encounter?date=ne2020", "before", "after", "open");
        await FindsAsync("Encounter?date=gt2020", "after", "open");
        await FindsAsync("Encounter?date=lt2020", "before");
        await FindsAsync("Encounter?date=ge2020", "within", "after", "open");
        await FindsAsync("Encounter?date=le2020", "before", "within");
        await FindsAsync("Encounter?date=sa2020", "after");
        await FindsAsync("Encounter?date=eb2020", "before");
    }

    [Fact]
    public async Task T84_A_birth_date_that_is_known_to_the_year_is_no_day_of_it()
    {
        await StoreAsync(Patient("year", "\"birthDate\":\"1980\""), Patient("day", "\"birthDate\":\"1980-05-01\""));
        await FindsAsync("Patient?birthdate=1980-05-01", "day");
        await FindsAsync("Patient?birthdate=1980", "year", "day");
        await FindsAsync("Patient?birthdate=ap1980-05-01", "year", "day");
    }

    [Fact]
    public async Task T85_Moments_are_compared_in_UTC_to_the_precision_that_was_given()
    {
        await StoreAsync(
            Encounter("east", """{"start":"2020-06-01T00:30:00+14:00","end":"2020-06-01T00:30:00+14:00"}"""), Encounter("west", """{"start":"2020-06-01T23:30:00-12:00","end":"2020-06-01T23:30:00-12:00"}"""),
            Encounter("part", """{"start":"2020-07-01T09:20:10.500Z","end":"2020-07-01T09:20:10.500Z"}"""));
        await FindsAsync("Encounter?date=2020-05-31", "east");
        await FindsAsync("Encounter?date=2020-06-02", "west");
        await FindsAsync("Encounter?date=2020-05-31T10:30", "east");
        await FindsAsync("Encounter?date=2020-07-01T09:20", "part");
        await FindsAsync("Encounter?date=2020-07-01T09:20:10.5", "part");
        await FindsAsync("Encounter?date=2020-07-01T09:20:10.500Z", "part");
        foreach (var wrong in new[] { "2018-02-30", "2018-01-01T24:00", "2018-13" }) await RefusesAsync($"Encounter?date={wrong}", "date");
    }

    [Fact]
    public async Task T86_The_plus_of_a_zone_may_arrive_as_a_space()
    {
        await StoreAsync(Encounter("e", """{"start":"2020-06-01T10:00:00+01:00","end":"2020-06-01T10:00:00+01:00"}"""));
        foreach (var plus in new[] { "+", "%20", "%2B" }) await FindsAsync($"Encounter?date=2020-06-01T10:00:00{plus}01:00", "e");
    }

    [Fact]
    public async Task T87_Two_conditions_on_a_date_of_several_values_may_be_met_by_different_ones()
    {
        await StoreAsync("""{"resourceType":"ServiceRequest","id":"s@","status":"active","intent":"order","subject":{"reference":"Patient/x"},"occurrenceTiming":{"event":["2019-05-01","2022-05-01"]}}""");
        await FindsAsync("ServiceRequest?occurrence=ge2020&occurrence=lt2021", "s");
    }

    [Fact]
    public async Task T88_A_number_means_its_last_place_give_or_take_half()
    {
        static string Risk(string id, string p) => $$"""{"resourceType":"RiskAssessment","id":"{{id}}@","status":"final","subject":{"reference":"Patient/x"},"prediction":[{"probabilityDecimal":{{p}}}]}""";
        await StoreAsync(Risk("a", "99.5"), Risk("b", "100.4"), Risk("c", "100.5"), Risk("d", "100"), Risk("e", "95"), Risk("f", "-0.5"));
        await FindsAsync("RiskAssessment?probability=100", "a", "b", "d");
        await FindsAsync("RiskAssessment?probability=100.00", "d");
        await FindsAsync("RiskAssessment?probability=1e2", "a", "b", "c", "d", "e");
        await FindsAsync("RiskAssessment?probability=gt100", "b", "c");
        await FindsAsync("RiskAssessment?probability=-0.5", "f");
        await FindsAsync("RiskAssessment?probability=lt0", "f");
    }

    [Fact]
    public async Task T90_A_range_is_found_by_what_lies_in_it_money_by_its_currency_and_a_timing_by_its_outer_limits()
    {
        await StoreAsync(
            """{"resourceType":"Invoice","id":"i@","status":"issued","totalNet":{"value":12.5,"currency":"EUR"}}""",
            """{"resourceType":"ServiceRequest","id":"s@","status":"active","intent":"order","subject":{"reference":"Patient/x"},"occurrenceTiming":{"repeat":{"boundsPeriod":{"start":"2020-01-01","end":"2020-02-01"}}}}""");
        await FindsAsync("Invoice?totalnet=12.5||EUR", "i");
        await FindsAsync("Invoice?totalnet=12.5||USD");
        await FindsAsync("ServiceRequest?occurrence=2020", "s");
        await FindsAsync("ServiceRequest?occurrence=2021");
    }

    [Fact]
    public async Task T92_A_bare_id_means_every_type_that_the_reference_may_have()
    {
        await StoreAsync(Observation("of-patient", "\"subject\":{\"reference\":\"Patient/p@\"}"), Observation("of-group", "\"subject\":{\"reference\":\"Group/p@\"}"), Observation("of-device", "\"subject\":{\"reference\":\"Device/other\"}"));
        await FindsAsync("Observation?subject=p@", "of-patient", "of-group");
        await FindsAsync("Observation?subject:Group=p@", "of-group");
        await RefusesAsync("Observation?subject:Practitioner=p", "subject:Practitioner");   // T94
    }

    [Fact]
    public async Task T93_A_reference_is_found_by_the_identifier_that_stands_in_it()
    {
        await StoreAsync(Observation("named", """ "subject":{"identifier":{"system":"urn:x","value":"1"}} """), Observation("not", "\"subject\":{\"reference\":\"Patient/1\"}"));
        await FindsAsync("Observation?subject:identifier=urn:x|1", "named");
    }

    [Fact]
    public async Task T95_Two_chains_may_be_met_by_different_resources()
    {
        await StoreAsync(
            """{"resourceType":"Organization","id":"a@","name":"Alfa"}""", """{"resourceType":"Organization","id":"b@","name":"Beta"}""", Patient("both", """ "generalPractitioner":[{"reference":"Organization/a@"},{"reference":"Organization/b@"}] """),
            Patient("one", """ "generalPractitioner":[{"reference":"Organization/a@"}] """));
        await FindsAsync("Patient?general-practitioner:Organization.name=alfa&general-practitioner:Organization.name=beta", "both");
    }

    [Fact]
    public async Task T96_A_chain_without_a_type_tries_each_that_has_the_parameter()
    {
        await StoreAsync("""{"resourceType":"Organization","id":"o@","name":"Jansen"}""", """{"resourceType":"Practitioner","id":"d@","name":[{"family":"Jansen"}]}""",
            Patient("at", """ "generalPractitioner":[{"reference":"Organization/o@"}] """), Patient("with", """ "generalPractitioner":[{"reference":"Practitioner/d@"}] """));
        await FindsAsync("Patient?general-practitioner.name=jansen", "at", "with");
        await RefusesAsync("Patient?general-practitioner.nonsense=x", "general-practitioner.nonsense");
    }

    [Fact]
    public async Task T98_A_composite_binds_within_one_component()
    {
        static string Component(string code, int value) => $$$"""{"code":{"coding":[{"system":"http://loinc.org","code":"{{{code}}}"}]},"valueQuantity":{"value":{{{value}}},"code":"mm[Hg]"}}""";
        await StoreAsync(Observation("bp", $"\"component\":[{Component("8480-6", 120)},{Component("8462-4", 80)}]"));
        await FindsAsync("Observation?component-code-value-quantity=8480-6$120", "bp");
        await FindsAsync("Observation?component-code-value-quantity=8480-6$80");
    }

    [Fact]
    public async Task T101_What_is_contained_or_not_there_is_no_include()
    {
        await StoreAsync(
            Observation("dangling", "\"subject\":{\"reference\":\"Patient/never@\"}"),
            Observation("holding", """ "contained":[{"resourceType":"Patient","id":"c"}],"subject":{"reference":"#c"} """));
        var got = await AskAsync("Observation?_include=Observation:subject");
        Assert.Equal((200, 2), (got.Code, got.Json["entry"]!.AsArray().Count));
    }
}

public sealed class SearchRulesOnSqlite(Shared shared) : SearchRulesContract(shared), IClassFixture<Shared>;
public sealed class SearchRulesOnPostgres(SharedOnPostgres shared) : SearchRulesContract(shared), IClassFixture<SharedOnPostgres>;
