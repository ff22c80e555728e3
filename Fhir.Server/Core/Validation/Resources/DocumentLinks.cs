using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;

namespace Fhir.Server.Core.Validation.Resources;

/// <summary>A document holds what its Composition names, and nothing that has no link with it — https://hl7.org/fhir/R4/documents.html#content</summary>
internal static class DocumentLinks
{
    private static readonly string[] Included = ["subject", "encounter", "author", "custodian"];

    public static void Check(Element bundle, Judging judging)
    {
        if (bundle["entry"]["resource"] is not { Type: "Composition" } composition) return;
        foreach (var reference in Included.SelectMany(composition.Each).Concat(composition.Each("attester").Select(a => a["party"])).Concat(InSections(composition)))
            if (reference["reference"].Text is { } text && judging.Targets.Find(reference, out var place) is null && place != TargetPlace.Contained)
                judging.Add(reference, "not-found", "The document does not hold what its Composition refers to.", IsLocal(text) ? Severity.Error : Severity.Warning);
    }

    private static IEnumerable<Element> InSections(Element holder) =>
        holder.Each("section").SelectMany(section => section.Each("entry").Concat(section.Each("author")).Append(section["focus"]).Concat(InSections(section)));

    private static bool IsLocal(string text) => Reference.TryParse(text, out var reference) && reference.Form is ReferenceForm.Relative or ReferenceForm.Urn;
}
