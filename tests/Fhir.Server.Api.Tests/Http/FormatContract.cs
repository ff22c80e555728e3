using System.Text.Json.Nodes;

namespace Fhir.Server.Api.Tests.Http;

/// <summary>Which format is asked and answered — https://hl7.org/fhir/R4/http.html#mime-type. T19 to T24 number the rules as the specification's traps are numbered.</summary>
public abstract class FormatContract(Shared shared)
{
    private const string Json = "application/fhir+json; charset=utf-8";
    private const string Xml = "application/fhir+xml; charset=utf-8";
    private Client Jansen => shared.House.As("dr.jansen");

    [Theory]
    [InlineData("json", Json)]
    [InlineData("application/json", Json)]
    [InlineData("text/json", Json)]
    [InlineData("application/fhir+json", Json)]        // the raw + arrives as a space
    [InlineData("application/fhir%2Bjson", Json)]
    [InlineData("application/fhir+json;fhirVersion=4.0", Json)]
    [InlineData("xml", Xml)]
    [InlineData("XML", Xml)]
    [InlineData("text/xml", Xml)]
    [InlineData("application/xml", Xml)]
    [InlineData("application/fhir+xml", Xml)]
    [InlineData("application/fhir%2Bxml", Xml)]
    [InlineData("application/fhir+xml;%20fhirVersion=4.0", Xml)]
    [InlineData("application/fhir+xml;fhirVersion=3.0", null)]
    [InlineData("html", null)]
    [InlineData("ttl", null)]
    [InlineData("json,xml", null)]
    public async Task T19_The_format_parameter_beats_Accept(string format, string? contentType)
    {
        var other = contentType == Json ? "application/fhir+xml" : "application/fhir+json";
        var got = await Jansen.Get($"/fhir/Patient/{await Jansen.NewPatient()}?_format={format}", ("Accept", other));
        Assert.Equal((contentType is null ? 406 : 200, contentType ?? Json), (got.Code, got.Content.ContentType!.ToString()));
    }

    [Fact]
    public async Task T19_An_empty_format_parameter_says_nothing() =>
        Assert.Equal(Xml, (await Jansen.Get($"/fhir/Patient/{await Jansen.NewPatient()}?_format=", ("Accept", "application/fhir+xml"))).Content.ContentType!.ToString());

    [Theory]
    [InlineData("application/fhir+json", Json)]
    [InlineData("application/json", Json)]
    [InlineData("application/fhir+xml", Xml)]
    [InlineData("application/xml", Xml)]
    [InlineData("text/xml", Xml)]
    [InlineData("Application/FHIR+XML", Xml)]
    [InlineData("*/*", Json)]
    [InlineData("application/*", Json)]
    [InlineData("", Json)]
    [InlineData("text/html", Json)]
    [InlineData("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", Json)]      // a browser
    [InlineData("text/html,application/fhir+xml", Xml)]
    [InlineData("application/fhir+xml, */*", Xml)]
    [InlineData("*/*, application/fhir+xml;q=0.5", Json)]
    [InlineData("application/fhir+xml;q=0.9, application/fhir+json;q=0.8", Xml)]
    [InlineData("application/fhir+xml;q=0.8, application/fhir+json;q=0.9", Json)]
    [InlineData("application/fhir+xml, application/fhir+json", Xml)]                           // as welcome: the first
    [InlineData("application/fhir+json, application/fhir+xml", Json)]
    [InlineData("application/fhir+json;q=0, */*", Xml)]
    [InlineData("application/fhir+json;q=0, application/fhir+xml;q=0", null)]
    [InlineData("image/png", null)]
    [InlineData("image/png, application/xml;q=0.1", Xml)]
    [InlineData("application/fhir+json; fhirVersion=4.0", Json)]
    [InlineData("application/fhir+xml; fhirVersion=\"4.0\"", Xml)]
    [InlineData("application/fhir+xml; fhirVersion=5.0", null)]
    [InlineData("application/fhir+xml; fhirVersion=5.0, application/fhir+json; fhirVersion=4.0", Json)]
    [InlineData("application/fhir+turtle", null)]
    public async Task T20_T21_Accept_is_weighed(string accept, string? contentType)
    {
        var got = await Jansen.Get($"/fhir/Patient/{await Jansen.NewPatient()}", ("Accept", accept));
        Assert.Equal((contentType is null ? 406 : 200, contentType ?? Json), (got.Code, got.Content.ContentType!.ToString()));
    }

