using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.FhirPath.Operators;
using Fhir.Server.Core.FhirPath.Values;

namespace Fhir.Server.Core.FhirPath.Functions;

/// <summary>https://hl7.org/fhirpath/#matchesregex--string--boolean — regular expressions, with a time limit: they come from outside.</summary>
internal static class Patterns
{
    private const int MostKept = 512;
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(200);
    private static readonly ConcurrentDictionary<string, Regex> Kept = new(StringComparer.Ordinal);

    public static void Matches(Run run, List<Element> input, Operator[] arguments, List<Element> into) =>
        Try(run, input, arguments[0], "", (regex, text) => Computed.Of(regex.IsMatch(text)), into);

    public static void MatchesFull(Run run, List<Element> input, Operator[] arguments, List<Element> into) =>
        Try(run, input, arguments[0], "full", (regex, text) => Computed.Of(regex.IsMatch(text)), into);

    public static void ReplaceMatches(Run run, List<Element> input, Operator[] arguments, List<Element> into)
    {
        if (run.Text(arguments[1]) is not { } with || run.Text(input) is not { } whole || !run.Fits(Longest(whole, with))) return;
        Try(run, input, arguments[0], "", (regex, text) => Computed.Of(regex.ToString().Length == 0 ? text : regex.Replace(text, with)), into);
    }

    // Each match may be replaced by the whole text: "$_", "$`" and "$'" stand for it or its parts.
    private static long Longest(string text, string with)
    {
        var grows = with.Contains("$_", StringComparison.Ordinal) || with.Contains("$`", StringComparison.Ordinal) || with.Contains("$'", StringComparison.Ordinal);
        return (text.Length + 1L) * (with.Length + 1L) * (grows ? text.Length + 1L : 1);
    }

    private static void Try(Run run, List<Element> input, Operator argument, string how, Func<Regex, string, Element> use, List<Element> into)
    {
        var (text, pattern) = (run.Text(input), run.Text(argument));
        if (text is null || pattern is null) return;
        try
        {
            into.Add(use(Compiled(how == "full" ? $@"\A(?:{pattern})\z" : pattern), text));
        }
        catch (RegexMatchTimeoutException)
        {
            run.Fail("A regular expression takes too long.");
        }
        catch (ArgumentException)
        {
            run.Fail("A regular expression is not well formed.");
        }
    }

    private static Regex Compiled(string pattern)
    {
        if (Kept.TryGetValue(pattern, out var known)) return known;
        if (Kept.Count >= MostKept) Kept.Clear();
        return Kept.GetOrAdd(pattern, text => new Regex(text, RegexOptions.Singleline | RegexOptions.CultureInvariant, Patience));
    }
}
