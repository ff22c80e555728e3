using System.Text;
using System.Text.Json;
using Adapters.Hl7v2;
using Fhir.Messaging.Delivery;
using Fhir.Server.Core.Tests;

namespace Adapters.Tests.Hl7v2;

public sealed class OruFromDocumentTests
{
    private const string Bsn = "http://fhir.nl/fhir/NamingSystem/bsn";

    [Fact]
    public void A_summary_becomes_the_message_kept_as_a_sample()
    {
        var message = Expect.Value(OruFromDocument.Translate(Documents.Summary()));
        var sample = File.ReadAllText(Path.Combine(TestFolders.Repository, "samples", "hl7v2", "oru-r01.hl7"), Encoding.UTF8);
        Assert.Equal(sample.TrimEnd('\n').Split('\n'), message.ToString().TrimEnd('\r').Split('\r'));
    }

    [Fact]
    public void The_header_says_what_and_to_whom()
    {
        var m = Translated(Documents.Summary());
        Assert.Equal("ORU^R01", m.Event);
        Assert.Equal(["SP0000000000000042", "P", "2.4", "NLD", "UNICODE UTF-8"], new[] { "MSH-10", "MSH-11", "MSH-12", "MSH-17", "MSH-18" }.Select(at => m[at]));
        Assert.Equal(["Arbodienst Oost", "Huisartsenpraktijk De Linde", "20260302140509+0100"], [m["MSH-4"], m["MSH-6"], m["MSH-7"]]);
        Assert.Equal(["MSH", "PID", "PV1", "OBR", "OBX", "OBX"], m.Segments.Select(s => s.Name));
        Assert.Equal("PV1|1|O", m.Segments[2].ToString());
    }

    [Fact]
    public void The_patient_is_known_by_BSN_first_and_then_by_the_receiver_s_numbers()
    {
        var m = Translated(Documents.Summary());
        Assert.Equal("999990019^^^NLMINBIZA^NNNLD~4711^^^De Linde^MR~P\\F\\7^^^HIS^PI", m.Segments[1].Raw(3));
        Assert.Equal("van der Berg&van der&Berg^Carla^Anna Zoë^^^^L", m.Segments[1].Raw(5));
        Assert.Equal(["19780514", "F"], [m["PID-7"], m["PID-8"]]);
    }

    [Fact]
    public void The_text_and_the_PDF_come_back_as_they_were()
    {
        var m = Translated(Documents.Summary());
        Assert.Equal(["FT", "F", "Cliënte hersteld & werkt.\nAdvies: 2 × 4 uur | rust."], [m["OBX-2"], m["OBX-11"], m["OBX-5"]]);
        Assert.Equal(["ED", "", "application", "pdf", "Base64", "F"], [m["OBX[2]-2"], m["OBX[2]-5.1"], m["OBX[2]-5.2"], m["OBX[2]-5.3"], m["OBX[2]-5.4"], m["OBX[2]-11"]]);
        Assert.Equal("%PDF-1.7 invented"u8.ToArray(), Convert.FromBase64String(m["OBX[2]-5.5"]));
    }

    [Fact]
    public void The_order_names_the_document_and_its_author()
    {
        var m = Translated(Documents.Summary());
        Assert.Equal(["D-2026-000123", "Samenvatting consult", "20260302140509+0100"], [m["OBR-3"], m["OBR-4.2"], m["OBR-7"]]);
        Assert.Equal("01004567^Jansen^J.^^^^^^VEKTIS", m.Segments[3].Raw(16));
        var withoutAgb = Translated(Documents.Summary() with { Author = new("Jansen", null, null, "Jansen") });
        Assert.Equal("^Jansen", withoutAgb.Segments[3].Raw(16));
    }

    [Theory]
    [InlineData("999990019", true)]
    [InlineData("111222333", true)]
    [InlineData("123456782", true)]
    [InlineData("123456789", false)]
    [InlineData("99999001", false)]
    [InlineData("000000000", false)]
    [InlineData("99999001A", false)]
    public void Only_a_BSN_that_passes_its_check_is_sent(string number, bool sent)
    {
        var m = Translated(Documents.Summary().With(new OutboundIdentifier(Bsn, number), new OutboundIdentifier("urn:x", "4711", "PI", "HIS")));
        Assert.Equal(sent ? $"{number}^^^NLMINBIZA^NNNLD~4711^^^HIS^PI" : "4711^^^HIS^PI", m.Segments[1].Raw(3));
    }

    [Fact]
    public void A_patient_without_a_usable_identifier_is_refused_without_naming_her()
    {
        foreach (var identifiers in new OutboundIdentifier[][] { [], [new(Bsn, "123456789")], [new("urn:passport", "NL123", "PPN")], [new("urn:x", " ", "PI")] })
        {
            var issue = Expect.Issue(OruFromDocument.Translate(Documents.Summary().With(identifiers)));
            Assert.Equal("PID-3", issue.Where);
            Assert.DoesNotMatch("Berg|NL123|123456789", issue.Text);
        }
    }

    [Theory]
    [InlineData("Berg", "van der", "van der Berg&van der&Berg")]
    [InlineData("Van der Berg", "van der", "Van der Berg&van der&Berg")]
    [InlineData("Peeters", null, "Peeters")]
    [InlineData("O'Neil & Zn", "", "O'Neil \\T\\ Zn")]
    public void A_family_name_takes_its_Dutch_form(string family, string? prefix, string expected)
    {
        var document = Documents.Summary();
        var m = Translated(document with { Patient = document.Patient with { Family = family, FamilyPrefix = prefix, Given = [] } });
        Assert.Equal($"{expected}^^^^^^L", m.Segments[1].Raw(5));
    }

    [Theory]
    [InlineData("1978", "male", "1978|M")]
    [InlineData("1978-05", "other", "197805|O")]
    [InlineData(null, "unknown", "|U")]
    [InlineData(null, null, "")]
    public void Birth_date_and_sex_are_as_exact_as_they_are_known(string? birthDate, string? gender, string expected)
    {
        var document = Documents.Summary();
        var m = Translated(document with { Patient = document.Patient with { BirthDate = birthDate, Gender = gender } });
        Assert.Equal(expected, $"{m.Segments[1].Raw(7)}|{m.Segments[1].Raw(8)}".TrimEnd('|'));
    }

    [Fact]
    public void A_message_id_that_does_not_fit_is_refused()
    {
        Assert.Equal("MSH-10", Expect.Issue(OruFromDocument.Translate(Documents.Summary(new string('1', 21)))).Where);
        Assert.Equal("MSH-10", Expect.Issue(OruFromDocument.Translate(Documents.Summary(""))).Where);
    }

    [Fact]
    public void Awkward_strings_arrive_as_they_were()
    {
        var strings = JsonSerializer.Deserialize<string[]>(File.ReadAllText(Path.Combine(TestFolders.Data("naughty-strings"), "blns.json")))!;
        Assert.All(strings, text =>
        {
            var document = Documents.Summary() with { Title = text, Text = text };
            var m = Translated(document with { Patient = document.Patient with { Family = text, FamilyPrefix = null } });
            Assert.Equal(6, m.Segments.Length);
            Assert.All(new[] { "PID-5", "OBR-4.2", "OBX-5" }, place => Assert.Equal(text.ReplaceLineEndings("\n"), m[place]));
        });
    }

    // What is looked at has been to bytes and back, as at the partner's.
    private static Hl7Message Translated(OutboundDocument document) =>
        Expect.Value(Hl7Message.Parse(Expect.Value(OruFromDocument.Translate(document)).ToBytes()));
}
