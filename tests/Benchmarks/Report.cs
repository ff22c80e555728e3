using System.Globalization;

namespace Benchmarks;

/// <summary>What was measured, as the rows of a Markdown table on standard output.</summary>
internal static class Report
{
    public static void Head(params string[] more) => Write($"| what | measure | value |{string.Concat(more.Select(m => $" {m} |"))}\n|---|---|---|{string.Concat(more.Select(_ => "---|"))}");
    public static void Line(string what, string measure, double value) => Line(what, measure, value.ToString(value < 100 ? "0.0" : "N0", CultureInfo.InvariantCulture));
    public static void Line(string what, string measure, string value) => Write($"| {what} | {measure} | {value} |");
    private static void Write(string text) => Console.Out.WriteLine(text);
}
