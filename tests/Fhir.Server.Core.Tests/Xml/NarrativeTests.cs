using System.Text;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Validation;
using Fhir.Server.Core.Xml;

namespace Fhir.Server.Core.Tests.Xml;

/// <summary>A div in XML is the same div as string in JSON.</summary>
public sealed class NarrativeTests
{
    private const string Xhtml = "http://www.w3.org/1999/xhtml";

    private static string DivOf(string xml) => ReadingXml.Read($"<Patient xmlns=\"http://hl7.org/fhir\"><text><status value=\"generated\"/>{xml}</text></Patient>")["text"]["div"].Text!;

    private static Element With(string div)
    {
        var patient = Element.Of("Patient");
        var text = patient.Add("text");
        text.Add("status", "generated");
        text.Add("div", div);
        return patient;
    }

    [Theory]
    [InlineData("<div xmlns=\"http://www.w3.org/1999/xhtml\">a<br/>b <b class=\"c\">d</b> <!-- e --> <td></td>\n &amp; &lt; &gt; \"'\u00A0</div>")]
    [InlineData("<div xmlns=\"http://www.w3.org/1999/xhtml\" xml:lang=\"nl\" id=\"i\"><a href=\"#x\" title=\"&quot;&lt;&amp;>\">a</a></div>")]
    public void It_is_kept_as_it_is(string div)
    {
        Assert.Equal(div, DivOf(div));
        Assert.Equal(div, ReadingXml.Read(FhirXmlWriter.Write(With(div)))["text"]["div"].Text);
        Assert.Equal(div, ReadingXml.Read(FhirXmlWriter.Write(With(div), pretty: true))["text"]["div"].Text);
        Assert.Empty(StructureCheck.Check(With(div)));
    }

    [Theory]
    [InlineData("<h:div xmlns:h=\"http://www.w3.org/1999/xhtml\"><h:p>a</h:p></h:div>", "<p>a</p>")]
    [InlineData("<div xmlns=\"http://www.w3.org/1999/xhtml\"><![CDATA[<p>]]>&#233;<?php x?></div>", "&lt;p&gt;é")]
    [InlineData("<div xmlns='http://www.w3.org/1999/xhtml'><p class='a'>b</p></div>", "<p class=\"a\">b</p>")]
    public void What_XML_says_in_another_way_comes_out_in_one_way(string xml, string inner) => Assert.Equal($"<div xmlns=\"{Xhtml}\">{inner}</div>", DivOf(xml));

    // Otherwise each of the small elements would be given the whole long name.
    [Fact]
    public void A_long_namespace_is_not_written_again_and_again()
    {
        var div = $"<div xmlns=\"{Xhtml}\" xmlns:x=\"{new string('n', 100_000)}\">{string.Concat(Enumerable.Repeat("<x:i/>", 100_000))}</div>";
        var xml = $"<Patient xmlns=\"http://hl7.org/fhir\"><text><status value=\"generated\"/>{div}</text></Patient>";
        Assert.True(FhirXmlReader.Read(System.Text.Encoding.UTF8.GetBytes(xml), Fhir.Server.Core.Definitions.DefinitionSet.R4).Failed(out var issue, out _));
        Assert.Equal("structure", issue.Code);
        Assert.True(FhirXmlWriter.Write(With(div)).Length < 20_000_000);
    }

    [Fact]
    public void Very_many_ampersands_are_written_quickly() =>
        Quick.Within(5, () => Assert.NotEmpty(FhirXmlWriter.Write(With(new string('&', 1_000_000)))));

