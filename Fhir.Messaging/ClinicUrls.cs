namespace Fhir.Messaging;

/// <summary>The names of our own extensions, codes and identifiers; defined in Profiles/clinic.</summary>
public static class ClinicUrls
{
    public const string Base = "https://samenspraak.example/fhir";

    /// <summary>Stored in a message: its place in the thread.</summary>
    public const string ThreadSeq = Base + "/StructureDefinition/thread-seq";
    // Added on output only, never stored.
    public const string ThreadLastSeq = Base + "/StructureDefinition/thread-last-seq";
    public const string ThreadUnread = Base + "/StructureDefinition/thread-unread";
    public const string ThreadLastMessage = Base + "/StructureDefinition/thread-last-message";
    public const string MessageReadBy = Base + "/StructureDefinition/message-read-by";
    public const string Delivery = Base + "/StructureDefinition/delivery";

    // The profiles that what the house itself writes must fit.
    public const string Thread = Base + "/StructureDefinition/thread";
    public const string Message = Base + "/StructureDefinition/message";
    public const string Summary = Base + "/StructureDefinition/summary";
    public const string SummaryBundle = Base + "/StructureDefinition/summary-bundle";
    public const string SummaryReference = Base + "/StructureDefinition/summary-reference";

    public const string DeclaredCare = Base + "/StructureDefinition/declared-care";
    public const string CareReasonExtension = Base + "/StructureDefinition/care-reason";
    public const string BreakGlassReview = Base + "/StructureDefinition/break-glass-review";
    public const string GuessingReview = Base + "/StructureDefinition/guessing-review";
    public const string BreakGlassNotice = Base + "/StructureDefinition/break-glass-notice";

    public const string CareReason = Base + "/CodeSystem/care-reason";
    public const string BreakGlassReason = Base + "/CodeSystem/break-glass-reason";
    public const string Review = Base + "/CodeSystem/review";
    public const string ThreadCategory = Base + "/CodeSystem/thread-category";
    public const string ClinicRole = Base + "/CodeSystem/clinic-role";
    public const string ItemClass = Base + "/CodeSystem/item-class";
    public const string OrganizationKind = Base + "/CodeSystem/organization-kind";
    /// <summary>The sender's own id of a message, so that a resend is harmless.</summary>
    public const string ClientId = Base + "/sid/client-id";
    /// <summary>The number of a summary document.</summary>
    public const string DocumentNumber = Base + "/sid/document-number";

    public const string Bsn = "http://fhir.nl/fhir/NamingSystem/bsn";
    public const string Agb = "http://fhir.nl/fhir/NamingSystem/agb-z";
    public const string Loinc = "http://loinc.org";
}
