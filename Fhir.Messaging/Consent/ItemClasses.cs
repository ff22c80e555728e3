using System.Collections.Frozen;
using System.Collections.Immutable;
using Fhir.Server.Core.Elements;
using Fhir.Server.Store.Access;

namespace Fhir.Messaging.Consent;

/// <summary>What of a thread is meant: what is written in it, or what hangs on it as a document or an attachment.</summary>
public enum Item { Facts, Letters }

/// <summary>
/// provision.class as the gate reads it: our item classes and FHIR's resource types as types, our thread categories, and whether
/// there is a word it does not know. A permit covers nothing by such a word; a denial denies everything by it.
/// </summary>
public sealed record ItemClasses(ImmutableHashSet<string> Types, ImmutableHashSet<string> Categories, bool Unknown)
{
    private const string ResourceTypes = "http://hl7.org/fhir/resource-types";
    private const string Written = "Communication";

    // All that a thread's letters consist of, and what else counts as a letter elsewhere in the record.
    private static readonly FrozenSet<string> InThreads = FrozenSet.ToFrozenSet(["Composition", "DocumentReference", "Bundle", "Binary"], StringComparer.Ordinal);
    private static readonly string[] Letters = [.. InThreads, "Media", "DiagnosticReport"];
    private static readonly string[] Medication =
        ["Medication", "MedicationAdministration", "MedicationDispense", "MedicationKnowledge", "MedicationRequest", "MedicationStatement"];

    public static ItemClasses From(IEnumerable<Element> codings)
    {
        var (types, categories, unknown) = (ImmutableHashSet.CreateBuilder<string>(StringComparer.Ordinal), ImmutableHashSet.CreateBuilder<string>(StringComparer.Ordinal), false);
        foreach (var coding in codings)
        {
            var code = coding["code"].Text ?? "";
            if (coding["system"].Text == ClinicUrls.ThreadCategory && code.Length > 0) categories.Add(code);
            else if (TypesOf(coding["system"].Text, code) is { Length: > 0 } named) types.UnionWith(named);
            else unknown = true;
        }
        return new(types.ToImmutable(), categories.ToImmutable(), unknown);
    }

    private static string[] TypesOf(string? system, string code) => (system, code) switch
    {
        (ClinicUrls.ItemClass, "facts") => [Written],
        (ClinicUrls.ItemClass, "letters") => Letters,
        (ClinicUrls.ItemClass, "medication") => Medication,
        (ResourceTypes, _) when AccessTable.Number(code) >= 0 => [code],
        _ => [],
    };

    /// <summary>It names no class at all, and so narrows nothing.</summary>
    public bool AreOpen => Types.IsEmpty && Categories.IsEmpty && !Unknown;

    /// <summary>For permits: classes and categories each narrow; of the letters all kinds must be meant.</summary>
    public bool Cover(Item item, string? category) =>
        (Categories.IsEmpty || (category is not null && Categories.Contains(category)))
        && ((Types.IsEmpty && !Unknown) || (item == Item.Facts ? Types.Contains(Written) : InThreads.IsSubsetOf(Types)));

    /// <summary>For denials: every word denies what it names.</summary>
    public bool Deny(Item item, string? category) =>
        AreOpen || Unknown || (!Categories.IsEmpty && (category is null || Categories.Contains(category)))
        || (item == Item.Facts ? Types.Contains(Written) : Types.Overlaps(Letters));
}
