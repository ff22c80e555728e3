using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.RegularExpressions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.FhirPath.Operators;
using Fhir.Server.Core.FhirPath.Values;

namespace Fhir.Server.Core.FhirPath.Functions;

/// <summary>https://hl7.org/fhirpath/#matchesregex--string--boolean — regular expressions, with a time limit: they come from outside. One that stands in the expression is read once.</summary>
internal static class Patterns
{
    private const int MostKept = 512;
    private const int LongestKept = 1000;
    // Time counts as steps, so that many slow matches end like one that never ends.
    private const long StepsPerMillisecond = 5_000;
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(200);
    private static readonly ConcurrentDictionary<(string Pattern, bool Whole), Regex> Kept = new();

    public static Func<Operator, Operator[], Operator> Matches(bool whole) => (source, arguments) =>
    {
        var fixedRegex = Fixed(arguments[0], whole);
        return new Call(source, (run, input, given, into) => Try(run, input, fixedRegex, given[0], whole, (regex, text) => Computed.Of(regex.IsMatch(text)), into), arguments);
    };

    public static Operator Replaces(Operator source, Operator[] arguments)
    {
        var fixedRegex = Fixed(arguments[0], whole: false);
        return new Call(source, (run, input, given, into) =>
        {
            if (run.Text(given[1]) is not { } with || run.Text(input) is not { } all || !run.Fits(Longest(all, with))) return;
            Try(run, input, fixedRegex, given[0], false, (regex, text) => Computed.Of(regex.ToString().Length == 0 ? text : regex.Replace(text, with)), into);
        }, arguments);
    }

    // Each match may be replaced by the whole text: "$_", "$`" and "$'" stand for it or its parts.
    private static long Longest(string text, string with)
    {
        var grows = with.Contains("$_", StringComparison.Ordinal) || with.Contains("$`", StringComparison.Ordinal) || with.Contains("$'", StringComparison.Ordinal);
        return (text.Length + 1L) * (with.Length + 1L) * (grows ? text.Length + 1L : 1);
    }

    private static void Try(Run run, List<Element> input, Regex? known, Operator argument, bool whole, Func<Regex, string, Element> use, List<Element> into)
    {
        if (run.Text(input) is not { } text) return;
        var pattern = known is null ? run.Text(argument) : "";
        if (pattern is null) return;
        var from = Stopwatch.GetTimestamp();
        try
        {
            into.Add(InTime(use, known ?? Compiled(pattern, whole), text));
        }
        catch (RegexMatchTimeoutException)
        {
            run.Fail("A regular expression takes too long.");
        }
        catch (ArgumentException)
        {
            run.Fail("A regular expression is not well formed.");
        }
        run.Goes((long)(Stopwatch.GetElapsedTime(from).TotalMilliseconds * StepsPerMillisecond));
    }

    // A second time when the first ran out: the machine may have been busy with something else, and the answer must not depend on that.
    private static Element InTime(Func<Regex, string, Element> use, Regex regex, string text)
    {
        try
        {
            return use(regex, text);
        }
        catch (RegexMatchTimeoutException)
        {
            return use(regex, text);
        }
    }

    private static Regex? Fixed(Operator argument, bool whole)
    {
        try
        {
            return argument is Constant { Value: { Text: { } pattern } value } && Kinds.Of(value) == Kind.String ? Compiled(pattern, whole) : null;
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    private static Regex Compiled(string pattern, bool whole)
    {
        if (Kept.TryGetValue((pattern, whole), out var known)) return known;
        var made = new Regex(whole ? $@"\A(?:{pattern})\z" : pattern, RegexOptions.Singleline | RegexOptions.CultureInvariant, Patience);
        if (pattern.Length > LongestKept) return made;
        if (Kept.Count >= MostKept) Kept.Clear();
        return Kept.GetOrAdd((pattern, whole), made);
    }
}
