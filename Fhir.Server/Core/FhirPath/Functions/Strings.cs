using Fhir.Server.Core.Elements;
using Fhir.Server.Core.FhirPath.Operators;
using Fhir.Server.Core.FhirPath.Values;

namespace Fhir.Server.Core.FhirPath.Functions;

/// <summary>https://hl7.org/fhirpath/#string-manipulation</summary>
internal static class Strings
{
    /// <summary>A function of one string.</summary>
    public static Function Of(Func<string, Element> made) => (run, input, _, into) =>
    {
        if (run.Text(input) is { } text) into.Add(made(text));
    };

    /// <summary>A function of a string and a string argument.</summary>
    public static Function Of(Func<string, string, Element> made) => (run, input, arguments, into) =>
    {
        var (text, argument) = (run.Text(input), run.Text(arguments[0]));
        if (text is not null && argument is not null) into.Add(made(text, argument));
    };

    public static void Substring(Run run, List<Element> input, Operator[] arguments, List<Element> into)
    {
        var (text, start) = (run.Text(input), run.Integer(arguments[0]));
        var length = arguments.Length > 1 ? run.Integer(arguments[1]) : null;
        if (text is null || start is not { } from || from < 0 || from >= text.Length) return;
        var count = Math.Clamp(length ?? int.MaxValue, 0, text.Length - from);
        into.Add(Computed.Of(text.Substring(from, count)));
    }

    public static void Replace(Run run, List<Element> input, Operator[] arguments, List<Element> into)
    {
        var (text, pattern, with) = (run.Text(input), run.Text(arguments[0]), run.Text(arguments[1]));
        if (text is null || pattern is null || with is null || !run.Fits((text.Length + 1L) * (with.Length + 1L))) return;
        if (pattern.Length > 0) into.Add(Computed.Of(text.Replace(pattern, with, StringComparison.Ordinal)));
        else into.Add(Computed.Of(with + string.Concat(text.Select(c => c + with))));
    }

    public static void ToChars(Run run, List<Element> input, Operator[] arguments, List<Element> into)
    {
        if (run.Text(input) is not { } text) return;
        if (!run.Goes((long)Run.NewValue * text.Length)) return;
        foreach (var rune in text.EnumerateRunes()) into.Add(Computed.Of(rune.ToString()));
    }

    public static void Split(Run run, List<Element> input, Operator[] arguments, List<Element> into)
    {
        var (text, separator) = (run.Text(input), run.Text(arguments[0]));
        if (text is null || separator is null || !run.Goes((long)Run.NewValue * text.Length)) return;
        foreach (var part in text.Split(separator)) into.Add(Computed.Of(part));
    }

    public static void Join(Run run, List<Element> input, Operator[] arguments, List<Element> into)
    {
        var separator = arguments.Length == 0 ? "" : run.Text(arguments[0]) ?? "";
        foreach (var item in input)
            if (Kinds.Of(item) != Kind.String) run.Fail("join() takes strings only.");
        if (input.Count > 0 && run.Fits(input.Sum(item => (long)separator.Length + (item.Text?.Length ?? 0)))) into.Add(Computed.Of(string.Join(separator, input.Select(item => item.Text))));
    }
}