    [Theory]
    [InlineData("application/fhir+xml", 201)]
    [InlineData("application/xml", 201)]
    [InlineData("text/xml", 201)]
    [InlineData("application/fhir+xml; charset=UTF-8", 201)]
    [InlineData("application/fhir+xml;fhirVersion=4.0", 201)]
    [InlineData("application/fhir+xml;fhirVersion=5.0", 415)]
    [InlineData("application/fhir+xml; charset=iso-8859-1", 415)]
    [InlineData("application/fhir+xml; charset=utf-16", 415)]
    [InlineData("application/xhtml+xml", 415)]
    [InlineData("application/fhir+turtle", 415)]
    [InlineData("text/plain", 415)]
    [InlineData("multipart/form-data", 415)]
    [InlineData("no type at all", 415)]
    [InlineData(null, 415)]
    [InlineData("application/fhir+json", 400)]          // it says JSON and is not
    public async Task T20_A_body_is_of_the_type_that_it_says(string? contentType, int status)
    {
        var got = await Jansen.SendBytes("POST", "/fhir/Patient", """<Patient xmlns="http://hl7.org/fhir"><active value="true"/></Patient>"""u8.ToArray(), contentType);
        Assert.Equal(status, got.Code);
        if (status != 201) Assert.NotNull(got.Places);
    }

    [Theory]
    [InlineData("application/fhir+json; charset=utf-8", 201)]
    [InlineData("application/json;charset=\"utf-8\"", 201)]
    [InlineData("application/fhir+json; charset=utf-16", 415)]
    [InlineData("application/fhir+json; fhirVersion=3.0", 415)]
    public async Task T20_Likewise_in_JSON(string contentType, int status) =>
        Assert.Equal(status, (await Jansen.SendBytes("POST", "/fhir/Patient", """{"resourceType":"Patient","active":true}"""u8.ToArray(), contentType)).Code);

    [Fact]
    public async Task T22_Pretty_changes_only_whitespace()
    {
        const string body = """<Patient xmlns="http://hl7.org/fhir"><text><status value="generated"/><div xmlns="http://www.w3.org/1999/xhtml"><p>a <b>b</b><i>c</i></p><pre> d  e</pre></div></text><name><family value=" x  y "/></name></Patient>""";
        var id = (await Jansen.SendBytes("POST", "/fhir/Patient", System.Text.Encoding.UTF8.GetBytes(body), "application/fhir+xml")).Id;
        var plain = await Jansen.Get($"/fhir/Patient/{id}?_format=xml&_pretty=false");
        var pretty = await Jansen.Get($"/fhir/Patient/{id}?_format=xml&_pretty=true");
        Assert.DoesNotContain('\n', plain.Text);
        Assert.Contains("\n  <name>\n    <family value=\" x  y \" />\n", pretty.Text, StringComparison.Ordinal);
        Assert.Contains("<p>a <b>b</b><i>c</i></p><pre> d  e</pre></div>", pretty.Text, StringComparison.Ordinal);
        Assert.Equal((plain.Xml["text"]["div"].Text, plain.Xml["meta"]["lastUpdated"].Text), (pretty.Xml["text"]["div"].Text, pretty.Xml["meta"]["lastUpdated"].Text));
        var json = await Jansen.Get($"/fhir/Patient/{id}?_pretty=true");
        Assert.Contains("\n  \"name\": [", json.Text, StringComparison.Ordinal);
        Assert.True(JsonNode.DeepEquals(json.Json, (await Jansen.Get($"/fhir/Patient/{id}")).Json));
    }

