using System.Globalization;
using System.Text;

namespace Fhir.Messaging.Documents;

/// <summary>A summary as a PDF that looks like a letter: A4, embedded font, "1 / 3" at the foot; the same input gives the same bytes.</summary>
public static class PdfWriter
{
    private static readonly Lazy<TrueType> Sans = new(() => TrueType.Load("DejaVuSans"));
    private static readonly Lazy<TrueType> SansBold = new(() => TrueType.Load("DejaVuSans-Bold"));

    public static byte[] Write(PdfText text, DateTimeOffset createdAt)
    {
        PdfFont regular = new(Sans.Value), bold = new(SansBold.Value);
        var pages = new PdfLayout(regular, bold).Pages(text);
        var contents = pages.Select((page, i) => PageContent(page, i + 1, pages.Count, text, regular, bold)).ToList();
        return Assemble(contents, text.Title, createdAt, regular, bold);
    }

    private static byte[] Assemble(List<string> contents, string title, DateTimeOffset createdAt, PdfFont regular, PdfFont bold)
    {
        var file = new PdfFile();
        var catalog = file.Reserve();
        var tree = file.Reserve();
        var fonts = $"<< /R {regular.WriteTo(file)} 0 R /B {bold.WriteTo(file)} 0 R >>";
        var pages = contents.Select(content =>
        {
            var stream = file.AddStream("", Encoding.ASCII.GetBytes(content));
            return file.Add(Invariant($"<< /Type /Page /Parent {tree} 0 R /MediaBox [0 0 {PdfLayout.PageWidth} {PdfLayout.PageHeight}] /Resources << /Font {fonts} >> /Contents {stream} 0 R >>"));
        }).ToList();
        file.Write(tree, $"<< /Type /Pages /Count {pages.Count} /Kids [{string.Join(' ', pages.Select(id => $"{id} 0 R"))}] >>");
        file.Write(catalog, $"<< /Type /Catalog /Pages {tree} 0 R /ViewerPreferences << /DisplayDocTitle true >> >>");
        var offset = createdAt.ToString("zzz", CultureInfo.InvariantCulture).Replace(':', '\'');
        var date = createdAt.ToString("yyyyMMddHHmmss", CultureInfo.InvariantCulture);
        var info = file.Add($"<< /Title {PdfFile.TextString(title)} /Producer (Samenspraak) /CreationDate (D:{date}{offset}') >>");
        return file.Finish(catalog, info);
    }

    private static string PageContent(List<PdfPlaced> page, int number, int count, PdfText text, PdfFont regular, PdfFont bold)
    {
        var content = new StringBuilder();
        foreach (var (line, y) in page)
        {
            if (line.Rule) Rule(content, y + 4);
            foreach (var run in line.Runs) Draw(content, run, y + 4, run.Font == bold ? "B" : "R");
        }
        if (number > 1) Head(content, text, regular);
        Foot(content, Invariant($"{number} / {count}"), text.Footer, regular);
        return content.ToString();
    }

    // A loose page must say whose it is: the first fact is the patient's.
    private static void Head(StringBuilder content, PdfText text, PdfFont font)
    {
        var head = string.Join("  ·  ", text.Facts.Take(1).Select(fact => fact.Value).Prepend(text.Title));
        var fitted = PdfLines.Fit(head.ReplaceLineEndings(" "), font, PdfLayout.SmallSize, PdfLayout.Width);
        Draw(content, new PdfRun(PdfLayout.Left, font, PdfLayout.SmallSize, PdfInk.Quiet, fitted), PdfLayout.PageHeight - 44, "R");
    }

    private static void Foot(StringBuilder content, string number, string footer, PdfFont font)
    {
        Rule(content, 60);
        const double Size = PdfLayout.SmallSize;
        var numberAt = PdfLayout.Left + PdfLayout.Width - font.WidthOf(number, Size);
        var fitted = PdfLines.Fit(footer.ReplaceLineEndings(" "), font, Size, numberAt - PdfLayout.Left - 24);
        Draw(content, new PdfRun(PdfLayout.Left, font, Size, PdfInk.Quiet, fitted), 46, "R");
        // Its text is told beside it: evenly spaced, "1 / 3" reads to extractors as one spaced-out word.
        content.Append(CultureInfo.InvariantCulture, $"/Span << /ActualText {PdfFile.TextString(number)} >> BDC\n");
        Draw(content, new PdfRun(numberAt, font, Size, PdfInk.Quiet, number), 46, "R");
        content.Append("EMC\n");
    }

    private static void Draw(StringBuilder content, PdfRun run, double y, string font)
    {
        if (run.Text.Length == 0) return;
        var ink = run.Ink switch
        {
            PdfInk.Body => "0.10 0.11 0.13",
            PdfInk.Heading => "0.07 0.27 0.38",
            PdfInk.Quiet => "0.40 0.43 0.46",
        };
        content.Append(CultureInfo.InvariantCulture, $"BT /{font} {run.Size:0.##} Tf {ink} rg {run.X:0.##} {y:0.##} Td {run.Font.Encode(PdfLines.Visual(run.Text))} Tj ET\n");
    }

    private static void Rule(StringBuilder content, double y) =>
        content.Append(CultureInfo.InvariantCulture, $"0.78 0.81 0.84 RG 0.6 w {PdfLayout.Left:0.##} {y:0.##} m {PdfLayout.Left + PdfLayout.Width:0.##} {y:0.##} l S\n");

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
