using System.Text;
using System.Text.Json.Nodes;
using Fhir.Server.Core.Elements;

namespace Fhir.Server.Api.Tests.Http;

/// <summary>XML wherever JSON is: the same resources, stored as JSON and spoken in both — https://hl7.org/fhir/R4/xml.html</summary>
public abstract class XmlContract(Shared shared)
{
    private const string Fhir = "xmlns=\"http://hl7.org/fhir\"";
    private static readonly (string, string) InXml = ("Accept", "application/fhir+xml");
    private Client Jansen => shared.House.As("dr.jansen");

    private Task<Got> Send(string method, string path, string xml, params (string, string)[] headers) =>
        Jansen.SendBytes(method, path, Encoding.UTF8.GetBytes(xml), "application/fhir+xml", [InXml, .. headers]);

    [Fact]
    public async Task What_is_created_in_XML_is_read_in_both()
    {
        var made = await Send("POST", "/fhir/Patient", $"<?xml version=\"1.0\" encoding=\"UTF-8\"?><Patient {Fhir}><extension url=\"http://e.example\"><valueDecimal value=\"1.10\"/></extension><name id=\"n\"><given value=\"Ann\"><extension url=\"http://e.example\"><valueCode value=\"x\"/></extension></given></name></Patient>");
        Assert.Equal(201, made.Code);
        var id = made.Xml["id"].Text;
        Assert.Equal($"{shared.House.Url}/fhir/Patient/{id}/_history/1", made.Headers.Location!.ToString());
        var json = (await Jansen.Get($"/fhir/Patient/{id}")).Json;
        Assert.Equal(("n", "Ann", "x"), ((string)json["name"]![0]!["id"]!, (string)json["name"]![0]!["given"]![0]!, (string)json["name"]![0]!["_given"]![0]!["extension"]![0]!["valueCode"]!));
        var xml = (await Jansen.Get($"/fhir/Patient/{id}", InXml)).Xml;
        Assert.Equal(("Ann", "1.10", "1"), (xml["name"]["given"].Text, xml["extension"]["value"].Text, xml["meta"]["versionId"].Text));
        Assert.Equal(304, (await Jansen.Get($"/fhir/Patient/{id}", InXml, ("If-None-Match", "W/\"1\""))).Code);
        Assert.Equal((await Jansen.Get($"/fhir/Patient/{id}", InXml)).Content.ContentLength, (await Jansen.Send("HEAD", $"/fhir/Patient/{id}", null, InXml)).Content.ContentLength);
    }

    [Theory]
    [InlineData("1.00"), InlineData("0.10"), InlineData("1e-3"), InlineData("1.0e2"), InlineData("12345678901234567890.123456789")]
    public async Task T108_A_decimal_that_was_put_in_XML_keeps_its_text(string number)
    {
        var id = (await Jansen.Post("/fhir/Observation", """{"resourceType":"Observation","status":"final","code":{"text":"x"}}""")).Id;
        var put = await Send("PUT", $"/fhir/Observation/{id}", $"<Observation {Fhir}><id value=\"{id}\"/><status value=\"final\"/><code><text value=\"x\"/></code><valueQuantity><value value=\"{number}\"/></valueQuantity></Observation>", ("If-Match", "W/\"1\""));
        Assert.Equal((200, number), (put.Code, put.Xml["value"]["value"].Text));
        Assert.Contains($"\"value\":{number}}}", (await Jansen.Get($"/fhir/Observation/{id}")).Text, StringComparison.Ordinal);
        Assert.Equal(number, (await Jansen.Get($"/fhir/Observation/{id}", InXml)).Xml["value"]["value"].Text);
    }

