using System.Collections.Immutable;
using Fhir.Server.Api.Identity;
using Fhir.Server.Store.Access;

namespace Fhir.Server.Api.Audit;

/// <summary>Our acts in the words of the standards.</summary>
public static class AuditCodes
{
    public const string Rest = "http://terminology.hl7.org/CodeSystem/audit-event-type";
    public const string Dicom = "http://dicom.nema.org/resources/ontology/DCM";
    public const string Interactions = "http://hl7.org/fhir/restful-interaction";
    public const string Lifecycle = "http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle";
    public const string Reasons = "http://terminology.hl7.org/CodeSystem/v3-ActReason";
    public const string Operations = $"{ApiSettings.Canonical}/CodeSystem/operation";
    public const string Roles = $"{ApiSettings.Canonical}/CodeSystem/clinic-role";
    private const string Balp = "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.";

    /// <summary>https://hl7.org/fhir/R4/valueset-audit-event-action.html</summary>
    public static string Action(AuditAct act) => act switch
    {
        AuditAct.Create or AuditAct.Append => "C",
        AuditAct.Update => "U",
        AuditAct.Delete => "D",
        AuditAct.Read or AuditAct.VersionRead or AuditAct.History or AuditAct.Disclose => "R",
        AuditAct.Search or AuditAct.Operation or AuditAct.Bundle or AuditAct.None => "E",
    };

    /// <summary>https://hl7.org/fhir/R4/codesystem-restful-interaction.html</summary>
    public static string Interaction(AuditLine line) => line.Act switch
    {
        AuditAct.Create or AuditAct.Append => "create",
        AuditAct.Update => "update",
        AuditAct.Delete => "delete",
        AuditAct.Read => "read",
        AuditAct.VersionRead => "vread",
        AuditAct.Search => line.Type < 0 ? "search-system" : "search-type",
        AuditAct.History => line.Id is not null ? "history-instance" : line.Type < 0 ? "history-system" : "history-type",
        AuditAct.Bundle => "batch",
        AuditAct.Operation or AuditAct.None => "operation",
        AuditAct.Disclose => "disclose",
    };

    /// <summary>The acts that a subtype stands for; empty when it is none of ours.</summary>
    public static IReadOnlyList<AuditAct> ActsOf(string subtype) => subtype switch
    {
        "create" => [AuditAct.Create, AuditAct.Append],
        "update" => [AuditAct.Update],
        "delete" => [AuditAct.Delete],
        "read" => [AuditAct.Read],
        "vread" => [AuditAct.VersionRead],
        "search" or "search-type" => [AuditAct.Search],
        "history" or "history-instance" => [AuditAct.History],
        "batch" => [AuditAct.Bundle],
        "operation" => [AuditAct.Operation],
        "disclose" => [AuditAct.Disclose],
        _ => [],
    };

    /// <summary>https://hl7.org/fhir/R4/valueset-audit-event-outcome.html</summary>
    public static string Outcome(int status) => status < 400 ? "0" : status < 500 ? "4" : "8";

    /// <summary>The status that the caller saw. A row of a write tells what was done; what was refused is a row of the other stream.</summary>
    public static int Status(AuditLine line) => !line.IsWrite ? line.Status : line.Act switch { AuditAct.Create or AuditAct.Append => 201, AuditAct.Delete => 204, _ => line.Status };

    /// <summary>Why, in codes of v3-ActReason: broken glass, else what the role is for; null for whoever had none, whose reasons nobody knows.</summary>
    public static string? Reason(AuditLine line) => line.BrokenGlass ? "BTG" : line.Act == AuditAct.Disclose ? "TREAT" : Role.Parse(line.By.Role) switch
    {
        { Kind: RoleKind.Person } => "TREAT",
        { Code: "practice-system" } => "TREAT",
        { Code: "patient" } => "PATRQT",
        { Code: "proxy" } => "FAMRQT",
        { Code: "privacy-officer" } => "HCOMPL",
        null => null,
        _ => "HSYSADMIN",
    };

    /// <summary>
    /// The profiles that an event meets — https://profiles.ihe.net/ITI/BALP/. They are for what went well; a Patient variant knows exactly one patient,
    /// so that what concerns several stays with the general one and names them all.
    /// </summary>
    public static IEnumerable<string> Profiles(AuditLine line, int patients)
    {
        if (!line.WentWell || (line.By.Network is null && line.Act != AuditAct.Disclose)) yield break;
        var name = line.Act switch
        {
            AuditAct.Create => line.Key is null ? null : "Create",   // a conditional create that found one made nothing
            AuditAct.Update => line.Key is null ? null : "Update",
            AuditAct.Delete => line.Key is null ? null : "Delete",
            AuditAct.Read or AuditAct.VersionRead => line.Key is null ? null : "Read",
            AuditAct.Search => "Query",
            AuditAct.Disclose => null,
            AuditAct.Append or AuditAct.History or AuditAct.Operation or AuditAct.Bundle or AuditAct.None => null,
        };
        if (name is not null) yield return $"{Balp}{(patients == 1 ? "Patient" : "")}{name}";
        if (line.Act == AuditAct.Disclose && patients == 1) yield return $"{Balp}PrivacyDisclosure.Source";
        if (line.By is { Issuer: not null, TokenId: not null }) yield return $"{Balp}OAUTHaccessTokenUse.Comprehensive";
    }

    /// <summary>DICOM's roles of the client and of the server — as BALP has them per act.</summary>
    internal static (ImmutableArray<(string System, string Code)> Client, (string System, string Code) Server) Sides(AuditAct act) => act switch
    {
        AuditAct.Read or AuditAct.VersionRead or AuditAct.History => ([(Dicom, "110152"), (Dicom, "110150")], (Dicom, "110153")),
        AuditAct.Delete => ([(Dicom, "110150")], ("http://terminology.hl7.org/CodeSystem/provenance-participant-type", "custodian")),
        AuditAct.Disclose => ([(Dicom, "110152")], (Dicom, "110153")),
        _ => ([(Dicom, "110153"), (Dicom, "110150")], (Dicom, "110152")),
    };

    /// <summary>What the user is to the data: its author, or who gets it.</summary>
    internal static string UserIs(AuditAct act) => act is AuditAct.Create or AuditAct.Update or AuditAct.Delete or AuditAct.Append ? "AUT" : "IRCP";
}
