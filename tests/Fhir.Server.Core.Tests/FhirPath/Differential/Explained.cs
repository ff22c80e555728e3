using System.Text.RegularExpressions;

namespace Fhir.Server.Core.Tests.FhirPath.Differential;

/// <summary>The rules of Explained.txt: a difference is explained when the expression and both answers match one of them.</summary>
internal sealed record Explained(string Name, Regex Expression, Regex Ours, Regex Theirs)
{
    private static readonly List<Explained> All = [.. File.ReadAllText(Path.Combine(OtherEngine.Folder, "Explained.txt")).Split("\n\n").Select(block => block.Trim()).Where(block => block.Length > 0 && block[0] != '#').Select(Read)];

    /// <summary>The rule that explains it, or null.</summary>
    public static string? By(string expression, Outcome ours, Outcome theirs) =>
        All.Find(rule => rule.Expression.IsMatch(expression) && rule.Ours.IsMatch(ours.ToString()) && rule.Theirs.IsMatch(theirs.ToString()))?.Name;

    // A name with the reason, then up to three lines that say what must match.
    private static Explained Read(string block)
    {
        var lines = block.Split('\n');
        Regex Of(string field) => new(lines.FirstOrDefault(line => line.StartsWith(field + ": ", StringComparison.Ordinal))?[(field.Length + 2)..] ?? "", RegexOptions.Singleline | RegexOptions.CultureInvariant);
        return new(lines[0][..lines[0].IndexOf(':', StringComparison.Ordinal)], Of("expression"), Of("ours"), Of("theirs"));
    }
}
