using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;

namespace Fhir.Server.Core.Validation;

/// <summary>What a contained resource may be — https://hl7.org/fhir/R4/references.html#contained (dom-2 to dom-5)</summary>
internal static class ContainedRule
{
    /// <param name="pointers">All that points to a fragment in the resource around it.</param>
    public static void Check(Element contained, HashSet<string> pointers, Findings findings)
    {
        if (contained["contained"].Exists) findings.Add(contained["contained"], "invariant", "A contained resource contains none itself.", rule: "dom-2");
        var meta = contained["meta"];
        if (meta["versionId"].Exists || meta["lastUpdated"].Exists || meta["security"].Exists)
            findings.Add(meta, "invariant", "A contained resource has no versionId, lastUpdated or security label.", rule: meta["security"].Exists ? "dom-5" : "dom-4");
        if (contained["id"].Text is not { } id) findings.Add(contained, "required", "A contained resource has an id.", ".id");
        else if (!pointers.Contains("#" + id) && !PointersOf(contained).Contains("#"))
            findings.Add(contained, "invariant", "A contained resource is referred to from the resource around it, or refers to that.", rule: "dom-3");
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
            else if (child.Definition.Primitive == Primitive.Xhtml && child.Text is { } div) CollectAddresses(div, pointers);
            Collect(child, pointers);
        }
    }

    // A picture in the narrative may be a contained Binary: src="#id".
    private static void CollectAddresses(string div, HashSet<string> pointers)
    {
        for (int at = 0; (at = div.IndexOf("=\"#", at, StringComparison.Ordinal)) >= 0; at += 3)
            if (div.IndexOf('"', at + 2) is var end and > 0) pointers.Add(div[(at + 2)..end]);
    }

    private static bool IsPointer(Element element) =>
        element.Definition.Primitive is Primitive.Uri or Primitive.Url or Primitive.Canonical
        || (element.Name == "reference" && element.Definition.Primitive == Primitive.String);
}
