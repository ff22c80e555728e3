using System.Globalization;
using System.Text;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Json;
using Fhir.Server.Core.Tests.Json;
using Fhir.Server.Core.Xml;

namespace Fhir.Server.Core.Tests.Xml;

public sealed class FhirXmlReaderTests
{
    private static string Patient(string inner, string attributes = "") => $"<Patient xmlns=\"http://hl7.org/fhir\"{attributes}>{inner}</Patient>";

    private static string AsJson(string xml) => Encoding.UTF8.GetString(JsonWriter.Write(ReadingXml.Read(xml)));

    [Theory]
    [InlineData("""<active value="true"/>""", """{"resourceType":"Patient","active":true}""")]
    [InlineData("""<f:active xmlns:f="http://hl7.org/fhir" value=" true "/>""", """{"resourceType":"Patient","active":true}""")]
    [InlineData("""<birthDate id="b" value="1980-01-01"><extension url="http://e.example"><valueString value="x"/></extension></birthDate>""",
        """{"resourceType":"Patient","birthDate":"1980-01-01","_birthDate":{"id":"b","extension":[{"url":"http://e.example","valueString":"x"}]}}""")]
    [InlineData("""<name id="n"><given value="A"/><given id="g"/><given value="B"/></name>""",
        """{"resourceType":"Patient","name":[{"id":"n","given":["A",null,"B"],"_given":[null,{"id":"g"},null]}]}""")]
    [InlineData("""<extension url="http://e.example" id="e"><valueDecimal value="1.00"/></extension>""",
        """{"resourceType":"Patient","extension":[{"url":"http://e.example","id":"e","valueDecimal":1.00}]}""")]
    [InlineData("""<contained><Organization><id value="o"/><active value="true"/></Organization></contained>""",
        """{"resourceType":"Patient","contained":[{"resourceType":"Organization","id":"o","active":true}]}""")]
    [InlineData("""<!-- a --><?b c?><active value="true"><!-- d --></active>""", """{"resourceType":"Patient","active":true}""")]
    [InlineData("""<name><text value="a&#10;b &#xE9; &amp; c "/></name>""", """{"resourceType":"Patient","name":[{"text":"a\nb é & c "}]}""")]
    public void It_says_in_JSON_what_it_said_in_XML(string inner, string json) => Assert.Equal(json, AsJson(Patient(inner)));

