using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using System.Xml.Linq;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Json;
using Fhir.Server.Core.Tests;
using Fhir.Server.Core.Validation;
using Fhir.Server.Core.Xml;

namespace Fhir.Server.Api.Tests.Operations;

/// <summary>$fhirpath, in the shape of FHIRPath Lab.</summary>
public abstract class FhirPathContract(Shared shared)
{
    private const string Patient = """
        {"resourceType":"Patient","id":"p","active":true,"birthDate":"1974-12-25","name":[{"use":"official","family":"Canaryfamily","given":["Peter","James"]},{"given":["Jim"]}],
         "text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">x</div>"},"contact":[{"gender":"female"}],"extension":[{"url":"http://e.example/w","valueQuantity":{"value":70.500,"unit":"kg"}}]}
        """;

    private static string Asked(string expression, string more = "", string resource = Patient) =>
        $$"""{"resourceType":"Parameters","parameter":[{"name":"expression","valueString":{{JsonValue.Create(expression).ToJsonString()}}},{"name":"resource","resource":{{resource}}}{{(more == "" ? "" : "," + more)}}]}""";

    private Task<Got> Ask(string body, string? user = "dr.jansen", string format = "json") => shared.House.As(user).Post($"/fhir/$fhirpath?_format={format}", body);

    private async Task<JsonNode[]> Results(string expression, string more = "", string resource = Patient)
    {
        var got = await Ask(Asked(expression, more, resource));
        Assert.True(got.Code == 200, got.Text);
        Assert.Equal(200, (await Ask(Asked(expression, more, resource), format: "xml")).Code);
        Assert.False(JsonReader.Read(got.Bytes, DefinitionSet.R4).Failed(out var issue, out var read), issue?.Text);
        Assert.DoesNotContain(StructureCheck.Check(read), i => !i.Where!.Contains(".resource", StringComparison.Ordinal));
        return [.. got.Json["parameter"]!.AsArray().Where(p => (string?)p!["name"] == "result").Select(p => p!)];
    }

    private static string Parts(JsonNode result) => string.Join(", ", result["part"]?.AsArray().Select(Part) ?? []);

    private static string Part(JsonNode? part)
    {
        var value = part!.AsObject().FirstOrDefault(m => m.Key.StartsWith("value", StringComparison.Ordinal) || m.Key == "resource");
        var json = part["extension"]?.AsArray().FirstOrDefault(e => ((string)e!["url"]!).EndsWith("json-value", StringComparison.Ordinal));
        return $"{part["name"]} {(value.Key is null ? "" : $"{value.Key}={value.Value!.ToJsonString()}")}{(json is null ? "" : $"json={json["valueString"]}")}".Trim();
    }

    private static string? PathOf(JsonNode part) =>
        (string?)part["extension"]?.AsArray().FirstOrDefault(e => ((string)e!["url"]!).EndsWith("resource-path", StringComparison.Ordinal))?["valueString"];

