using System.Text.Json.Nodes;
using Fhir.Messaging.Threads;
using Fhir.Server.Api.Identity;
using Fhir.Server.Store.Access;

namespace Fhir.Messaging.Care;

/// <summary>The resources that the two operations write; their profiles stand in Profiles/clinic.</summary>
internal static class CareJson
{
    private const string Notice = "Een zorgverlener heeft uw dossier in een noodsituatie geopend. Een privacyfunctionaris beoordeelt of dat terecht was.";

    public static JsonObject Episode(Caller caller, ResourceKey patient, CareInput input, DateTimeOffset from, DateTimeOffset until) => new()
    {
        ["resourceType"] = "EpisodeOfCare",
        ["extension"] = new JsonArray(new JsonObject { ["url"] = ClinicUrls.CareReasonExtension, ["valueCodeableConcept"] = Concept(ClinicUrls.CareReason, input.Reason, input.Text) }),
        ["status"] = "active",
        ["patient"] = NewWrite.Reference(patient),
        ["managingOrganization"] = NewWrite.Reference(caller.Sees.Organization!.Value),
        ["period"] = Period(from, until),
        ["careManager"] = NewWrite.Reference(caller.Practitioner!.Value),
    };

    public static JsonObject Review(Caller caller, ResourceKey patient, CareInput input, DateTimeOffset from, DateTimeOffset until) => new()
    {
        ["resourceType"] = "Task",
        ["status"] = "requested",
        ["intent"] = "order",
        ["priority"] = "urgent",
        ["code"] = Concept(ClinicUrls.Review, "break-glass-review"),
        ["for"] = NewWrite.Reference(patient),
        ["executionPeriod"] = Period(from, until),
        ["authoredOn"] = NewWrite.Instant(from),
        ["requester"] = NewWrite.Reference(caller.Sees.Actor!.Value),
        ["performerType"] = new JsonArray(Concept(ClinicUrls.ClinicRole, Role.PrivacyOfficer.Code)),
        ["reasonCode"] = Concept(ClinicUrls.BreakGlassReason, input.Reason, input.Text),
        ["restriction"] = new JsonObject { ["period"] = new JsonObject { ["end"] = NewWrite.Instant(from.AddHours(24)) } },
    };

    /// <summary>Tells a privacy officer who guesses; whom she looked for stands in the log.</summary>
    public static JsonObject GuessReview(Caller caller, DateTimeOffset at) => new()
    {
        ["resourceType"] = "Task",
        ["status"] = "requested",
        ["intent"] = "order",
        ["priority"] = "urgent",
        ["code"] = Concept(ClinicUrls.Review, "guessing-review"),
        ["authoredOn"] = NewWrite.Instant(at),
        ["requester"] = NewWrite.Reference(caller.Sees.Actor!.Value),
        ["performerType"] = new JsonArray(Concept(ClinicUrls.ClinicRole, Role.PrivacyOfficer.Code)),
        ["restriction"] = new JsonObject { ["period"] = new JsonObject { ["end"] = NewWrite.Instant(at.AddHours(24)) } },
    };

    /// <summary>Tells the patient who and when; why is for the privacy officer.</summary>
    public static JsonObject PatientNotice(Caller caller, ResourceKey patient, DateTimeOffset from) => new()
    {
        ["resourceType"] = "Communication",
        ["status"] = "completed",
        ["category"] = new JsonArray(Concept("http://terminology.hl7.org/CodeSystem/communication-category", "notification")),
        ["subject"] = NewWrite.Reference(patient),
        ["sent"] = NewWrite.Instant(from),
        ["recipient"] = new JsonArray(NewWrite.Reference(patient)),
        ["sender"] = NewWrite.Reference(caller.Sees.Actor!.Value),
        ["payload"] = new JsonArray(new JsonObject { ["contentString"] = Notice }),
    };

    private static JsonObject Period(DateTimeOffset from, DateTimeOffset until) => new() { ["start"] = NewWrite.Instant(from), ["end"] = NewWrite.Instant(until) };

    private static JsonObject Concept(string system, string code, string? text = null)
    {
        var concept = new JsonObject { ["coding"] = new JsonArray(new JsonObject { ["system"] = system, ["code"] = code }) };
        if (text is not null) concept["text"] = text;
        return concept;
    }
}
