namespace Fhir.Messaging.Documents;

/// <summary>What a page is drawn with: the text colours, darkest first.</summary>
internal enum PdfInk { Body, Heading, Quiet }

/// <summary>Text at a distance from the left edge.</summary>
internal readonly record struct PdfRun(double X, PdfFont Font, double Size, PdfInk Ink, string Text);

/// <summary>One line in the flow: space above it, its height, and whether it may not be the last of its page. Rule = a hairline across.</summary>
internal sealed record PdfLine(PdfRun[] Runs, double Above, double Height, bool KeepWithNext = false, bool Rule = false);

/// <summary>A line and the height of its baseline on the page.</summary>
internal readonly record struct PdfPlaced(PdfLine Line, double Y);

/// <summary>PdfText to pages of placed lines on A4; pure, so that the page count is known before anything is written.</summary>
internal sealed class PdfLayout(PdfFont regular, PdfFont bold)
{
    public const double PageWidth = 595.28, PageHeight = 841.89, Left = 64, Width = PageWidth - 2 * Left;
    public const double SmallSize = 8;
    private const double Top = PageHeight - 64, Bottom = 78, BodySize = 10, BodyHeight = 15;

    public List<List<PdfPlaced>> Pages(PdfText text)
    {
        List<PdfLine> flow = [.. Title(text.Title), .. Facts(text.Facts), .. text.Sections.SelectMany(Section)];
        var pages = new List<List<PdfPlaced>> { new() };
        var y = Top;
        for (var i = 0; i < flow.Count; i++)
        {
            if (pages[^1].Count > 0 && y - HeightKeptTogether(flow, i) < Bottom)
            {
                pages.Add([]);
                y = Top;
            }
            y -= flow[i].Height + (pages[^1].Count > 0 ? flow[i].Above : 0);
            pages[^1].Add(new PdfPlaced(flow[i], y));
        }
        return pages;
    }

    // A heading goes with its text and no line is left alone; but what fills half a page may break anywhere.
    private static double HeightKeptTogether(List<PdfLine> flow, int from)
    {
        var first = flow[from].Above + flow[from].Height;
        var height = first;
        for (var i = from; flow[i].KeepWithNext && i + 1 < flow.Count && height < (Top - Bottom) / 2; i++)
            height += flow[i + 1].Above + flow[i + 1].Height;
        return height < (Top - Bottom) / 2 ? height : first;
    }

    private IEnumerable<PdfLine> Title(string title)
    {
        var lines = PdfLines.Paragraphs(title).SelectMany(p => PdfLines.Wrap(p, bold, 18, Width));
        return lines.Select(line => new PdfLine([new PdfRun(Left, bold, 18, PdfInk.Heading, line)], 0, 24, KeepWithNext: true))
            .Append(new PdfLine([], 4, 6, KeepWithNext: true, Rule: true));
    }

    private IEnumerable<PdfLine> Facts(IEnumerable<PdfFact> facts)
    {
        var all = facts.ToList();
        if (all.Count == 0) yield break;
        var column = Math.Min(Width * 0.4, 18 + all.Max(fact => PdfLines.Paragraphs(fact.Label).Max(p => regular.WidthOf(p, BodySize))));
        var above = 10.0;
        foreach (var fact in all)
        {
            var labels = PdfLines.Paragraphs(fact.Label).SelectMany(p => PdfLines.Wrap(p, regular, BodySize, column - 12)).ToList();
            var values = PdfLines.Paragraphs(fact.Value).SelectMany(p => PdfLines.Wrap(p, regular, BodySize, Width - column)).ToList();
            for (var i = 0; i < Math.Max(labels.Count, values.Count); i++)
            {
                PdfRun label = new(Left, regular, BodySize, PdfInk.Quiet, labels.ElementAtOrDefault(i) ?? "");
                PdfRun value = new(Left + column, regular, BodySize, PdfInk.Body, values.ElementAtOrDefault(i) ?? "");
                yield return new PdfLine([label, value], above, BodyHeight, KeepWithNext: i == 0 && values.Count > 1);
                above = i + 1 < Math.Max(labels.Count, values.Count) ? 0 : 1.5;
            }
        }
        yield return new PdfLine([], 4, 6, Rule: true);
    }

    private IEnumerable<PdfLine> Section(PdfSection section)
    {
        var above = 20.0;
        foreach (var line in PdfLines.Paragraphs(section.Heading).SelectMany(p => PdfLines.Wrap(p, bold, 12, Width)))
        {
            yield return new PdfLine([new PdfRun(Left, bold, 12, PdfInk.Heading, line)], above, 16, KeepWithNext: true);
            above = 0;
        }
        above = 5;
        var text = string.IsNullOrWhiteSpace(section.Text) ? "–" : section.Text.Trim('\r', '\n');
        foreach (var paragraph in PdfLines.Paragraphs(text))
        {
            foreach (var line in Paragraph(paragraph, above)) yield return line;
            above = paragraph.Length == 0 ? 0 : 3;
        }
    }

    // An empty paragraph is a gap; a list item hangs under its own text.
    private IEnumerable<PdfLine> Paragraph(string paragraph, double above)
    {
        if (paragraph.Length == 0) return [new PdfLine([], 0, 6)];
        var indent = paragraph.StartsWith("- ", StringComparison.Ordinal) || paragraph.StartsWith("• ", StringComparison.Ordinal) ? 2 : 0;
        var hang = regular.WidthOf(paragraph.AsSpan(0, indent), BodySize);
        var lines = PdfLines.Wrap(paragraph[indent..], regular, BodySize, Width - hang);
        return lines.Select((line, i) => new PdfLine(
            i == 0 && indent > 0
                ? [new PdfRun(Left, regular, BodySize, PdfInk.Body, paragraph[..indent] + line)]
                : [new PdfRun(Left + hang, regular, BodySize, PdfInk.Body, line)],
            i == 0 ? above : 0, BodyHeight, KeepWithNext: lines.Count > 1 && (i == 0 || i == lines.Count - 2)));
    }
}
