using System.Globalization;
using System.Net;
using System.Text.Json;
using Fhir.Server.Api.Identity;
using Fhir.Server.Core.Elements;
using Fhir.Server.Store.Access;

namespace Fhir.Server.Api.Audit;

/// <summary>An event in words that a patient understands, in Dutch and English — NEN 7513 asks that she can read who saw what, and when.</summary>
internal static class AuditNarrative
{
    private static readonly TimeZoneInfo Dutch = TimeZoneInfo.TryFindSystemTimeZoneById("Europe/Amsterdam", out var zone) ? zone : TimeZoneInfo.Utc;

    public static void Write(Utf8JsonWriter json, AuditLine line, AuditView view)
    {
        json.WriteStartObject("text");
        json.WriteString("status", "generated");
        json.WriteString("div", $"""<div xmlns="http://www.w3.org/1999/xhtml"><p lang="nl">{WebUtility.HtmlEncode(InDutch(line, view))}</p><p lang="en">{WebUtility.HtmlEncode(InEnglish(line, view))}</p></div>""");
        json.WriteEndObject();
    }

    private static string InDutch(AuditLine line, AuditView view)
    {
        var verb = line.Act switch
        {
            AuditAct.Create or AuditAct.Append => "vastgelegd",
            AuditAct.Update => "gewijzigd",
            AuditAct.Delete => "verwijderd",
            AuditAct.Read or AuditAct.VersionRead or AuditAct.History => "ingezien",
            AuditAct.Search => line.Returned.Any(view.Shows) ? "gevonden bij een zoekvraag" : "gevraagd in een zoekvraag",
            AuditAct.Disclose => $"verstuurd aan {view.Names.Of(line.Receiver.Organization) ?? "een praktijksysteem"}",
            AuditAct.Operation or AuditAct.Bundle or AuditAct.None => "verwerkt",
        };
        var outcome = line.WentWell ? "" : " Dit is geweigerd of mislukt.";
        return $"{When(line)}, {Who(line, view, dutch: true)}: {What(line, view, dutch: true)} {verb}.{outcome}{(line.BrokenGlass ? " Met de noodknop." : "")}";
    }

    private static string InEnglish(AuditLine line, AuditView view)
    {
        var verb = line.Act switch
        {
            AuditAct.Create or AuditAct.Append => "recorded",
            AuditAct.Update => "changed",
            AuditAct.Delete => "removed",
            AuditAct.Read or AuditAct.VersionRead or AuditAct.History => "viewed",
            AuditAct.Search => line.Returned.Any(view.Shows) ? "found by a search" : "asked for in a search",
            AuditAct.Disclose => $"sent to {view.Names.Of(line.Receiver.Organization) ?? "a practice system"}",
            AuditAct.Operation or AuditAct.Bundle or AuditAct.None => "processed",
        };
        var outcome = line.WentWell ? "" : " This was refused or failed.";
        return $"{When(line)}, {Who(line, view, dutch: false)}: {What(line, view, dutch: false)} {verb}.{outcome}{(line.BrokenGlass ? " In an emergency (break-glass)." : "")}";
    }

    private static string When(AuditLine line) =>
        TimeZoneInfo.ConvertTime(Micros.At(line.AtMicros), Dutch).ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);

    private static string Who(AuditLine line, AuditView view, bool dutch)
    {
        var name = view.Names.Of(line.By.Who) ?? line.By.Who switch
        {
            null or "anonymous" => dutch ? "iemand zonder aanmelding" : "someone who was not signed in",
            var who when who.StartsWith("Patient/", StringComparison.Ordinal) => dutch ? "u zelf" : "you",
            var who => who[(who.IndexOf('/', StringComparison.Ordinal) + 1)..],
        };
        var role = line.By.Role is { } code ? dutch ? view.Names.Role(code).Dutch : view.Names.Role(code).English : null;
        var details = string.Join(", ", new[] { role, view.Names.Of(line.By.Organization) }.Where(d => d is not null));
        return details.Length == 0 ? name : $"{name} ({details})";
    }

    private static string What(AuditLine line, AuditView view, bool dutch)
    {
        var types = !view.Sight.Tells(line) ? [] : line.Returned.Where(view.Shows).Select(view.Facts.KeyOf).OfType<ResourceKey>().Select(key => key.Type);
        if (line.Type >= 0 && view.Sight.Tells(line) && (line.Act != AuditAct.Search || line.Type == AccessTable.Number("AuditEvent"))) types = types.Prepend(AccessTable.Name((int)line.Type));
        var words = types.Distinct().Select(type => TypeWords.Of(type, dutch)).ToList();
        return words.Count == 0 ? dutch ? "gegevens" : "data" : string.Join(", ", words);
    }
}

/// <summary>Resource types as patients call them.</summary>
internal static class TypeWords
{
    private static readonly Dictionary<string, (string Dutch, string English)> Words = new(StringComparer.Ordinal)
    {
        ["AllergyIntolerance"] = ("allergie", "allergy"), ["AuditEvent"] = ("logboek", "log"), ["Binary"] = ("bijlage", "attachment"), ["CarePlan"] = ("zorgplan", "care plan"),
        ["CareTeam"] = ("behandelteam", "care team"), ["Communication"] = ("bericht", "message"), ["Composition"] = ("samenvatting", "summary"), ["Condition"] = ("aandoening", "condition"),
        ["Consent"] = ("toestemming", "consent"), ["DiagnosticReport"] = ("uitslag", "report"), ["DocumentReference"] = ("document", "document"), ["Encounter"] = ("contact", "encounter"),
        ["Immunization"] = ("vaccinatie", "vaccination"), ["MedicationRequest"] = ("recept", "prescription"), ["Observation"] = ("meting", "measurement"), ["Patient"] = ("persoonsgegevens", "personal details"),
        ["Procedure"] = ("behandeling", "procedure"), ["ServiceRequest"] = ("aanvraag of verwijzing", "request or referral"), ["Task"] = ("taak", "task"),
    };

    public static string Of(string type, bool dutch) => Words.TryGetValue(type, out var words) ? dutch ? words.Dutch : words.English : type;
}
