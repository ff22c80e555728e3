using System.Collections.Immutable;
using System.Globalization;
using Fhir.Server.Core.Elements;

namespace Fhir.Messaging.Documents;

/// <summary>A summary as a letter on paper: who, about whom, what. No BSN: everyone in the thread may read it.</summary>
public static class SummaryPdf
{
    public static byte[] Of(Summary summary) => PdfWriter.Write(Text(summary), summary.Date);

    public static PdfText Text(Summary summary)
    {
        var facts = ImmutableArray.CreateBuilder<PdfFact>();
        facts.Add(new("Patiënt", NameOf(summary.Patient)));
        if (summary.Patient["birthDate"].Text is { } born) facts.Add(new("Geboren", Day(born)));
        if (Sex(summary.Patient["gender"].Text) is { } sex) facts.Add(new("Geslacht", sex));
        facts.Add(new("Van", $"{NameOf(summary.Practitioner)}, {summary.Organization["name"].Text}"));
        if (!summary.Others.IsEmpty) facts.Add(new("Overlegd met", string.Join("; ", summary.Others)));
        facts.Add(new("Datum", summary.Date.UtcDateTime.ToString("dd-MM-yyyy", CultureInfo.InvariantCulture)));
        facts.Add(new("Kenmerk", summary.Number));
        return new(summary.Topic, facts.ToImmutable(), [.. summary.Sections.Select(s => new PdfSection(s.Title, s.Text))], $"Samenspraak · {summary.Number}");
    }

    /// <summary>The official name as one reads it.</summary>
    public static string NameOf(Element person)
    {
        var name = person.Each("name").OrderBy(n => n["use"].Text is "official" or "usual" or null ? 0 : 1).FirstOrDefault() ?? Element.None;
        return name["text"].Text ?? string.Join(' ', name.Each("given").Append(name["family"]).Select(p => p.Text).Where(t => !string.IsNullOrEmpty(t)));
    }

    private static string Day(string date) =>
        DateOnly.TryParseExact(date, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) ? day.ToString("dd-MM-yyyy", CultureInfo.InvariantCulture) : date;

    private static string? Sex(string? gender) => gender switch { "male" => "man", "female" => "vrouw", "other" => "anders", _ => null };
}
