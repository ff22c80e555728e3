using System.Collections.Immutable;
using Fhir.Messaging.AddressBook;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;

namespace Fhir.Messaging.Delivery;

/// <summary>What a receiver gets to know of the patient and the author.</summary>
public static class OutboundFrom
{
    private const string IdentifierTypes = "http://terminology.hl7.org/CodeSystem/v2-0203";
    private const string Extensions = "http://hl7.org/fhir/StructureDefinition/";

    /// <summary>
    /// The BSN goes to care providers only; of the other identifiers those that the receiver itself gave out (isHome: it registered
    /// the patient). With none of them the receiver could not tell whom it is about.
    /// </summary>
    public static Result<OutboundPatient> Patient(Element patient, Element receiver, bool isHome)
    {
        var identifiers = patient.Each("identifier").Select(i => Identifier(i, receiver, isHome)).OfType<OutboundIdentifier>().ToImmutableArray();
        if (identifiers.IsEmpty) return new Issue(IssueKind.Unsupported, "The patient has no identifier that the receiver knows.");
        var name = patient.Each("name").OrderBy(n => n["use"].Text switch { "official" => 0, "usual" => 1, null => 2, _ => 3 }).FirstOrDefault() ?? Element.None;
        return new OutboundPatient
        {
            Identifiers = identifiers,
            Family = Part(name["family"], "humanname-own-name") ?? name["family"].Text ?? name["text"].Text ?? "",
            FamilyPrefix = Part(name["family"], "humanname-own-prefix"),
            Given = [.. name.Each("given").Select(g => g.Text).OfType<string>()],
            BirthDate = patient["birthDate"].Text,
            Gender = patient["gender"].Text,
        };
    }

    public static OutboundClinician Clinician(Element? practitioner)
    {
        if (practitioner is null) return new("", null, null, "");
        var name = practitioner["name"];
        var given = name["given"].Text;
        var family = name["family"].Text ?? "";
        var agb = practitioner.Each("identifier").Where(i => i["system"].Text == ClinicUrls.Agb).Select(i => i["value"].Text).FirstOrDefault();
        return new(family, given, agb, name["text"].Text ?? $"{given} {family}".Trim());
    }

    private static OutboundIdentifier? Identifier(Element identifier, Element receiver, bool isHome)
    {
        if (identifier["value"].Text is not { Length: > 0 } value || identifier["system"].Text is not { } system || identifier["use"].Text == "old") return null;
        if (system == ClinicUrls.Bsn) return Organizations.GivesCare(receiver) ? new(system, value, "NNNLD") : null;
        var type = identifier["type"].Each("coding").Where(c => c["system"].Text == IdentifierTypes).Select(c => c["code"].Text).FirstOrDefault(c => c is "PI" or "MR");
        var given = References.Key(identifier["assigner"]) is { } assigner && assigner == new ResourceKey("Organization", receiver["id"].Text ?? "");
        return given || (isHome && type is not null && !identifier["assigner"].Exists)
            ? new(system, value, type ?? "PI", identifier["assigner"]["display"].Text ?? (given || isHome ? receiver["name"].Text : null))
            : null;
    }

    // Dutch name parts — https://hl7.org/fhir/R4/extension-humanname-own-prefix.html
    private static string? Part(Element family, string extension) =>
        family.Each("extension").Where(e => e["url"].Text == Extensions + extension).Select(e => e["value"].Text).FirstOrDefault();
}
