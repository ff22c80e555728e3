// https://hl7.org/fhir/R4/valueset-filter-operator.html
using System.Text.RegularExpressions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.FhirPath.Values;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Core.Terminology.Systems;

namespace Fhir.Server.Core.Terminology.ValueSets;

/// <summary>One <c>filter</c> of an include, ready to judge concepts.</summary>
public sealed class ConceptFilter
{
    private const int LongestPattern = 2000;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);   // far above what any takes: the answer must not depend on how busy the machine is
    private readonly Func<Concept, CodeContent, Membership> _judge;

    private ConceptFilter(Func<Concept, CodeContent, Membership> judge) => _judge = judge;

    /// <summary>Whether it lets the concept in; content is the version of the code system that the concept was found in.</summary>
    public Membership Has(Concept concept, CodeContent content) => _judge(concept, content);

    /// <summary>Reads it; an operator or pattern that is not understood is an issue, since leaving it out would let codes in.</summary>
    public static Result<ConceptFilter> Of(Element filter, CodeContent? content)
    {
        if (filter["property"].Text is not { } property || filter["op"].Text is not { } op || filter["value"].Text is not { Length: > 0 } value)
            return Incomplete(filter);
        if (content is null or RuledContent && property is not ("code" or "concept")) return new ConceptFilter(ByRule(content, property, op, value));
        return op switch
        {
            "is-a" => Hierarchy(value, top => top.Descendants().Append(top), inside: true),
            "descendent-of" => Hierarchy(value, top => top.Descendants(), inside: true),
            // Of R5, and needed often enough to be written in R4 too.
            "child-of" => Hierarchy(value, top => top.Children, inside: true),
            "descendent-leaf" => Hierarchy(value, top => top.Descendants().Where(c => c.Children.Count == 0), inside: true),
            "is-not-a" => Hierarchy(value, top => top.Descendants().Append(top), inside: false),
            "generalizes" => Hierarchy(value, below => below.Ancestors().Append(below), inside: true),
            "=" => On(property, values => values.Contains(value)),
            "in" => Among(property, value, inside: true),
            "not-in" => Among(property, value, inside: false),
            "exists" => On(property, values => values.Any() == (value == "true")),
            "regex" => Pattern(filter, property, value),
            _ => new Issue(IssueKind.Unsupported, $"The filter operator {op} is not known.", filter["op"].Location) { Code = "not-supported" },
        };
    }

    private static Issue Incomplete(Element filter) => new(
        IssueKind.Invalid,
        $"The system {filter.Parent?["system"].Text} filter with property = {filter["property"].Text}, op = {filter["op"].Text} has no value",
        filter.Location) { Code = "invalid", Rule = "vs-invalid" };

    // What is reached from the named concept is walked once for a code system, not once for each code.
    private static ConceptFilter Hierarchy(string value, Func<Concept, IEnumerable<Concept>> reach, bool inside)
    {
        (CodeContent Of, HashSet<Concept>? Reached)[]? last = null;
        return new((concept, content) =>
        {
            if (last is not [var known] || !ReferenceEquals(known.Of, content)) last = [known = (content, content.Find(value) is { } named ? [.. reach(named)] : null)];
            // The named concept may stand in what a fragment leaves out.
            if (known.Reached is null) return content.IsComplete ? Membership.Out : Membership.Unknown;
            return known.Reached.Contains(concept) == inside ? Membership.In : Membership.Out;
        });
    }

    private static ConceptFilter Among(string property, string value, bool inside)
    {
        var parts = Parts(value).ToHashSet(StringComparer.Ordinal);
        return On(property, values => values.Any(parts.Contains) == inside);
    }

    private static ConceptFilter On(string property, Func<IEnumerable<string>, bool> judge) =>
        new((c, _) => judge(Values(c, property)) ? Membership.In : Membership.Out);

    // UCUM's own property: every unit of that dimension.
    private static Func<Concept, CodeContent, Membership> ByRule(CodeContent? content, string property, string op, string value) =>
        content?.Url == "http://unitsofmeasure.org" && property == "canonical" && op == "="
            ? (c, _) => Ucum.AreCommensurable(c.Code, value) ? Membership.In : Membership.Out
            : (_, _) => Membership.Unknown;

    // Patterns come from outside: only such as are matched in linear time, and with a time limit still.
    private static Result<ConceptFilter> Pattern(Element filter, string property, string pattern)
    {
        if (pattern.Length > LongestPattern) return new Issue(IssueKind.Unsupported, $"The regular expression of a filter has at most {LongestPattern} characters.", filter["value"].Location) { Code = "too-costly", Rule = "vs-invalid" };
        try
        {
            var regex = new Regex($@"\A(?:{pattern})\z", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking, Patience);
            return new ConceptFilter((c, _) => Matches(regex, Values(c, property)));
        }
        catch (NotSupportedException)
        {
            return new Issue(IssueKind.Unsupported, "The regular expression of the filter looks ahead or back, or is too large.", filter["value"].Location) { Code = "not-supported", Rule = "vs-invalid" };
        }
        catch (ArgumentException)
        {
            return new Issue(IssueKind.Invalid, "The regular expression of the filter is not well formed.", filter["value"].Location) { Code = "invalid", Rule = "vs-invalid" };
        }
    }

    private static Membership Matches(Regex regex, IEnumerable<string> values)
    {
        try
        {
            return values.Any(regex.IsMatch) ? Membership.In : Membership.Out;
        }
        catch (RegexMatchTimeoutException)
        {
            return Membership.Unknown;
        }
    }

    private static string[] Parts(string value) => value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    private static IEnumerable<string> Values(Concept concept, string property) => property switch
    {
        "code" or "concept" => [concept.Code],
        "display" => concept.Display is { } display ? [display] : [],
        "definition" => concept.Source["definition"].Text is { } definition ? [definition] : [],
        "designation" => concept.Source.Each("designation").Select(d => d["value"].Text).OfType<string>(),
        "parent" => concept.Parents.Select(p => p.Code),
        "child" => concept.Children.Select(p => p.Code),
        _ => concept.Values(property).Select(v => v["code"].Text ?? v.Text).OfType<string>(),
    };
}
