using Fhir.Server.Core.Outcomes;
using Fhir.Server.Core.Terminology;
using Fhir.Server.Store.Search.Types;

namespace Fhir.Server.Store.Search;

/// <summary>The codes that a value set has, or that stand above or below a code, as a value to search for — https://hl7.org/fhir/R4/search.html#modifiers</summary>
internal sealed class CodesInReach(Vocabulary vocabulary)
{
    private const int Most = 10_000;
    private static readonly Issue NoValueSet = new(IssueKind.Invalid, "The value set is not known here, or cannot be listed.") { Code = "not-found" };
    private static readonly Issue NoHierarchy = new(IssueKind.Invalid, "The code system is not known here, or its hierarchy does not say what is above and below.") { Code = "not-found" };
    private static readonly Issue TooMany = new(IssueKind.Unsupported, $"A search reaches at most {Most} codes.") { Code = "too-costly" };

    private int _codes;

    /// <summary>:in and :not-in</summary>
    public Result<SearchValue> In(string valueSet) =>
        vocabulary.CodesOf(valueSet).Failed(out var issue, out var codes) ? issue.Code == "too-costly" ? TooMany : NoValueSet : Value([.. codes.Select(c => new Token(c.System ?? "", c.Code))]);

    /// <summary>:above and :below of a <c>system|code</c>; the code itself is always among them.</summary>
    public Result<SearchValue> Along(string text, bool above)
    {
        if (Token.Parse(text).Failed(out var issue, out var token)) return issue;
        if (token is not { System: { Length: > 0 } system, Code: { Length: > 0 } code }) return new Issue(IssueKind.Invalid, "What is above and below is asked of a system|code.");
        return vocabulary.CodesAlong(system, code, above) is { } codes ? Value([.. codes.Select(c => new Token(system, c))]) : NoHierarchy;
    }

    private Result<SearchValue> Value(IReadOnlyList<Token> codes) => (_codes += codes.Count) > Most ? TooMany : new CodesValue(codes);
}