    [Fact]
    public async Task A_narrative_is_the_same_in_both()
    {
        const string div = "<div xmlns=\"http://www.w3.org/1999/xhtml\">a<br/>b &amp; <b class=\"c\">é</b> \"</div>";
        var made = await Send("POST", "/fhir/Patient", $"<Patient {Fhir}><text><status value=\"generated\"/>{div}</text></Patient>");
        Assert.Equal(div, made.Xml["text"]["div"].Text);
        Assert.Equal(div, (string)(await Jansen.Get($"/fhir/Patient/{made.Xml["id"].Text}")).Json["text"]!["div"]!);
        var inJson = await Jansen.Post("/fhir/Patient", new JsonObject { ["resourceType"] = "Patient", ["text"] = new JsonObject { ["status"] = "generated", ["div"] = "<div xmlns=\"http://www.w3.org/1999/xhtml\">a&nbsp;b</div>" } }.ToJsonString(), InXml);
        Assert.Equal("<div xmlns=\"http://www.w3.org/1999/xhtml\">a\u00A0b</div>", inJson.Xml["text"]["div"].Text);
        var evil = await Send("POST", "/fhir/Patient", $"<Patient {Fhir}><text><status value=\"generated\"/><h:div xmlns:h=\"http://www.w3.org/1999/xhtml\"><h:script>x</h:script></h:div></text></Patient>");
        Assert.Equal((400, "Patient.text.div"), (evil.Code, evil.Xml["issue"]["expression"].Text));
    }

    [Fact]
    public async Task What_a_write_answers_with_is_in_the_format_that_was_asked()
    {
        var body = $"<Patient {Fhir}><active value=\"true\"/></Patient>";
        Assert.Equal("Patient", (string)(await Jansen.SendBytes("POST", "/fhir/Patient", Encoding.UTF8.GetBytes(body), "application/fhir+xml")).Json["resourceType"]!);
        Assert.Equal("Patient", (await Jansen.Post("/fhir/Patient", """{"resourceType":"Patient"}""", InXml)).Xml.Type);
        Assert.Equal("OperationOutcome", (await Send("POST", "/fhir/Patient", body, ("Prefer", "return=OperationOutcome"))).Xml.Type);
        Assert.Equal((201, ""), await Send("POST", "/fhir/Patient", body, ("Prefer", "return=minimal")) is var got ? (got.Code, got.Text) : default);
    }

    [Fact]
    public async Task Searches_and_histories_are_Bundles_in_XML()
    {
        var name = $"Xmlmaker{Guid.NewGuid():N}";
        var id = await Jansen.NewPatient(name);
        await Jansen.NewPatient(name);
        var found = (await Jansen.Get($"/fhir/Patient?family={name}&_total=accurate", InXml)).Xml;
        Assert.Equal(("Bundle", "2", 2), (found.Type, found["total"].Text, found.Each("entry").Count()));
        Assert.All(found.Each("entry"), entry => Assert.Equal((name, "match"), (entry["resource"]["name"]["family"].Text, entry["search"]["mode"].Text)));
        var form = await Jansen.SendBytes("POST", "/fhir/Patient/_search", Encoding.UTF8.GetBytes($"family={name}&_format=xml"), "application/x-www-form-urlencoded");
        Assert.Equal(2, form.Xml.Each("entry").Count());
        Assert.Equal(406, (await Jansen.SendBytes("POST", "/fhir/Patient/_search", Encoding.UTF8.GetBytes($"family={name}&_format=ttl"), "application/x-www-form-urlencoded")).Code);
        var summary = (await Jansen.Get($"/fhir/Patient?family={name}&_elements=birthDate", InXml)).Xml["entry"]["resource"];
        Assert.Equal(("SUBSETTED", false), (summary["meta"]["tag"]["code"].Text, summary["name"].Exists));
        await Jansen.Delete($"/fhir/Patient/{id}");
        var history = (await Jansen.Get($"/fhir/Patient/{id}/_history?_format=xml")).Xml;
        Assert.Equal(("history", "DELETE", "1980-05-01"), (history["type"].Text, history["entry"]["request"]["method"].Text, history.Each("entry").Last()["resource"]["birthDate"].Text));
    }

    [Fact]
    public async Task The_next_page_is_in_the_format_of_the_first()
    {
        var name = $"Xmlmaker{Guid.NewGuid():N}";
        var id = await Jansen.NewPatient(name);
        await Jansen.NewPatient(name);
        await Jansen.Put($"/fhir/Patient/{id}", $$"""{"resourceType":"Patient","id":"{{id}}","name":[{"family":"{{name}}"}]}""");
        foreach (var path in (string[])[$"/fhir/Patient?family={name}&_count=1&_format=application/fhir+xml", $"/fhir/Patient/{id}/_history?_count=1&_format=xml"])
        {
            var next = (await Jansen.Get(path)).Xml.Each("link").Single(link => link["relation"].Text == "next")["url"].Text!;
            Assert.Single((await Jansen.Get(next)).Xml.Each("entry"));
        }
    }