    [Theory]
    [InlineData("<Patient xmlns=\"http://hl7.org/fhir\">\n<active", "line 2", null)]
    [InlineData("<Patient xmlns=\"http://hl7.org/fhir\">\n<nmae value=\"a\"/></Patient>", "line 2", "Patient.nmae")]
    [InlineData("<Patient xmlns=\"http://hl7.org/fhir\"><active value=\"true\"/>\n<id value=\"a\"/></Patient>", "line 2", "Patient.id")]
    [InlineData("<Patient><active value=\"true\"/></Patient>", "http://hl7.org/fhir", null)]
    [InlineData("<!DOCTYPE Patient [<!ENTITY a SYSTEM \"file:///etc/passwd\">]><Patient xmlns=\"http://hl7.org/fhir\"><name><text value=\"&a;\"/></name></Patient>", "DOCTYPE", null)]
    [InlineData("<Patient xmlns=\"http://hl7.org/fhir\"><birthDate value=\"1980-02-30\"/></Patient>", "", "Patient.birthDate")]
    public async Task T23_What_is_wrong_in_XML_is_400_and_told_in_XML(string body, string says, string? where)
    {
        var got = await Jansen.SendBytes("POST", "/fhir/Patient", System.Text.Encoding.UTF8.GetBytes(body), "application/fhir+xml", ("Accept", "application/fhir+xml"));
        var issue = got.Xml["issue"];
        Assert.Equal((400, "OperationOutcome", "error"), (got.Code, got.Xml.Type, issue["severity"].Text));
        Assert.Contains(says, issue["diagnostics"].Text, StringComparison.Ordinal);
        if (where is not null) Assert.Equal(where, issue["expression"].Text);
    }

    [Theory]
    [InlineData("GET", "/fhir/Patient/never", 404)]
    [InlineData("GET", "/fhir/Sausage/1", 404)]
    [InlineData("GET", "/fhir/Patient/1/2/3/4", 404)]
    [InlineData("GET", "/fhir/Patient?_count=abc", 400)]
    [InlineData("PATCH", "/fhir/Patient/x/_history", 405)]
    [InlineData("POST", "/fhir/Patient", 415)]
    public async Task T23_T24_Every_error_is_an_OperationOutcome_in_the_format_that_was_asked(string method, string path, int status)
    {
        var got = await Jansen.SendBytes(method, path, method == "POST" ? "x"u8.ToArray() : null, "text/plain", ("Accept", "application/fhir+xml"));
        Assert.Equal((status, "OperationOutcome"), (got.Code, got.Xml.Type));
        if (status == 405) Assert.NotEmpty(got.Content.Allow);
    }

    [Fact]
    public async Task T23_Who_may_not_is_told_in_XML_too()
    {
        var nobody = await shared.House.As(null).Get("/fhir/Patient", ("Accept", "application/fhir+xml"));
        Assert.Equal((401, "login"), (nobody.Code, nobody.Xml["issue"]["code"].Text));
        var few = await shared.House.As("dr.jansen", "user/Observation.r").Get("/fhir/Patient", ("Accept", "application/fhir+xml"));
        Assert.Equal((403, "forbidden"), (few.Code, few.Xml["issue"]["code"].Text));
    }

    [Fact]
    public async Task Caches_are_told_that_the_format_depends_on_Accept() =>
        Assert.Equal("Accept", Assert.Single((await Jansen.Get($"/fhir/Patient/{await Jansen.NewPatient()}")).Headers.Vary));
}

public sealed class FormatOnSqlite(Shared shared) : FormatContract(shared), IClassFixture<Shared>;
public sealed class FormatOnPostgres(SharedOnPostgres shared) : FormatContract(shared), IClassFixture<SharedOnPostgres>;
