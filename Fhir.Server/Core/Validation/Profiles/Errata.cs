using System.Collections.Frozen;

namespace Fhir.Server.Core.Validation.Profiles;

/// <summary>R4's own invariants that are judged otherwise than written, each with the reason.</summary>
internal sealed class Errata
{
    private readonly FrozenSet<string> _leftOut;
    private readonly FrozenDictionary<string, string> _corrected;

    private Errata(IEnumerable<string> leftOut, IReadOnlyDictionary<string, string> corrected) =>
        (_leftOut, _corrected) = (leftOut.ToFrozenSet(StringComparer.Ordinal), corrected.ToFrozenDictionary(StringComparer.Ordinal));

    // "Name should be usable as an identifier": where the name may be left out, that is no fault.
    private static IReadOnlyDictionary<string, string> Named { get; } =
        "adf cid cmd cpd csd ees esc evd evi evv gdf inv lib mea msd opd pdf que rsd red rvs smp spd tcp tst vsd".Split(' ')
            .ToDictionary(prefix => prefix + "-0", _ => "name.empty() or name.matches('[A-Z]([A-Za-z0-9_]){0,254}')", StringComparer.Ordinal);

    public static readonly Errata None = new([], new Dictionary<string, string>());

    public static readonly Errata R4 = new(
        [
            // Proven by the structure check on every write, faster than an expression could.
            "ele-1", "ext-1", "dom-2", "dom-3", "dom-4", "dom-5", "ref-1",
            // htmlChecks() is no FHIRPath: NarrativeRule judges txt-1 with the structure, and NarrativeText judges txt-2.
            "txt-1", "txt-2",
        ],
        new Dictionary<string, string>(Named)
        {
            // "more than one enableWhen" is what its text says; the expression counts from three.
            ["que-12"] = "enableWhen.count() > 1 implies enableBehavior.exists()",
            // `in` takes a single item, and when may repeat.
            ["tim-9"] = "offset.empty() or (when.exists() and when.where($this in ('C' | 'CM' | 'CD' | 'CV')).empty())",
            // The status is noshow, not no-show; without the type's name it holds for contained resources too.
            ["app-4"] = "cancelationReason.exists() implies (status = 'noshow' or status = 'cancelled')",
            // Nothing is found, and so nothing holds, where there is no fullUrl (or no probability): then there is nothing to break.
            ["bdl-8"] = "fullUrl.empty() or fullUrl.contains('/_history/').not()",
            ["ras-2"] = "probability.empty() or (probability is decimal implies (probability as decimal) <= 100)",
            // The same, but the Bundle's type is not sought anew for each entry: that takes minutes where entries are many.
            ["bdl-3"] = "iif(type in ('batch' | 'transaction' | 'history'), entry.all(request.exists()), entry.request.empty())",
            ["bdl-4"] = "iif(type in ('batch-response' | 'transaction-response' | 'history'), entry.all(response.exists()), entry.response.empty())",
            // A contained resource has no narrative: https://hl7.org/fhir/R4/references.html#contained
            ["dom-6"] = "text.`div`.exists() or %resource != %rootResource",
            // A CodeableConcept never equals a string.
            ["con-3"] = "clinicalStatus.exists() or verificationStatus.coding.where(system='http://terminology.hl7.org/CodeSystem/condition-ver-status' and code = 'entered-in-error').exists() or category.coding.where(code = 'problem-list-item').empty()",
        });

    /// <summary>The path where an extension of R4 may stand, where its own definitions use it elsewhere.</summary>
    public static string Context(string? extension, string path) =>
        // Stands in the type elements of R4's own StructureDefinitions.
        extension == "http://hl7.org/fhir/StructureDefinition/structuredefinition-fhir-type" && path == "ElementDefinition.type.code" ? "ElementDefinition.type" : path;

    /// <summary>The value set that a binding means.</summary>
    public static string ValueSet(string canonical) =>
        // The text of BCP 13, which is no value set; elsewhere R4 says mimetypes for the same.
        canonical == "http://www.rfc-editor.org/bcp/bcp13.txt" ? "http://hl7.org/fhir/ValueSet/mimetypes" : canonical;

    public bool LeavesOut(string key) => _leftOut.Contains(key);
    public string Corrected(string key, string expression) => _corrected.GetValueOrDefault(key, expression);
}
