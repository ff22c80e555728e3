using Fhir.Server.Core.Elements;
using Fhir.Server.Store.Access;

namespace Fhir.Server.Store.Search;

/// <summary>Makes the index entries of a resource.</summary>
public sealed class Indexer
{
    public IndexEntries Extract(Element resource)
    {
        var entries = new IndexEntries();
        if (resource.Type == "Patient" && resource["id"].Text is { } id) entries.Patients.Add(new("Patient", id));
        foreach (var name in new[] { "subject", "patient" })
            foreach (var reference in resource.Each(name))
                if (reference["reference"].Text is { } text && text.StartsWith("Patient/", StringComparison.Ordinal)) entries.Patients.Add(new("Patient", text[8..]));
        return entries;
    }
}