    // Named entities are HTML's: JSON may hold them, XML may not.
    [Theory]
    [InlineData("<div xmlns=\"http://www.w3.org/1999/xhtml\">a&nbsp;b &copy; &eacute;&amp;nbsp; &unknown; &#160;</div>", "a\u00A0b \u00A9 é&amp;nbsp; &amp;unknown; \u00A0")]
    [InlineData("<div>a</div>", "a")]
    [InlineData("<div>a & b", "&lt;div&gt;a &amp; b")]
    [InlineData("</div>", "&lt;/div&gt;")]
    [InlineData("<div>\u0001</div>", "&lt;div&gt;\uFFFD&lt;/div&gt;")]
    [InlineData("<!DOCTYPE div [<!ENTITY e \"x\">]><div>&e;</div>", null)]
    public void What_is_written_is_always_XML(string div, string? inner)
    {
        var read = ReadingXml.Read(FhirXmlWriter.Write(With(div)))["text"]["div"].Text;
        if (inner is not null) Assert.Equal($"<div xmlns=\"{Xhtml}\">{inner}</div>", read);
    }

    // The rule that judges narratives must judge these too: nothing forbidden may hide in what the reader writes.
    [Theory]
    [InlineData("<div xmlns=\"http://www.w3.org/1999/xhtml\"><script>x</script></div>")]
    [InlineData("<div xmlns=\"http://www.w3.org/1999/xhtml\" onclick=\"x\">a</div>")]
    [InlineData("<div xmlns=\"http://www.w3.org/1999/xhtml\"><a href=\"java&#115;cript:x\">a</a></div>")]
    [InlineData("<div xmlns=\"http://www.w3.org/1999/xhtml\"><svg xmlns=\"http://www.w3.org/2000/svg\"><a/></svg></div>")]
    [InlineData("<div xmlns=\"http://www.w3.org/1999/xhtml\"><p xmlns=\"http://e.example\">a</p></div>")]
    [InlineData("<div xmlns=\"http://www.w3.org/1999/xhtml\" xmlns:x=\"http://www.w3.org/1999/xlink\"><a x:href=\"a\">a</a></div>")]
    public void What_a_narrative_may_not_hold_is_seen_by_its_rule(string div) => Assert.NotEmpty(StructureCheck.Check(With(DivOf(div))));

    [Fact]
    public void Characters_that_XML_cannot_hold_are_replaced()
    {
        var patient = Element.Of("Patient");
        patient.Add("name").Add("text", "a\u0001b\uFFFFc\uD800d\U0001F600e\tf\ng");
        Assert.Equal("a\uFFFDb\uFFFDc\uFFFDd\U0001F600e\tf\ng", ReadingXml.Read(FhirXmlWriter.Write(patient))["name"]["text"].Text);
    }

    [Fact]
    public void Awkward_strings_come_back_as_they_were_but_for_what_XML_cannot_hold()
    {
        var strings = System.Text.Json.JsonDocument.Parse(File.ReadAllBytes(Path.Combine(TestFolders.Data("naughty-strings"), "blns.json"))).RootElement.EnumerateArray().Select(s => s.GetString()!).Where(s => s.Trim().Length > 0).ToList();
        Assert.True(strings.Count > 400);
        var patient = Element.Of("Patient");
        foreach (var text in strings) patient.Add("name").Add("text", text);
        var back = ReadingXml.Read(FhirXmlWriter.Write(patient)).Each("name").Select(n => n["text"].Text!).ToList();
        Assert.Equal(strings.Select(s => string.Concat(s.Select(c => c is < ' ' and not ('\t' or '\n' or '\r') or '\uFFFE' or '\uFFFF' ? '\uFFFD' : c))), back);
    }

    [Fact]
    public void Elements_come_out_in_their_order_whatever_the_order_in_JSON()
    {
        var patient = Json.Reading.Read("""{"birthDate":"1980","extension":[{"valueString":"a","url":"u","id":"e"}],"name":[{"given":["b"],"family":"a"}],"_birthDate":{"extension":[{"url":"v","valueCode":"x"}],"id":"i"},"id":"p","resourceType":"Patient"}""");
        Assert.Equal(
            """<?xml version="1.0" encoding="utf-8"?><Patient xmlns="http://hl7.org/fhir"><id value="p" /><extension url="u" id="e"><valueString value="a" /></extension><name><family value="a" /><given value="b" /></name><birthDate id="i" value="1980"><extension url="v"><valueCode value="x" /></extension></birthDate></Patient>""",
            Encoding.UTF8.GetString(FhirXmlWriter.Write(patient)));
    }
}
