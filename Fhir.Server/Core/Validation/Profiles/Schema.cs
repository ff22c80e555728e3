using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Core.Validation.Rules;

namespace Fhir.Server.Core.Validation.Profiles;

/// <summary>A StructureDefinition made into rules: what it demands beyond R4 itself.</summary>
internal sealed class Schema(string url, TypeDefinition type, Node root) : Rule
{
    public string Url => url;
    public TypeDefinition Type => type;
    public Node Root => root;
    /// <summary>Why it cannot be used, where that is so.</summary>
    public string? Broken { get; init; }
    /// <summary>Its StructureDefinition; null for R4's own types.</summary>
    public Element? Definition { get; init; }

    public override void Check(Element element, Judging judging)
    {
        if (Broken is not null) judging.Add(element, "processing", $"The profile {url} cannot be used: {Broken}", Severity.Warning);
        else if (!DefinitionSet.R4.IsA(element.Definition, type.Name)) judging.Add(element, "structure", $"The profile {url} is for {type.Name}, not for {element.Type}.");
        else root.Check(element, judging);
    }
}
