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
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(200);
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
            "is-a" => Hierarchy(value, (c, top) => c.IsA(top)),
            "descendent-of" => Hierarchy(value, (c, top) => !ReferenceEquals(c, top) && c.IsA(top)),
            "is-not-a" => Hierarchy(value, (c, top) => !c.IsA(top)),
            "generalizes" => Hierarchy(value, (c, below) => below.IsA(c)),
            "=" => On(property, values => values.Contains(value)),
            "in" => On(property, values => Parts(value).Intersect(values).Any()),
            "not-in" => On(property, values => !Parts(value).Intersect(values).Any()),
            "exists" => On(property, values => values.Any() == (value == "true")),
            "regex" => Pattern(filter, property, value),
            _ => new Issue(IssueKind.Unsupported, $"The filter operator {op} is not known.", filter["op"].Location) { Code = "not-supported" },
        };
    }

    private static Issue Incomplete(Element filter) => new(
        IssueKind.Invalid,
        $"The system {filter.Parent?["system"].Text} filter with property = {filter["property"].Text}, op = {filter["op"].Text} has no value",
        filter.Location) { Code = "invalid", Rule = "vs-invalid" };

    // The named concept may stand in what a fragment leaves out.
    private static ConceptFilter Hierarchy(string value, Func<Concept, Concept, bool> judge) =>
        new((concept, content) => content.Find(value) is { } named ? (judge(concept, named) ? Membership.In : Membership.Out) : content.IsComplete ? Membership.Out : Membership.Unknown);

    private static ConceptFilter On(string property, Func<IEnumerable<string>, bool> judge) =>
        new((c, _) => judge(Values(c, property)) ? Membership.In : Membership.Out);

    // UCUM's own property: every unit of that dimension.
    private static Func<Concept, CodeContent, Membership> ByRule(CodeContent? content, string property, string op, string value) =>
        content?.Url == "http://unitsofmeasure.org" && property == "canonical" && op == "="
            ? (c, _) => Ucum.AreCommensurable(c.Code, value) ? Membership.In : Membership.Out
            : (_, _) => Membership.Unknown;

    private static Result<ConceptFilter> Pattern(Element filter, string property, string pattern)
    {
        if (Compiled(pattern) is not { } regex) return new Issue(IssueKind.Invalid, "The regular expression of the filter is not well formed.", filter["value"].Location) { Code = "invalid" };
        return new ConceptFilter((c, _) => Matches(regex, Values(c, property)));
    }

    // In linear time where the pattern allows it, so that no busy moment of the machine changes the answer; else with a time limit: patterns come from outside.
    private static Regex? Compiled(string pattern)
    {
        var whole = $@"\A(?:{pattern})\z";
        try
        {
            return new Regex(whole, RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);
        }
        catch (NotSupportedException)
        {
            return new Regex(whole, RegexOptions.CultureInvariant, Patience);
        }
        catch (ArgumentException)
        {
            return null;
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
