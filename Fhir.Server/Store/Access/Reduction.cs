using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Json;

namespace Fhir.Server.Store.Access;

/// <summary>What leaves the store for a caller who may not see a resource whole: a company doctor's Patient is name, birth date and sex, tagged SUBSETTED.</summary>
public static class Reduction
{
    private static readonly HashSet<string> OpenToCompanyDoctors = new(StringComparer.Ordinal) { "id", "name", "gender", "birthDate" };

    /// <summary>The version as this caller may see it. Everything that hands out a version goes through here.</summary>
    public static ResourceVersion Of(ResourceVersion version, AccessContext sees, DefinitionSet definitions)
    {
        if (sees.SeesAll || sees.Role != Role.CompanyDoctor || version.Key.Type != "Patient" || version.Body.IsEmpty) return version;
        if (JsonReader.Read(version.Body, definitions).Failed(out _, out var whole)) throw new InvalidDataException("A stored Patient cannot be read.");
        return version with { Body = JsonWriter.Write(Reduced(whole)) };
    }

    private static Element Reduced(Element whole)
    {
        var reduced = new Element(whole.Name, whole.Definition);
        foreach (var child in whole.Children)
        {
            if (child.Name == "meta") reduced.Add(Meta(child));
            else if (OpenToCompanyDoctors.Contains(child.Name)) reduced.Add(Copy(child));
        }
        return reduced;
    }

    // Version and time only: tags, profiles and security labels may tell what the patient is treated for.
    private static Element Meta(Element meta)
    {
        var kept = new Element("meta", meta.Definition);
        foreach (var child in meta.Children.Where(c => c.Name is "versionId" or "lastUpdated")) kept.Add(Copy(child));
        var coding = DefinitionSet.R4.Type("Coding")!;
        var tag = kept.Add(new Element("tag", coding));
        tag.Add(new Element("system", coding.Element("system")!.Types[0].Type, "http://terminology.hl7.org/CodeSystem/v3-ObservationValue"));
        tag.Add(new Element("code", coding.Element("code")!.Types[0].Type, "SUBSETTED"));
        return kept;
    }

    // Extensions stay behind: only what is named above leaves.
    private static Element Copy(Element element)
    {
        var copy = new Element(element.Name, element.Definition, element.Text);
        foreach (var child in element.Children.Where(c => c.Name is not ("extension" or "id"))) copy.Add(Copy(child));
        return copy;
    }
}
