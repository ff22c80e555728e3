using System.Text;
using System.Text.Json;
using Fhir.Messaging.Documents;
using Fhir.Server.Core.Tests;

namespace Fhir.Messaging.Tests.Documents;

public sealed class PdfWriterTests
{
    private static readonly DateTimeOffset At = new(2026, 3, 2, 14, 5, 0, TimeSpan.FromHours(1));

    private static byte[] Write(string text, string heading = "Beloop") => PdfWriter.Write(
        new PdfText("Samenvatting consult", [new("Patiënt", "Mw. C. van der Berg"), new("Datum", "2 maart 2026")], [new(heading, text)], "Samenspraak · consult 4711"), At);

    [Fact]
    public void A_letter_says_all_that_was_put_in()
    {
        var pdf = Write("Cliënte is hersteld.\n\nAdvies: één week rust, € 12,50 eigen bijdrage; ß, ł, ç, Œ en ‘quotes’.");
        PdfTools.AssertValid(pdf);
        var text = PdfTools.FlowOf(pdf);
        foreach (var part in new[] { "Samenvatting consult", "Patiënt Mw. C. van der Berg", "Datum 2 maart 2026", "Beloop", "Cliënte is hersteld.",
            "Advies: één week rust, € 12,50 eigen bijdrage; ß, ł, ç, Œ en ‘quotes’.", "Samenspraak · consult 4711", "1 / 1" })
            Assert.Contains(part, text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_page_of_text_stays_below_40_KB()
    {
        var pdf = Write(string.Join(' ', Enumerable.Repeat("Patiënt komt op controle; bloeddruk 128/76 mmHg, gewicht 71,4 kg. Geen klachten: ABCDEFGHIJKLMNOPQRSTUVWXYZ éëçäöüñ €.", 15)),
            heading: "Ärztlicher Bericht: ABCDEFGHIJKLMNOPQRSTUVWXYZ abcdefghijklmnopqrstuvwxyz 0123456789");
        Assert.Contains("1 / 1", PdfTools.TextOf(pdf), StringComparison.Ordinal);
        Assert.InRange(pdf.Length, 1_000, 40_000);
    }

    [Fact]
    public void The_same_summary_gives_the_same_bytes_and_another_gives_another_id()
    {
        Assert.Equal(Write("Rust."), Write("Rust."));
        Assert.NotEqual(IdOf(Write("Rust.")), IdOf(Write("Rusten.")));
    }

    [Fact]
    public void Ten_thousand_words_come_back_in_order_over_numbered_pages()
    {
        var words = string.Join(' ', Enumerable.Range(1, 10_000).Select(i => $"woord{i}"));
        var pdf = Write(words);
        PdfTools.AssertValid(pdf);
        var pages = PdfTools.TextOf(pdf).Split('\f', StringSplitOptions.RemoveEmptyEntries);
        Assert.InRange(pages.Length, 15, 40);
        Assert.All(pages.Select((page, i) => (page, i)), p => Assert.Contains($"{p.i + 1} / {pages.Length}", p.page, StringComparison.Ordinal));
        Assert.All(pages.Skip(1), page => Assert.StartsWith("Samenvatting consult · Mw. C. van der Berg", page.Replace("  ", " ", StringComparison.Ordinal).Trim(), StringComparison.Ordinal));
        Assert.Equal(words, string.Join(' ', PdfTools.FlowOf(pdf).Split(' ').Where(word => word.StartsWith("woord", StringComparison.Ordinal))));
    }

    [Fact]
    public void A_word_wider_than_the_page_is_cut_and_loses_no_letter()
    {
        var word = string.Concat(Enumerable.Range(0, 300).Select(i => (char)('a' + i % 26)));
        var pdf = Write($"voor {word} na");
        PdfTools.AssertValid(pdf);
        Assert.Contains($"voor{word}na", PdfTools.FlowOf(pdf).Replace(" ", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("tab\tnul\0bel\abackspace\b escape\u001b[0m delete\u007f", "tab nulbelbackspace escape[0m delete")]
    [InlineData("emoji 😀 en 𝄞 en 漢字", "emoji 😀 en 𝄞 en 漢字")]
    [InlineData("\ufeffbegin zero\u200bwidth", "begin zerowidth")]
    [InlineData("שלום עולם", "שלום עולם")]
    [InlineData("mail: <a&b> (c\\d) %e /F", "mail: <a&b> (c\\d) %e /F")]
    public void Odd_characters_never_break_the_file(string text, string expected)
    {
        var pdf = Write(text);
        PdfTools.AssertValid(pdf);
        Assert.Contains(expected, WithoutMarks(PdfTools.FlowOf(pdf)), StringComparison.Ordinal);
    }

    [Fact]   // no InlineData: an attribute cannot hold half a surrogate pair
    public void Half_a_character_is_shown_as_unknown()
    {
        var pdf = Write("half\ud800 en \udc00heel");
        PdfTools.AssertValid(pdf);
        Assert.Contains("half\ufffd en \ufffdheel", PdfTools.FlowOf(pdf), StringComparison.Ordinal);
    }

    [Fact]
    public void Windows_and_old_Mac_line_ends_divide_paragraphs()
    {
        var lines = PdfTools.TextOf(Write("een\r\ntwee\rdrie\nvier")).Split('\n').Select(line => line.Trim());
        Assert.Equal(["een", "twee", "drie", "vier"], lines.Where(line => line is "een" or "twee" or "drie" or "vier"));
    }

    [Fact]
    public void Awkward_strings_never_break_the_file()
    {
        var strings = JsonSerializer.Deserialize<string[]>(File.ReadAllText(Path.Combine(TestFolders.Data("naughty-strings"), "blns.json")))!;
        var pdf = PdfWriter.Write(new PdfText("Titel", [.. strings.Select(text => new PdfFact(text, text))], [.. strings.Select(text => new PdfSection(text, text))], "voet"), At);
        PdfTools.AssertValid(pdf);
        Assert.Contains("hasOwnProperty", PdfTools.FlowOf(pdf), StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_at_all_is_still_a_valid_page()
    {
        var pdf = PdfWriter.Write(new PdfText("", [], [], ""), At);
        PdfTools.AssertValid(pdf);
        Assert.Contains("1 / 1", PdfTools.TextOf(pdf), StringComparison.Ordinal);
        PdfTools.AssertValid(Write("", heading: ""));
        PdfTools.AssertValid(Write(" \n \n "));
    }

    [Fact]
    public void Facts_headings_and_footers_of_any_length_stay_on_the_page()
    {
        var much = string.Join(' ', Enumerable.Repeat("lang", 3000));
        var pdf = PdfWriter.Write(new PdfText(much, [new(much, "x"), new("y", much)], [new(much, much)], much), At);
        PdfTools.AssertValid(pdf);
        // four times in full, and the foot and the head of each page are cut
        Assert.InRange(PdfTools.FlowOf(pdf).Split(' ').Count(word => word == "lang"), 15_000, 17_000);
    }

    [Fact]
    public void A_heading_never_stands_last_on_a_page()
    {
        for (var filler = 20; filler < 60; filler++)
        {
            var text = string.Join('\n', Enumerable.Range(0, filler).Select(i => $"regel {i}"));
            var pdf = PdfWriter.Write(new PdfText("T", [], [new("Eerste", text), new("Tweede", "slotwoord")], "voet"), At);
            var withHeading = PdfTools.TextOf(pdf).Split('\f').Single(page => page.Contains("Tweede", StringComparison.Ordinal));
            Assert.Contains("slotwoord", withHeading, StringComparison.Ordinal);
        }
    }

    private static string IdOf(byte[] pdf)
    {
        var text = Encoding.Latin1.GetString(pdf);
        return text[text.LastIndexOf("/ID", StringComparison.Ordinal)..].Split('\n')[0];
    }

    // pdftotext wraps right-to-left runs in direction marks of its own.
    private static string WithoutMarks(string text) => string.Concat(text.Where(c => c is not (>= '\u202a' and <= '\u202e')));
}
