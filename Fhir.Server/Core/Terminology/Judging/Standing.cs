using Fhir.Server.Core.Elements;

namespace Fhir.Server.Core.Terminology.Judging;

/// <summary>Whether a definition is one to lean on: drafts, experiments and what was withdrawn are worth a remark.</summary>
internal static class Standing
{
    public const string Extension = "http://hl7.org/fhir/StructureDefinition/structuredefinition-standards-status";

    /// <summary><c>deprecated</c>, <c>withdrawn</c>, <c>retired</c>, <c>experimental</c>, <c>draft</c>; or null when it is no less than what draws from it.</summary>
    public static string? Of(Element definition, Element user)
    {
        var (standard, status) = (StandardsStatusOf(definition), definition["status"].Text);
        if (standard is "deprecated" or "withdrawn") return standard;
        if (status == "retired") return status;
        if (definition["experimental"].Text == "true" && user["experimental"].Text != "true") return "experimental";
        return IsDraft(definition) && !IsDraft(user) ? "draft" : null;
    }

    private static bool IsDraft(Element definition) => definition["status"].Text == "draft" || StandardsStatusOf(definition) == "draft";

    private static string? StandardsStatusOf(Element definition) =>
        definition.Each("extension").FirstOrDefault(e => e["url"].Text == Extension)?["value"].Text;
}
