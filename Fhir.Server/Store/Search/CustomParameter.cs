using System.Text.RegularExpressions;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.FhirPath;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;

namespace Fhir.Server.Store.Search;

/// <summary>Reads a stored SearchParameter: what something can be searched by here, or why not — https://hl7.org/fhir/R4/searchparameter.html</summary>
public static partial class CustomParameter
{
    private const int LongestExpression = 1000, MostTypes = 20;

    /// <summary>How much work an expression may be on one resource: past it that resource has no value of the parameter.</summary>
    internal static readonly EvaluationContext Bounds = new() { MostSteps = 20_000 };

    // Those that look at each element once and need no other resource; matches() and descendants() cost what their input says.
    private static readonly HashSet<string> Functions = new(StringComparer.Ordinal)
    {
        "all", "as", "empty", "endsWith", "exists", "extension", "first", "getValue", "hasValue", "is", "last", "lower", "not", "ofType", "resolve", "startsWith", "upper", "where",
    };

    /// <summary>One definition for each base type; none while it is not active.</summary>
    public static Result<IReadOnlyList<SearchParameterDefinition>> Read(Element resource, DefinitionSet r4)
    {
        if (resource["status"].Text != "active") return Array.Empty<SearchParameterDefinition>();
        if (TypeOf(resource).Failed(out var issue, out var type)) return issue;
        if (CodeOf(resource).Failed(out issue, out var code)) return issue;
        if (ExpressionOf(resource).Failed(out issue, out var expression)) return issue;
        if (BasesOf(resource, r4).Failed(out issue, out var bases)) return issue;
        if (bases.Find(name => r4.SearchParameter(name, code) is not null) is { } taken) return new Issue(IssueKind.Conflict, $"{taken} has a parameter of that code in FHIR R4.", "code");
        var targets = resource.Each("target").Select(t => t.Text).OfType<string>().Where(r4.IsResource).ToArray();
        return bases.Select(name => new SearchParameterDefinition(code, type, name, expression, targets, [], resource["url"].Text ?? "")).ToArray();
    }

    private static Result<SearchParameterType> TypeOf(Element resource) => resource["type"].Text switch
    {
        "composite" or "special" => new Issue(IssueKind.Unsupported, "An active SearchParameter here is no composite and not special.", "type"),
        { } text when Enum.TryParse<SearchParameterType>(text, ignoreCase: true, out var type) => type,
        _ => new Issue(IssueKind.Invalid, "An active SearchParameter has a type.", "type"),
    };

    private static Result<string> CodeOf(Element resource) => resource["code"].Text is { } code && Code().IsMatch(code)
        ? code : new Issue(IssueKind.Invalid, "The code of an active SearchParameter is a letter with letters, digits, '-' and '_' after it, 64 at most.", "code");

    private static Result<string> ExpressionOf(Element resource)
    {
        if (resource["expression"].Text is not { Length: > 0 } text) return new Issue(IssueKind.Invalid, "An active SearchParameter has an expression.", "expression");
        if (text.Length > LongestExpression) return TooCostly("The expression is too long.");
        var bare = Quoted().Replace(text, "''");
        if (bare.Contains('`', StringComparison.Ordinal) || bare.Contains("/*", StringComparison.Ordinal) || bare.Contains("//", StringComparison.Ordinal))
            return new Issue(IssueKind.Unsupported, "The expression has no comments and no names in backticks.", "expression");
        if (Called().Matches(bare).Select(m => m.Groups["name"].Value).FirstOrDefault(name => !Functions.Contains(name) && name is not ("and" or "or" or "xor" or "in" or "implies" or "div" or "mod")) is { } name)
            return TooCostly($"Indexing does not call {name}(): the functions of an expression are {string.Join(", ", Functions.Order(StringComparer.Ordinal))}.");
        return CompiledExpression.CompileSearch(text).Failed(out var wrong, out _) ? wrong with { Where = "expression" } : text;
    }

    // What nobody searches is not indexed either; the log has a search of its own.
    private static Result<List<string>> BasesOf(Element resource, DefinitionSet r4)
    {
        var bases = resource.Each("base").Select(b => b.Text).OfType<string>().Distinct(StringComparer.Ordinal).ToList();
        if (bases.Count is 0 or > MostTypes || !bases.TrueForAll(r4.IsResource)) return new Issue(IssueKind.Unsupported, $"The base of an active SearchParameter is 1 to {MostTypes} types of resources, each by its name.", "base");
        return bases.TrueForAll(name => AccessTable.ReadBy(name) is not (Keeper.Nobody or Keeper.Audit)) ? bases
            : new Issue(IssueKind.Unsupported, "A base type of it cannot be searched here.", "base");
    }

    private static Issue TooCostly(string text) => new(IssueKind.Unsupported, text, "expression") { Code = "too-costly" };

    [GeneratedRegex(@"\A[A-Za-z][A-Za-z0-9_-]{0,63}\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Code();

    [GeneratedRegex(@"'(?:[^'\\]|\\.)*'", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Quoted();

    [GeneratedRegex(@"(?<name>[A-Za-z_][A-Za-z0-9_]*)\s*\(", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Called();
}