    [Fact]
    public async Task A_transaction_goes_in_and_out_in_XML()
    {
        var patient = $"urn:uuid:{Guid.NewGuid()}";
        var sent = await Send("POST", "/fhir", $"""
            <Bundle {Fhir}><type value="transaction"/>
              <entry><fullUrl value="{patient}"/><resource><Patient><name><family value="Peeters"/></name></Patient></resource><request><method value="POST"/><url value="Patient"/></request></entry>
              <entry><resource><Observation><status value="final"/><code><text value="x"/></code><subject><reference value="{patient}"/></subject><valueQuantity><value value="2.50"/></valueQuantity></Observation></resource><request><method value="POST"/><url value="Observation"/></request></entry>
            </Bundle>
            """, ("Prefer", "return=representation"));
        var entries = sent.Xml.Each("entry").ToList();
        Assert.Equal((200, "transaction-response", 2), (sent.Code, sent.Xml["type"].Text, entries.Count));
        Assert.Equal($"Patient/{entries[0]["resource"]["id"].Text}", entries[1]["resource"]["subject"]["reference"].Text);
        Assert.Contains("\"value\":2.50", (await Jansen.Get($"/fhir/Observation/{entries[1]["resource"]["id"].Text}")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_batch_in_XML_has_each_failure_in_its_entry()
    {
        var sent = await Send("POST", "/fhir", $"""
            <Bundle {Fhir}><type value="batch"/>
              <entry><resource><Patient><birthDate value="yesterday"/></Patient></resource><request><method value="POST"/><url value="Patient"/></request></entry>
              <entry><resource><Patient><active value="true"/></Patient></resource><request><method value="POST"/><url value="Patient"/></request></entry>
              <entry><request><method value="GET"/><url value="Patient/never"/></request></entry>
            </Bundle>
            """);
        var entries = sent.Xml.Each("entry").ToList();
        Assert.Equal((200, 3), (sent.Code, entries.Count));
        Assert.Equal(["400 Bad Request", "201 Created", "404 Not Found"], entries.Select(e => e["response"]["status"].Text!));
        Assert.Equal("Bundle.entry[0].resource.birthDate", entries[0]["response"]["outcome"]["issue"]["expression"].Text);
    }

    [Fact]
    public async Task T39_A_broken_resource_in_XML_is_the_failure_of_its_entry_in_a_batch_and_of_all_in_a_transaction()
    {
        string Bundle(string type) => $"""
            <Bundle {Fhir}><type value="{type}"/>
              <entry><resource><Patient><active value="true"/></Patient></resource><request><method value="POST"/><url value="Patient"/></request></entry>
              <entry><fullUrl value="urn:uuid:1b4d1f7e-7f1b-4c89-9f5e-0d5a1c1f1a11"/><resource><Patient><nmae value="a"/><active value="yes"/></Patient></resource><request><method value="POST"/><url value="Patient"/></request></entry>
              <entry><resource><Sausage><active value="true"/></Sausage></resource><request><method value="POST"/><url value="Patient"/></request></entry>
              <entry><resource><Patient><contained><Patient><id value="a"/><nmae value="b"/></Patient></contained></Patient></resource></entry>
              <entry><resource><Patient><active value="false"/></Patient></resource><request><method value="POST"/><url value="Patient"/></request></entry>
            </Bundle>
            """;
        var entries = (await Send("POST", "/fhir", Bundle("batch"))).Xml.Each("entry").ToList();
        Assert.Equal(["201", "400", "400", "400", "201"], entries.Select(e => e["response"]["status"].Text![..3]));
        Assert.Equal(["Bundle.entry[1].resource.nmae", "Bundle.entry[1].resource.active"], entries[1]["response"]["outcome"].Each("issue").Select(i => i["expression"].Text!));
        var all = await Send("POST", "/fhir", Bundle("transaction"));
        Assert.Equal((400, "Bundle.entry[1].resource.nmae"), (all.Code, all.Xml["issue"]["expression"].Text));
    }

    [Fact]
    public async Task Operations_are_called_and_answered_in_XML()
    {
        var outcome = await Send("POST", "/fhir/Patient/$validate", $"<Parameters {Fhir}><parameter><name value=\"resource\"/><resource><Patient><gender value=\"Female\"/></Patient></resource></parameter></Parameters>");
        Assert.Equal((200, "OperationOutcome"), (outcome.Code, outcome.Xml.Type));
        Assert.Contains(outcome.Xml.Each("issue"), issue => issue["expression"].Text == "Patient.gender");
        var unread = await Send("POST", "/fhir/Patient/$validate", $"<Patient {Fhir}><nmae value=\"a\"/></Patient>");
        Assert.Equal((200, "Patient.nmae"), (unread.Code, unread.Xml["issue"]["expression"].Text));
        var values = await Send("POST", "/fhir/$fhirpath", $"<Parameters {Fhir}><parameter><name value=\"expression\"/><valueString value=\"name.family\"/></parameter><parameter><name value=\"resource\"/><resource><Patient><name><family value=\"Peeters\"/></name></Patient></resource></parameter></Parameters>");
        Assert.Equal("Parameters", values.Xml.Type);
        Assert.Contains("value=\"Peeters\"", values.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task T27_The_CapabilityStatement_is_told_in_XML_and_lists_it()
    {
        var nobody = shared.House.As(null);
        var statement = await nobody.Get("/fhir/metadata?_format=xml");
        Assert.Equal("CapabilityStatement", statement.Xml.Type);
        Assert.Equal(["application/fhir+json", "application/fhir+xml", "json", "xml"], statement.Xml.Each("format").Select(f => f.Text!));
        Assert.Equal(["application/json-patch+json", "application/fhir+json", "application/fhir+xml"], statement.Xml.Each("patchFormat").Select(f => f.Text!));
        Assert.Equal((await nobody.Get("/fhir/metadata")).Json["rest"]![0]!["resource"]!.AsArray().Count, statement.Xml["rest"].Each("resource").Count());
        Assert.Equal(304, (await nobody.Get("/fhir/metadata?_format=xml", ("If-None-Match", statement.ETag!))).Code);
    }

    [Fact]
    public async Task T119_A_Binary_is_raw_unless_FHIR_is_asked_by_name()
    {
        const string cda = "<ClinicalDocument xmlns=\"urn:hl7-org:v3\"/>";
        var id = (await Jansen.SendBytes("POST", "/fhir/Binary", Encoding.UTF8.GetBytes(cda), "text/xml", InXml)).Xml["id"].Text;
        foreach (var accept in (string[])["text/xml", "application/xml", "*/*", "text/html,application/xml;q=0.9"])
            Assert.Equal((cda, "text/xml"), await Jansen.Get($"/fhir/Binary/{id}", ("Accept", accept)) is var raw ? (raw.Text, raw.Content.ContentType!.ToString()) : default);
        Element[] wrapped = [(await Jansen.Get($"/fhir/Binary/{id}", InXml)).Xml, (await Jansen.Get($"/fhir/Binary/{id}?_format=xml")).Xml];
        Assert.All(wrapped, binary => Assert.Equal(("text/xml", cda), (binary["contentType"].Text, Encoding.UTF8.GetString(Convert.FromBase64String(binary["data"].Text!)))));
        var made = await Send("POST", "/fhir/Binary", $"<Binary {Fhir}><contentType value=\"text/plain\"/><data value=\"aGVs&#10;bG8=\"/></Binary>");
        Assert.Equal("hello", (await Jansen.Get($"/fhir/Binary/{made.Xml["id"].Text}")).Text);
    }

    [Fact]
    public async Task The_audit_is_read_in_XML()
    {
        await Jansen.NewPatient();
        var events = await shared.House.As("privacy").Get("/fhir/AuditEvent?_count=3", InXml);
        Assert.Equal((200, "Bundle"), (events.Code, events.Xml.Type));
        Assert.All(events.Xml.Each("entry"), entry => Assert.Equal("AuditEvent", entry["resource"].Type));
    }
}

public sealed class XmlOnSqlite(Shared shared) : XmlContract(shared), IClassFixture<Shared>;
public sealed class XmlOnPostgres(SharedOnPostgres shared) : XmlContract(shared), IClassFixture<SharedOnPostgres>;