    [Theory]
    [InlineData("active", "boolean valueBoolean=true")]
    [InlineData("name.given", "string valueString=\"Peter\", string valueString=\"James\", string valueString=\"Jim\"")]
    [InlineData("name[1]", "HumanName valueHumanName={\"given\":[\"Jim\"]}")]
    [InlineData("birthDate", "date valueDate=\"1974-12-25\"")]
    [InlineData("name[0].use", "code valueCode=\"official\"")]
    [InlineData("extension.value", "Quantity valueQuantity={\"value\":70.500,\"unit\":\"kg\"}")]
    [InlineData("contact", "Patient.contact json={\"gender\":\"female\"}")]
    [InlineData("text.div.exists()", "boolean valueBoolean=true")]
    [InlineData("1 + 1", "integer valueInteger=2")]
    [InlineData("1.50 * 2", "decimal valueDecimal=3.00")]
    [InlineData("'a' & 'b'", "string valueString=\"ab\"")]
    [InlineData("''", "empty-string")]
    [InlineData("' '", "string json=\" \"")]
    [InlineData("'\\u0001'", "string json=\"\\u0001\"")]
    [InlineData("'\\ud800x'", "string valueString=\"\\uFFFDx\"")]
    [InlineData("1 ' '", "Quantity valueQuantity={\"value\":1}")]
    [InlineData("1.trace(' ')", "integer valueInteger=1, trace")]
    [InlineData("@2020-01", "date valueDate=\"2020-01\"")]
    [InlineData("@2020-01-01T10:00:00Z", "dateTime valueDateTime=\"2020-01-01T10:00:00Z\"")]
    [InlineData("@2020-01-01T10", "DateTime json=\"2020-01-01T10\"")]
    [InlineData("@T10:00:00", "time valueTime=\"10:00:00\"")]
    [InlineData("@T10:00", "Time json=\"10:00\"")]
    [InlineData("1 'mg'", "Quantity valueQuantity={\"value\":1,\"unit\":\"mg\",\"system\":\"http://unitsofmeasure.org\",\"code\":\"mg\"}")]
    [InlineData("2 weeks", "Quantity valueQuantity={\"value\":2,\"unit\":\"weeks\"}")]
    [InlineData("active.type()", "SimpleTypeInfo json={\"namespace\":\"FHIR\",\"name\":\"boolean\"}")]
    [InlineData("37 'Cel' = 98.6 '[degF]'", "boolean valueBoolean=true")]
    [InlineData("now() > @2020-01-01", "boolean valueBoolean=true")]
    [InlineData("name.where(family = 'Nobody')", "")]
    [InlineData("gender.memberOf('http://hl7.org/fhir/ValueSet/administrative-gender')", "")]
    [InlineData("contact.gender.memberOf('http://hl7.org/fhir/ValueSet/administrative-gender')", "boolean valueBoolean=true")]
    [InlineData("contact.gender.memberOf('http://hl7.org/fhir/ValueSet/name-use')", "boolean valueBoolean=false")]
    [InlineData("'female'.memberOf('http://hl7.org/fhir/ValueSet/administrative-gender')", "boolean valueBoolean=true")]
    [InlineData("conformsTo('http://hl7.org/fhir/StructureDefinition/Patient')", "boolean valueBoolean=true")]
    [InlineData("conformsTo('http://hl7.org/fhir/StructureDefinition/vitalsigns')", "boolean valueBoolean=false")]
    public async Task Each_value_is_a_part_named_by_its_type(string expression, string expected) =>
        Assert.Equal(expected, Parts(Assert.Single(await Results(expression))));

    [Theory]
    [InlineData("%wide.subsumes(%narrow)", "boolean valueBoolean=true")]
    [InlineData("%narrow.subsumes(%wide)", "boolean valueBoolean=false")]
    [InlineData("%narrow.subsumedBy(%wide)", "boolean valueBoolean=true")]
    public async Task What_subsumes_what_is_known_of_loaded_code_systems(string expression, string expected) =>
        Assert.Equal(expected, Parts(Assert.Single(await Results(expression, """
            {"name":"variables","part":[
              {"name":"wide","valueCoding":{"system":"http://terminology.hl7.org/CodeSystem/v3-RoleCode","code":"PRN"}},
              {"name":"narrow","valueCoding":{"system":"http://terminology.hl7.org/CodeSystem/v3-RoleCode","code":"MTH"}}]}
            """))));

