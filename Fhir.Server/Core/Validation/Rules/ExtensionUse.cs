using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Core.Validation.Profiles;

namespace Fhir.Server.Core.Validation.Rules;

/// <summary>An extension follows its definition, and stands where that allows — https://hl7.org/fhir/R4/defining-extensions.html</summary>
internal sealed class ExtensionUse : Rule
{
    private const string Core = "http://hl7.org/fhir/StructureDefinition/";

    public override void Check(Element element, Judging judging)
    {
        if (element["url"].Text is not { } url || IsPart(element)) return;
        if (!Uri.TryCreate(url, UriKind.Absolute, out _)) judging.Add(element["url"], "value", "The url of an extension is absolute.");
        else if (judging.Schemas.Find(url) is not { } schema) Unknown(element, url, judging);
        else
        {
            judging.Conform(element, schema);
            if (schema.Definition is { } definition) ExtensionContext.Check(element, definition, judging);
        }
    }

    // Inside a complex extension the url is a name that the outer definition gives.
    private static bool IsPart(Element element) => element.Parent is { Type: "Extension" } && element["url"].Text?.Contains(':', StringComparison.Ordinal) == false;

    private static void Unknown(Element element, string url, Judging judging)
    {
        if (element.Name == "modifierExtension") judging.Add(element, "extension", $"The modifier extension {url} is not known, so what it changes cannot be understood.");
        else judging.Add(element, "extension", $"The extension {url} is not known.", url.StartsWith(Core, StringComparison.Ordinal) ? Severity.Warning : Severity.Information);
    }
}
