using System.Collections.Frozen;
using Fhir.Server.Core.FhirPath.Operators;
using Fhir.Server.Core.FhirPath.Values;

namespace Fhir.Server.Core.FhirPath.Functions;

/// <summary>What a name calls, and with how many arguments.</summary>
internal sealed record FunctionEntry(Function Function, int Least, int Most);

/// <summary>https://hl7.org/fhirpath/#functions — every function that exists here; a name that is missing is told as unsupported.</summary>
internal static class FunctionTable
{
    private static readonly FrozenDictionary<string, FunctionEntry> All = new Dictionary<string, FunctionEntry>(StringComparer.Ordinal)
    {
        ["empty"] = new(Existence.IsEmpty, 0, 0),
        ["exists"] = new(Existence.Exists, 0, 1),
        ["all"] = new(Existence.All, 1, 1),
        ["allTrue"] = new(Existence.AllTrue, 0, 0),
        ["anyTrue"] = new(Existence.AnyTrue, 0, 0),
        ["allFalse"] = new(Existence.AllFalse, 0, 0),
        ["anyFalse"] = new(Existence.AnyFalse, 0, 0),
        ["subsetOf"] = new(Existence.SubsetOf, 1, 1),
        ["supersetOf"] = new(Existence.SupersetOf, 1, 1),
        ["count"] = new(Existence.Count, 0, 0),
        ["distinct"] = new(Existence.DistinctItems, 0, 0),
        ["isDistinct"] = new(Existence.IsDistinct, 0, 0),
        ["not"] = new(Existence.Not, 0, 0),

        ["where"] = new(Filtering.Where, 1, 1),
        ["select"] = new(Filtering.Select, 1, 1),
        ["repeat"] = new(Filtering.Repeat, 1, 1),
        ["children"] = new(Filtering.Children, 0, 0),
        ["descendants"] = new(Filtering.Descendants, 0, 0),
        ["aggregate"] = new(Filtering.Aggregate, 1, 2),
        ["trace"] = new(Filtering.Trace, 1, 2),

        ["single"] = new(Subsetting.Single, 0, 0),
        ["first"] = new(Subsetting.First, 0, 0),
        ["last"] = new(Subsetting.Last, 0, 0),
        ["tail"] = new(Subsetting.Tail, 0, 0),
        ["skip"] = new(Subsetting.Skip, 1, 1),
        ["take"] = new(Subsetting.Take, 1, 1),
        ["intersect"] = new(Subsetting.Intersect, 1, 1),
        ["exclude"] = new(Subsetting.Exclude, 1, 1),
        ["combine"] = new(Subsetting.Combine, 1, 1),
        ["union"] = new(Subsetting.Union, 1, 1),

        ["indexOf"] = new(Strings.Of((text, part) => Computed.Of(text.IndexOf(part, StringComparison.Ordinal))), 1, 1),
        ["lastIndexOf"] = new(Strings.Of((text, part) => Computed.Of(text.LastIndexOf(part, StringComparison.Ordinal))), 1, 1),
        ["startsWith"] = new(Strings.Of((text, part) => Computed.Of(text.StartsWith(part, StringComparison.Ordinal))), 1, 1),
        ["endsWith"] = new(Strings.Of((text, part) => Computed.Of(text.EndsWith(part, StringComparison.Ordinal))), 1, 1),
        ["contains"] = new(Strings.Of((text, part) => Computed.Of(text.Contains(part, StringComparison.Ordinal))), 1, 1),
        ["upper"] = new(Strings.Of(text => Computed.Of(text.ToUpperInvariant())), 0, 0),
        ["lower"] = new(Strings.Of(text => Computed.Of(text.ToLowerInvariant())), 0, 0),
        ["trim"] = new(Strings.Of(text => Computed.Of(text.Trim())), 0, 0),
        ["length"] = new(Strings.Of(text => Computed.Of(text.Length)), 0, 0),
        ["substring"] = new(Strings.Substring, 1, 2),
        ["replace"] = new(Strings.Replace, 2, 2),
        ["toChars"] = new(Strings.ToChars, 0, 0),
        ["split"] = new(Strings.Split, 1, 1),
        ["join"] = new(Strings.Join, 0, 1),
        ["matches"] = new(Patterns.Matches, 1, 1),
        ["matchesFull"] = new(Patterns.MatchesFull, 1, 1),
        ["replaceMatches"] = new(Patterns.ReplaceMatches, 2, 2),

        ["extension"] = new(FhirSpecific.Extension, 1, 1),
        ["hasValue"] = new(FhirSpecific.HasValue, 0, 0),
        ["getValue"] = new(FhirSpecific.GetValue, 0, 0),
        ["resolve"] = new(FhirSpecific.Resolve, 0, 0),
        ["memberOf"] = new(FhirSpecific.MemberOf, 1, 1),
        ["conformsTo"] = new(FhirSpecific.ConformsTo, 1, 1),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    public static FunctionEntry? Named(string name) => All.GetValueOrDefault(name);
}