    [Fact]
    public async Task Resources_and_narrative_are_told_too()
    {
        Assert.StartsWith("Patient resource={\"resourceType\":\"Patient\",\"id\":\"p\"", Parts(Assert.Single(await Results("$this"))), StringComparison.Ordinal);
        Assert.StartsWith("xhtml json=\"<div", Parts(Assert.Single(await Results("text.div"))), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_stands_in_the_resource_is_told_with_its_place()
    {
        var parts = Assert.Single(await Results("name.given | 'x'"))["part"]!.AsArray();
        Assert.Equal(["Patient.name[0].given[0]", "Patient.name[0].given[1]", "Patient.name[1].given[0]", null], parts.Select(p => PathOf(p!)));
    }

    [Fact]
    public async Task There_is_a_result_for_each_context()
    {
        var results = await Results("given.first() & ' ' & %greeting & ' ' & %resource.id", """{"name":"context","valueString":"name"},{"name":"variables","part":[{"name":"greeting","valueString":"hi"}]}""");
        Assert.Equal(["Patient.name[0]", "Patient.name[1]"], results.Select(r => (string?)r["valueString"]));
        Assert.Equal(["string valueString=\"Peter hi p\"", "string valueString=\"Jim hi p\""], results.Select(Parts));
        Assert.Empty(await Results("given", """{"name":"context","valueString":"name.where(false)"}"""));
        Assert.Equal(["(1 | 2)[0]", "(1 | 2)[1]"], (await Results("$this + 1", """{"name":"context","valueString":"(1 | 2)"}""")).Select(r => (string?)r["valueString"]));
    }

    [Fact]
    public async Task Without_a_context_there_is_one_result_and_no_place()
    {
        var result = Assert.Single(await Results("name.period"));
        Assert.Null(result["valueString"]);
        Assert.Null(result["part"]);
    }

    [Fact]
    public async Task Variables_may_be_resources_lists_or_nothing()
    {
        const string Variables = """{"name":"variables","part":[{"name":"org","resource":{"resourceType":"Organization","name":"De Linde"}},{"name":"n","valueInteger":1},{"name":"n","valueInteger":2},{"name":"none"}]}""";
        Assert.Equal("string valueString=\"De Linde\", integer valueInteger=3, boolean valueBoolean=true", Parts(Assert.Single(await Results("%org.name.combine(%n.sum()).combine(%none.empty())", Variables))));
    }

    [Fact]
    public async Task Traces_are_parts_of_their_result()
    {
        var result = Assert.Single(await Results("name.given.trace('seen').count()"));
        var trace = result["part"]!.AsArray().Single(p => (string?)p!["name"] == "trace")!;
        Assert.Equal("seen", (string?)trace["valueString"]);
        Assert.Equal("string valueString=\"Peter\", string valueString=\"James\", string valueString=\"Jim\"", Parts(trace));
    }

    [Fact]
    public async Task The_question_is_told_back()
    {
        var got = await Ask(Asked("active", """{"name":"context","valueString":"$this"},{"name":"validate","valueBoolean":true},{"name":"terminologyserver","valueString":"https://tx.example"}"""));
        var parts = got.Json["parameter"]![0]!["part"]!.AsArray();
        Assert.Equal("parameters", (string?)got.Json["parameter"]![0]!["name"]);
        Assert.Equal(["evaluator", "expression", "context", "resource"], parts.Select(p => (string?)p!["name"]));
        Assert.Contains("(R4)", (string?)parts[0]!["valueString"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("json-value", """{"resourceType":"Patient","active":true}""")]
    [InlineData("xml-value", """<Patient xmlns="http://hl7.org/fhir"><active value="true"/></Patient>""")]
    public async Task The_resource_may_come_as_text(string how, string text)
    {
        var body = $$"""{"resourceType":"Parameters","parameter":[{"name":"expression","valueString":"Patient.active"},{"name":"resource","extension":[{"url":"http://fhir.forms-lab.com/StructureDefinition/{{how}}","valueString":{{JsonValue.Create(text).ToJsonString()}}}]}]}""";
        Assert.Contains("\"valueBoolean\":true", (await Ask(body)).Text, StringComparison.Ordinal);
        Assert.Equal(400, (await Ask(body.Replace("true", "truely", StringComparison.Ordinal))).Code);
    }

    [Fact]
    public async Task Xml_goes_in_and_out()
    {
        const string Body = """
            <Parameters xmlns="http://hl7.org/fhir"><parameter><name value="expression"/><valueString value="contact | name.given"/></parameter>
            <parameter><name value="resource"/><resource><Patient><name><given value="Jim"/></name><contact><gender value="male"/></contact></Patient></resource></parameter></Parameters>
            """;
        var got = await shared.House.As("dr.jansen").SendBytes("POST", "/fhir/$fhirpath", Encoding.UTF8.GetBytes(Body), "application/fhir+xml", ("Accept", "application/fhir+xml"));
        Assert.Equal(200, got.Code);
        Assert.Contains("<name value=\"Patient.contact\" />", got.Text.Replace("\"/>", "\" />", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.False(FhirXmlReader.Read(got.Bytes, DefinitionSet.R4).Failed(out var issue, out _), issue?.Text);
    }

    [Theory]
    [InlineData(56)]
    [InlineData(57)]
    [InlineData(58)]
    [InlineData(59)]
    [InlineData(60)]
    [InlineData(61)]
    [InlineData(62)]
    public async Task The_deepest_resource_is_answered_or_refused(int levels)
    {
        var deep = string.Concat(Enumerable.Repeat("""{"url":"u","extension":[""", levels / 2)) + """{"url":"u","valueInteger":1}""" + string.Concat(Enumerable.Repeat("]}", levels / 2));
        foreach (var format in (string[])["json", "xml"])
        {
            var got = await shared.House.As("dr.jansen").Post($"/fhir/$fhirpath?_format={format}", Asked("$this | extension", resource: $$"""{"resourceType":"Patient","extension":[{{deep}}]}"""));
            Assert.True(got.Code is 200 or 400, $"{got.Code} {got.Text}");
        }
    }

    [Theory]
    [InlineData("name.given.", "not well formed at character")]
    [InlineData("name.where(", "not well formed at character")]
    [InlineData("name.gevin", "at character")]
    [InlineData("name.nonsense()", "at character")]
    [InlineData("name.given.toInteger() + (1 | 2)", "One value")]
    [InlineData("%nothing", "variable")]
    public async Task A_wrong_expression_is_told_with_its_place(string expression, string why)
    {
        var got = await Ask(Asked(expression));
        Assert.True(got.Code is 400 or 422, got.Text);
        Assert.Equal(["Parameters.parameter.where(name='expression')"], got.Places);
        Assert.Contains(why, got.Text, StringComparison.Ordinal);
        Assert.Equal(["Parameters.parameter.where(name='context')"], (await Ask(Asked("active", $$"""{"name":"context","valueString":"{{expression}}"}"""))).Places);
    }

    [Theory]
    [InlineData("""{"resourceType":"Parameters"}""")]
    [InlineData("""{"resourceType":"Parameters","parameter":[{"name":"expression","valueString":"active"}]}""")]
    [InlineData("""{"resourceType":"Parameters","parameter":[{"name":"resource","resource":{"resourceType":"Patient"}}]}""")]
    [InlineData("""{"resourceType":"Parameters","parameter":[{"name":"expression","valueString":"active"},{"name":"resource","valueString":"x"}]}""")]
    [InlineData("""{"resourceType":"Parameters","parameter":[{"name":"expression","valueInteger":1},{"name":"resource","resource":{"resourceType":"Patient"}}]}""")]
    [InlineData("""{"resourceType":"Parameters","parameter":[{"name":"expresion","valueString":"active"},{"name":"resource","resource":{"resourceType":"Patient"}}]}""")]
    [InlineData("""{"resourceType":"Patient"}""")]
    [InlineData("{")]
    public async Task A_question_that_is_not_understood_is_400(string body)
    {
        var got = await Ask(body);
        Assert.Equal(400, got.Code);
        Assert.NotNull(got.Places);
    }

    [Fact]
    public async Task A_half_made_resource_will_do() =>
        Assert.Equal("code valueCode=\"unheard-of\"", Parts(Assert.Single(await Results("Observation.status", resource: """{"resourceType":"Observation","status":"unheard-of"}"""))));

    [Theory]
    [InlineData("descendants().select(%resource.descendants().select(%resource.descendants().select(%resource.descendants())))")]
    [InlineData("descendants().select(%resource.descendants().select(%resource.descendants().select($this | %resource.name)))")]
    [InlineData("descendants().select(%resource.descendants().select(%resource.descendants().select({}.trace('none').union({}.trace('nothing'))))).exists()")]
    [InlineData("descendants().select(%resource.descendants().select(%resource.descendants().trace('c').trace('d'))).first()")]
    public async Task Too_much_work_or_too_large_an_answer_is_refused_at_once(string expression)
    {
        var clock = Stopwatch.StartNew();
        var got = await Ask(Asked(expression));
        Assert.Equal(400, got.Code);
        Assert.Contains("too-costly", got.Text, StringComparison.Ordinal);
        Assert.True(clock.Elapsed.TotalSeconds < 60, $"{clock.Elapsed}");
    }

    [Fact]
    public async Task Many_places_are_told_without_counting_each_list_again()
    {
        var names = string.Join(',', Enumerable.Repeat("""{"family":"x"}""", 9_000));
        var clock = Stopwatch.StartNew();
        Assert.Equal(9_000, Assert.Single(await Results("name.family", resource: $$"""{"resourceType":"Patient","name":[{{names}}]}"""))["part"]!.AsArray().Count);
        Assert.True(clock.Elapsed.TotalSeconds < 60, $"{clock.Elapsed}");
    }

    [Fact]
    public async Task Whoever_is_signed_in_may_ask_and_nobody_else()
    {
        foreach (var user in (string[])["dr.jansen", "his-delinde", "integrator"]) Assert.Equal(200, (await Ask(Asked("active"), user)).Code);
        Assert.Equal(200, (await shared.House.As("dr.jansen", "user/Patient.r").Post("/fhir/$fhirpath", Asked("active"))).Code);
        Assert.Equal(401, (await Ask(Asked("active"), null)).Code);
    }

    [Fact]
    public async Task The_log_and_the_audit_know_that_it_was_asked_and_not_what()
    {
        await shared.House.As("dr.jansen").Post("/fhir/$fhirpath", Asked("name.where(family = 'Canaryexpression')"), ("X-Request-Id", "fhirpath-1"));
        await shared.House.As("dr.jansen").Post("/fhir/$fhirpath", Asked("name.where(family = 'Canaryexpression'"), ("X-Request-Id", "fhirpath-2"));
        Assert.DoesNotContain(shared.House.Log.All, line => line.Contains("Canary", StringComparison.Ordinal));
        var log = await shared.House.As("privacy").Get("/fhir/AuditEvent?_count=50");
        Assert.Contains("fhirpath-1", log.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("Canary", log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_expression_of_the_official_suite_is_answered_in_both_formats_or_refused()
    {
        var folder = TestFolders.Data("fhirpath");
        var answered = 0;
        foreach (var test in XDocument.Load(Path.Combine(folder, "tests-fhir-r4.xml")).Descendants("test"))
        {
            var resource = """{"resourceType":"Basic","id":"b"}""";
            if ((string?)test.Attribute("inputfile") is { } file && file.EndsWith(".xml", StringComparison.Ordinal) && !FhirXmlReader.Read(await File.ReadAllBytesAsync(Path.Combine(folder, file)), DefinitionSet.R4).Failed(out _, out var read))
                resource = Encoding.UTF8.GetString(JsonWriter.Write(read));
            var (json, xml) = (await Ask(Asked(test.Element("expression")!.Value, resource: resource)), await Ask(Asked(test.Element("expression")!.Value, resource: resource), format: "xml"));
            Assert.True(json.Code is 200 or 400 && xml.Code == json.Code, $"{test.Element("expression")!.Value}: {json.Code} {xml.Code} {xml.Text}");
            if (json.Code == 200) answered++;
        }
        Assert.True(answered > 800, $"{answered} are answered.");
    }

    [Fact]
    public async Task The_capabilities_tell_of_it() =>
        Assert.Contains((await shared.House.As(null).Get("/fhir/metadata")).Json["rest"]![0]!["operation"]!.AsArray(), o => (string?)o!["name"] == "fhirpath");
}

public sealed class FhirPathOnSqlite(Shared shared) : FhirPathContract(shared), IClassFixture<Shared>;
public sealed class FhirPathOnPostgres(SharedOnPostgres shared) : FhirPathContract(shared), IClassFixture<SharedOnPostgres>;
