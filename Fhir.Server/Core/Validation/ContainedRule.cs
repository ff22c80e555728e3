using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;

namespace Fhir.Server.Core.Validation;

/// <summary>What a contained resource may be — https://hl7.org/fhir/R4/references.html#contained (dom-2 to dom-5)</summary>
internal static class ContainedRule
{
    /// <param name="pointers">All that points to a fragment in the resource around it.</param>
    public static void Check(Element contained, HashSet<string> pointers, Findings findings)
    {
        if (contained["contained"].Exists) findings.Add(contained["contained"], "invariant", "A contained resource contains none itself.");
        var meta = contained["meta"];
        if (meta["versionId"].Exists || meta["lastUpdated"].Exists || meta["security"].Exists)
            findings.Add(meta, "invariant", "A contained resource has no versionId, lastUpdated or security label.");
        if (contained["id"].Text is not { } id) findings.Add(contained, "required", "A contained resource has an id.", ".id");
        else if (!pointers.Contains("#" + id) && !PointersOf(contained).Contains("#"))
            findings.Add(contained, "invariant", "A contained resource is referred to from the resource around it, or refers to that.");
    }

    public static HashSet<string> PointersOf(Element resource)
    {
        var pointers = new HashSet<string>(StringComparer.Ordinal);
        Collect(resource, pointers);
        return pointers;
    }

    private static void Collect(Element element, HashSet<string> pointers)
    {
        foreach (var child in element.ChildSpan)
        {
            if (child.Text is ['#', ..] && IsPointer(child)) pointers.Add(child.Text);
            Collect(child, pointers);
        }
    }

    private static bool IsPointer(Element element) =>
        element.Definition.Primitive is Primitive.Uri or Primitive.Url or Primitive.Canonical
        || (element.Name == "reference" && element.Definition.Primitive == Primitive.String);
}
