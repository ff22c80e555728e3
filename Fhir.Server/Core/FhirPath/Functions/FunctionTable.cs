using System.Collections.Frozen;
using Fhir.Server.Core.FhirPath.Operators;
using Fhir.Server.Core.FhirPath.Values;

namespace Fhir.Server.Core.FhirPath.Functions;

/// <summary>What a call by that name becomes, and with how many arguments.</summary>
internal sealed record FunctionEntry(Func<Operator, Operator[], Operator> Made, int Least, int Most)
{
    public FunctionEntry(Function function, int least, int most) : this((source, arguments) => new Call(source, function, arguments), least, most) { }
}

/// <summary>https://hl7.org/fhirpath/#functions — every function that exists here; a name that is missing is told as unsupported.</summary>
internal static class FunctionTable
{
    private static readonly FrozenDictionary<string, FunctionEntry> All = new Dictionary<string, FunctionEntry>(StringComparer.Ordinal)
    {
        ["empty"] = new((source, _) => new Exists(source, wanted: false), 0, 0),
        ["exists"] = new((source, criterion) => new Exists(criterion.Length == 0 ? source : new Where(source, criterion[0]), wanted: true), 0, 1),
        ["all"] = new((source, criterion) => new All(source, criterion[0]), 1, 1),
        ["allTrue"] = new(Existence.AllTrue, 0, 0),
        ["anyTrue"] = new(Existence.AnyTrue, 0, 0),
        ["allFalse"] = new(Existence.AllFalse, 0, 0),
        ["anyFalse"] = new(Existence.AnyFalse, 0, 0),
        ["subsetOf"] = new(Existence.SubsetOf, 1, 1),
        ["supersetOf"] = new(Existence.SupersetOf, 1, 1),
        ["count"] = new((source, _) => new CountOf(source), 0, 0),
        ["distinct"] = new(Existence.DistinctItems, 0, 0),
        ["isDistinct"] = new(Existence.IsDistinct, 0, 0),
        ["not"] = new((source, _) => new Not(source), 0, 0),

        ["where"] = new((source, criterion) => new Where(source, criterion[0]), 1, 1),
        ["select"] = new(Filtering.Select, 1, 1),
        ["repeat"] = new(Filtering.Repeat, 1, 1),
        ["repeatAll"] = new(Filtering.RepeatAll, 1, 1),
        ["children"] = new((source, _) => new ChildrenOf(source), 0, 0),
        ["descendants"] = new(Filtering.Descendants, 0, 0),
        ["aggregate"] = new(Filtering.Aggregate, 1, 2),
        ["sum"] = new(Aggregates.Sum, 0, 0),
        ["avg"] = new(Aggregates.Average, 0, 0),
        ["min"] = new(Aggregates.Outermost(order => order < 0), 0, 0),
        ["max"] = new(Aggregates.Outermost(order => order > 0), 0, 0),
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
        ["matches"] = new(Patterns.Matches(whole: false), 1, 1),
        ["matchesFull"] = new(Patterns.Matches(whole: true), 1, 1),
        ["replaceMatches"] = new(Patterns.Replaces, 2, 2),

        ["encode"] = new(Encodings.Of(Encodings.Encode), 1, 1),
        ["decode"] = new(Encodings.Of(Encodings.Decode), 1, 1),
        ["escape"] = new(Encodings.Of(Encodings.Escape), 1, 1),
        ["unescape"] = new(Encodings.Of(Encodings.Unescape), 1, 1),

        ["toBoolean"] = new(Conversion.To(Conversion.Boolean), 0, 0),
        ["toInteger"] = new(Conversion.To(Conversion.Integer), 0, 0),
        ["toLong"] = new(Conversion.To(Conversion.Long), 0, 0),
        ["toDecimal"] = new(Conversion.To(Conversion.Decimal), 0, 0),
        ["toDate"] = new(Conversion.To(Conversion.Date), 0, 0),
        ["toDateTime"] = new(Conversion.To(Conversion.DateTime), 0, 0),
        ["toTime"] = new(Conversion.To(Conversion.Time), 0, 0),
        ["toString"] = new(Conversion.To(Conversion.String), 0, 0),
        ["toQuantity"] = new(Conversion.ToQuantity, 0, 1),
        ["convertsToBoolean"] = new(Conversion.ConvertsTo(Conversion.Boolean), 0, 0),
        ["convertsToInteger"] = new(Conversion.ConvertsTo(Conversion.Integer), 0, 0),
        ["convertsToLong"] = new(Conversion.ConvertsTo(Conversion.Long), 0, 0),
        ["convertsToDecimal"] = new(Conversion.ConvertsTo(Conversion.Decimal), 0, 0),
        ["convertsToDate"] = new(Conversion.ConvertsTo(Conversion.Date), 0, 0),
        ["convertsToDateTime"] = new(Conversion.ConvertsTo(Conversion.DateTime), 0, 0),
        ["convertsToTime"] = new(Conversion.ConvertsTo(Conversion.Time), 0, 0),
        ["convertsToString"] = new(Conversion.ConvertsTo(Conversion.String), 0, 0),
        ["convertsToQuantity"] = new(Conversion.ConvertsToQuantity, 0, 1),

        ["abs"] = new(Mathematics.Abs, 0, 0),
        ["ceiling"] = new(Mathematics.Whole(decimal.Ceiling), 0, 0),
        ["floor"] = new(Mathematics.Whole(decimal.Floor), 0, 0),
        ["truncate"] = new(Mathematics.Whole(decimal.Truncate), 0, 0),
        ["exp"] = new(Mathematics.Of(Math.Exp), 0, 0),
        ["ln"] = new(Mathematics.Of(Math.Log), 0, 0),
        ["sqrt"] = new(Mathematics.Of(Math.Sqrt), 0, 0),
        ["log"] = new(Mathematics.Log, 1, 1),
        ["power"] = new(Mathematics.Power, 1, 1),
        ["round"] = new(Mathematics.Round, 0, 1),

        ["iif"] = new(Utility.Iif, 2, 3),
        ["coalesce"] = new(Utility.Coalesce, 1, 16),
        ["type"] = new(Utility.TypeOf, 0, 0),
        ["defineVariable"] = new(Variables.Define, 1, 2),
        ["now"] = new(Utility.Moment(Kind.DateTime, "yyyy-MM-ddTHH:mm:ss.fffzzz"), 0, 0),
        ["today"] = new(Utility.Moment(Kind.Date, "yyyy-MM-dd"), 0, 0),
        ["timeOfDay"] = new(Utility.Moment(Kind.Time, "HH:mm:ss.fff"), 0, 0),
        ["yearOf"] = new(Utility.Part(at => at.Kind == Kind.Time ? null : Computed.Of(at.Year)), 0, 0),
        ["monthOf"] = new(Utility.Part(at => at.Kind == Kind.Time || at.Precision < Precision.Month ? null : Computed.Of(at.Month)), 0, 0),
        ["dayOf"] = new(Utility.Part(at => at.Kind == Kind.Time || at.Precision < Precision.Day ? null : Computed.Of(at.Day)), 0, 0),
        ["hourOf"] = new(Utility.Part(at => at.Precision < Precision.Hour ? null : Computed.Of(at.Hour)), 0, 0),
        ["minuteOf"] = new(Utility.Part(at => at.Precision < Precision.Minute ? null : Computed.Of(at.Minute)), 0, 0),
        ["secondOf"] = new(Utility.Part(at => at.Precision < Precision.Second ? null : Computed.Of((int)at.Second)), 0, 0),
        ["millisecondOf"] = new(Utility.Part(at => at.Precision < Precision.Second || at.Second.Scale == 0 ? null : Computed.Of((int)(at.Second % 1 * 1000))), 0, 0),
        ["timezoneOffsetOf"] = new(Utility.Part(at => at.Zone is { } zone ? Computed.Of(zone / 60m) : null), 0, 0),
        ["dateOf"] = new(Utility.Part(at => at.Kind == Kind.Time ? null : Computed.Of(at.ToDate())), 0, 0),
        ["timeOf"] = new(Utility.Part(at => at.ToTime() is { } time ? Computed.Of(time) : null), 0, 0),
        ["comparable"] = new(Utility.Comparable, 1, 1),
        ["lowBoundary"] = new(Boundaries.Of(high: false), 0, 1),
        ["highBoundary"] = new(Boundaries.Of(high: true), 0, 1),
        ["precision"] = new(Boundaries.PrecisionOf, 0, 0),

        ["extension"] = new(FhirSpecific.Extension, 1, 1),
        ["hasValue"] = new((source, _) => new HasValue(source), 0, 0),
        ["getValue"] = new(FhirSpecific.GetValue, 0, 0),
        ["resolve"] = new(FhirSpecific.Resolve, 0, 0),
        ["memberOf"] = new(FhirSpecific.MemberOf, 1, 1),
        ["conformsTo"] = new(FhirSpecific.ConformsTo, 1, 1),
        ["subsumes"] = new(Subsumption.Of(up: true), 1, 1),
        ["subsumedBy"] = new(Subsumption.Of(up: false), 1, 1),
        ["elementDefinition"] = new(FhirSpecific.ElementDefinition, 0, 0),
        ["slice"] = new(FhirSpecific.Slice, 2, 2),
        ["checkModifiers"] = new(FhirSpecific.CheckModifiers, 1, 16),
        ["htmlChecks"] = new(FhirSpecific.HtmlChecks, 0, 0),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    public static FunctionEntry? Named(string name) => All.GetValueOrDefault(name);
}