    [Theory]
    [InlineData("1.00"), InlineData("0.10"), InlineData("1e-3"), InlineData("1.0E+2"), InlineData("-0.0"), InlineData("12345678901234567890.1234567890")]
    public void T108_A_decimal_stays_as_it_was_written(string number)
    {
        var xml = $"<Observation xmlns=\"http://hl7.org/fhir\"><valueQuantity><value value=\"{number}\"/></valueQuantity></Observation>";
        Assert.Contains($"\"value\":{number}}}", AsJson(xml), StringComparison.Ordinal);
        Assert.Contains($"<value value=\"{number}\" />", Encoding.UTF8.GetString(FhirXmlWriter.Write(ReadingXml.Read(xml))), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Patient.active", """<active value="TRUE"/>""")]
    [InlineData("Patient.active", """<active value="1"/>""")]
    [InlineData("Patient.active", """<active value=""/>""")]
    [InlineData("Patient.multipleBirth", """<multipleBirthInteger value="+1"/>""")]
    [InlineData("Patient.multipleBirth", """<multipleBirthInteger value="01"/>""")]
    [InlineData("Patient.multipleBirth", """<multipleBirthInteger value="1,&quot;x&quot;:2"/>""")]
    [InlineData("Patient.extension[0].value", """<extension url="u"><valueDecimal value="1."/></extension>""")]
    [InlineData("Patient.extension[0].value", """<extension url="u"><valueDecimal value="NaN"/></extension>""")]
    [InlineData("Patient.extension[0].value", """<extension url="u"><valueDecimal value="1e"/></extension>""")]
    [InlineData("Patient.extension[0].value", """<extension url="u"><valueDecimal value="-"/></extension>""")]
    public void A_value_that_JSON_could_not_hold_is_refused(string where, string inner) => Assert.Equal(where, Assert.Single(ReadingXml.Refused(Patient(inner))).Where);

    [Theory]
    [InlineData("Patient.active", """<name><text value="a"/></name><active value="true"/>""")]                  // wrong order (T116)
    [InlineData("Patient.id", """<active value="true"/><id value="a"/>""")]
    [InlineData("Patient.name[0].family", """<name><given value="a"/><family value="b"/></name>""")]
    [InlineData("Patient.active", """<active value="true"/><active value="true"/>""")]                          // twice
    [InlineData("Patient.deceased", """<deceasedBoolean value="true"/><deceasedDateTime value="2020"/>""")]      // a choice twice (T120)
    [InlineData("Patient.surname", """<surname value="a"/>""")]                                                 // unknown (T112)
    [InlineData("Patient.name[0].value", """<name value="a"><family value="a"/></name>""")]
    [InlineData("Patient.active.code", """<active code="a" value="true"/>""")]
    [InlineData("Patient.active.value", """<active><value value="true"/></active>""")]
    [InlineData("Patient.extension[0].url", """<extension><url value="u"/><valueString value="a"/></extension>""")]
    [InlineData("Patient.name[0].id", """<name><id value="a"/><family value="a"/></name>""")]
    [InlineData("Patient.active", """<active>true</active>""")]                                                 // text
    [InlineData("Patient.active", """<active value="true"><![CDATA[x]]></active>""")]
    [InlineData("Patient", """x<active value="true"/>""")]
    [InlineData("Patient.name[0]", """<name/>""")]                                                              // empty (T110)
    [InlineData("Patient.name[0]", """<name> <!-- none --> </name>""")]
    [InlineData("Patient.name[0].family", """<name><family value=" "/></name>""")]
    [InlineData("Patient.name[0].id", """<name id=""><family value="a"/></name>""")]
    [InlineData("Patient.contained", """<contained/>""")]
    [InlineData("Patient.contained", """<contained><Patient><id value="a"/></Patient><Patient><id value="b"/></Patient></contained>""")]
    [InlineData("Patient", """<contained><Sausage><id value="a"/></Sausage></contained>""")]
    [InlineData("Patient.id", """<contained id="x"><Patient><id value="a"/></Patient></contained>""")]
    [InlineData("Patient.active", """<active xmlns="" value="true"/>""")]                                       // wrong namespace
    [InlineData("Patient.active", """<active xmlns="http://www.w3.org/1999/xhtml" value="true"/>""")]
    [InlineData("Patient.active.value", """<active x:value="true" xmlns:x="http://hl7.org/fhir"/>""")]
    [InlineData("Patient.text.div", """<text><status value="empty"/><div>a</div></text>""")]                    // div without its namespace
    [InlineData("Patient.active.lang", """<active xml:lang="nl" value="true"/>""")]
    public void What_XML_may_not_say_is_refused_with_its_place(string where, string inner) => Assert.Contains(ReadingXml.Refused(Patient(inner)), issue => issue.Where == where);

    [Theory]
    [InlineData("""<Patient><active value="true"/></Patient>""")]
    [InlineData("""<Patient xmlns="http://hl7.org/fhir/"><active value="true"/></Patient>""")]
    [InlineData("""<patient xmlns="http://hl7.org/fhir"><active value="true"/></patient>""")]
    [InlineData("""<HumanName xmlns="http://hl7.org/fhir"><family value="a"/></HumanName>""")]
    [InlineData("""<DomainResource xmlns="http://hl7.org/fhir"><id value="a"/></DomainResource>""")]
    [InlineData("""<Patient xmlns="http://hl7.org/fhir" id="a"><active value="true"/></Patient>""")]
    [InlineData("""<Patient xmlns="http://hl7.org/fhir"><active value="true"/></Patient><Patient/>""")]
    [InlineData("""<Patient xmlns="http://hl7.org/fhir"><active value="true" value="true"/></Patient>""")]
    [InlineData("""<Patient xmlns="http://hl7.org/fhir"><active value="true"/>""")]
    [InlineData("""<Patient xmlns="http://hl7.org/fhir"><name><text value="&#1;"/></name></Patient>""")]
    [InlineData("<Patient xmlns=\"http://hl7.org/fhir\"><name><text value=\"\u0001\"/></name></Patient>")]
    [InlineData("""<Patient xmlns="http://hl7.org/fhir"><name><text value="&#xD800;"/></name></Patient>""")]
    [InlineData("""<Patient xmlns="http://hl7.org/fhir"><name><text value="&nbsp;"/></name></Patient>""")]
    [InlineData("""<?xml version="1.0" encoding="ISO-8859-1"?><Patient xmlns="http://hl7.org/fhir"><active value="true"/></Patient>""")]
    [InlineData("""<?xml version="1.1"?><Patient xmlns="http://hl7.org/fhir"><active value="true"/></Patient>""")]
    [InlineData("not XML")]
    [InlineData("{\"resourceType\":\"Patient\"}")]
    [InlineData("")]
    public void What_is_no_XML_of_FHIR_is_refused(string xml) => ReadingXml.Refused(xml);

    [Theory]
    [InlineData("""<!DOCTYPE Patient><Patient xmlns="http://hl7.org/fhir"><active value="true"/></Patient>""")]
    [InlineData("""<!DOCTYPE Patient [<!ENTITY e SYSTEM "file:///etc/passwd">]><Patient xmlns="http://hl7.org/fhir"><name><text value="&e;"/></name></Patient>""")]
    [InlineData("""<!DOCTYPE Patient SYSTEM "http://127.0.0.1:1/evil.dtd"><Patient xmlns="http://hl7.org/fhir"><active value="true"/></Patient>""")]
    [InlineData("""<!DOCTYPE x [<!ENTITY % p SYSTEM "http://127.0.0.1:1/p"> %p;]><Patient xmlns="http://hl7.org/fhir"><active value="true"/></Patient>""")]
    public void T116_A_DOCTYPE_is_refused_by_name(string xml) => Assert.StartsWith("A DOCTYPE is never read", Assert.Single(ReadingXml.Refused(xml)).Text, StringComparison.Ordinal);

    [Fact]
    public void What_is_malformed_has_a_place_that_exists()
    {
        Assert.Equal("The XML is malformed, at line 2, position 3.", Assert.Single(ReadingXml.Refused("<Patient xmlns=\"http://hl7.org/fhir\">\n</Person>")).Text);
        Assert.DoesNotContain("line 0", Assert.Single(ReadingXml.Refused("<!DOCTYPE Patient><Patient xmlns=\"http://hl7.org/fhir\"/>")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void T116_A_billion_laughs_cost_nothing()
    {
        var dtd = string.Concat(Enumerable.Range(1, 9).Select(i => $"<!ENTITY l{i} \"{string.Concat(Enumerable.Repeat($"&l{i - 1};", 10))}\">"));
        var before = GC.GetAllocatedBytesForCurrentThread();
        ReadingXml.Refused($"<!DOCTYPE x [<!ENTITY l0 \"ha\">{dtd}]><Patient xmlns=\"http://hl7.org/fhir\"><name><text value=\"&l9;\"/></name></Patient>");
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 2_000_000);
    }

    [Theory]
    [InlineData("<extension url=\"u\">", "</extension>")]
    [InlineData("<x>", "</x>")]
    [InlineData("<contained><Patient>", "</Patient></contained>")]
    [InlineData("<text><status value=\"empty\"/><div xmlns=\"http://www.w3.org/1999/xhtml\">", "</div></text>")]
    [InlineData("<text><div xmlns=\"http://www.w3.org/1999/xhtml\"><p>", "</p></div></text>")]
    public void T116_A_hundred_thousand_levels_are_refused_at_the_first_too_deep(string open, string close)
    {
        var xml = Patient(string.Concat(Enumerable.Repeat(open, 100_000)) + string.Concat(Enumerable.Repeat(close, 100_000)));
        Assert.Contains(ReadingXml.Refused(xml), issue => issue.Text.Contains("deeper", StringComparison.Ordinal));
    }

    // An extension is an array and an object in JSON: two levels.
    [Theory]
    [InlineData(31, true)]
    [InlineData(32, false)]
    public void As_deep_as_JSON_may_go_XML_may_go(int levels, bool allowed)
    {
        var inner = string.Concat(Enumerable.Repeat("<extension url=\"u\">", levels)) + "<valueBoolean value=\"true\"/>" + string.Concat(Enumerable.Repeat("</extension>", levels));
        if (allowed) Reading.Read(AsJson(Patient(inner)));
        else ReadingXml.Refused(Patient(inner));
    }

    [Fact]
    public void A_megabyte_in_one_attribute_is_a_value_like_any()
    {
        var text = new string('a', 1_000_000);
        Assert.Equal(text, ReadingXml.Read(Patient($"<name><text value=\"{text}\"/></name>"))["name"]["text"].Text);
    }

    // The platform's reader alone takes a second and 46 MB for each of these.
    [Theory]
    [InlineData("<active value=\"true\"", " a{0}=\"\"", "/>")]
    [InlineData("<active value=\"true\"", " xmlns:a{0}='>'", "/>")]
    [InlineData("<active value=\"true\"/>", "<name a{0}=\"\"/>", "")]
    [InlineData("<active value=\"true\"/>", "<a{0}/>", "")]
    public void A_hundred_thousand_names_are_refused_at_once(string before, string each, string after)
    {
        var xml = Encoding.UTF8.GetBytes(Patient(before + string.Concat(Enumerable.Range(0, 100_000).Select(i => string.Format(CultureInfo.InvariantCulture, each, i))) + after));
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        Assert.True(FhirXmlReader.Read(xml, DefinitionSet.R4).Failed(out var issue, out _));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - allocated, 0, 3_000_000);
        Assert.InRange(Reading.All(issue).Count, 1, 20);
    }

    [Fact]
    public void Quotes_in_comments_and_texts_are_no_attributes()
    {
        var quotes = new string('"', 1001);
        ReadingXml.Read(Patient($"<!-- <a {quotes} --><?a {quotes}?><text><status value=\"empty\"/><div xmlns=\"http://www.w3.org/1999/xhtml\">{quotes}<![CDATA[<a {quotes}]]></div></text>"));
    }

    [Fact]
    public void Only_UTF8_is_read()
    {
        const string xml = """<Patient xmlns="http://hl7.org/fhir"><active value="true"/></Patient>""";
        Assert.Contains("UTF-8", Assert.Single(ReadingXml.Refused([.. Encoding.Unicode.Preamble, .. Encoding.Unicode.GetBytes(xml)])).Text, StringComparison.Ordinal);
        Assert.Contains("UTF-8", Assert.Single(ReadingXml.Refused([.. Encoding.BigEndianUnicode.Preamble, .. Encoding.BigEndianUnicode.GetBytes(xml)])).Text, StringComparison.Ordinal);
        Assert.Contains("UTF-8", Assert.Single(ReadingXml.Refused(Encoding.Unicode.GetBytes(xml))).Text, StringComparison.Ordinal);
        Assert.Contains("UTF-8", Assert.Single(ReadingXml.Refused([.. Encoding.UTF32.Preamble, .. Encoding.UTF32.GetBytes(xml)])).Text, StringComparison.Ordinal);
        Assert.Contains("UTF-8", Assert.Single(ReadingXml.Refused([.. "<Patient xmlns=\"http://hl7.org/fhir\"><name><text value=\""u8, 0xC3, 0x28, .. "\"/></name></Patient>"u8])).Text, StringComparison.Ordinal);
        Assert.Equal("true", ReadingXml.Read([0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes(xml)])["active"].Text);   // T120
    }

    [Fact]
    public void No_issue_repeats_what_stands_there()
    {
        string[] secrets =
        [
            Patient("<active value=\"Peeters\"/>"), Patient("<active>Peeters</active>"), Patient("<name><family value=\"a\"></Peeters></name>"),
            Patient("<Peeters-Maes/>"), Patient("<active Peeters-Maes=\"a\" value=\"true\"/>"), Patient("<name><text value=\"&Peeters;\"/></name>"), "<Peeters/>",
        ];
        Assert.All(secrets, xml => Assert.All(ReadingXml.Refused(xml), issue => Assert.DoesNotContain("Peeters", issue.Text + issue.Where, StringComparison.Ordinal)));
    }

    [Fact]
    public void An_issue_names_its_line() =>
        Assert.Contains("line 3", Assert.Single(ReadingXml.Refused(Patient("\n\n<surname value=\"a\"/>"))).Text, StringComparison.Ordinal);

    [Fact]
    public void Many_faults_are_told_together_but_not_without_end()
    {
        Assert.Equal(2, ReadingXml.Refused(Patient("<surname value=\"a\"/><active value=\"no\"/>")).Count);
        Assert.Equal(20, ReadingXml.Refused(Patient(string.Concat(Enumerable.Repeat("<surname value=\"a\"/>", 1000)))).Count);
    }

    [Theory]
    [InlineData(3, 3)]
    [InlineData(100_000, null)]
    public void Broken_entries_are_told_apart_up_to_a_number(int count, int? told)
    {
        var xml = "<Bundle xmlns=\"http://hl7.org/fhir\"><type value=\"batch\"/>" + string.Concat(Enumerable.Repeat("<entry><fullUrl value=\"urn:x\"/><resource><Patient><x/></Patient></resource></entry>", count)) + "</Bundle>";
        var broken = new Dictionary<int, Core.Outcomes.Issue>();
        Quick.Within(2, () =>
        {
            broken.Clear();
            Assert.Equal(told is null, FhirXmlReader.ReadBundle(Encoding.UTF8.GetBytes(xml), DefinitionSet.R4, 80, broken).Failed(out _, out var bundle));
            if (told is not null) Assert.All(bundle!.Each("entry"), entry => Assert.False(entry["resource"].Exists));
        });
        if (told is not null) Assert.Equal(["Bundle.entry[0].resource.x", "Bundle.entry[1].resource.x", "Bundle.entry[2].resource.x"], broken.Values.Select(issue => issue.Where!));
    }

    [Fact]
    public void Where_the_schema_lies_is_ignored() =>
        ReadingXml.Read(Patient("<active value=\"true\"/>", " xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:schemaLocation=\"http://hl7.org/fhir ../fhir.xsd\""));
}
