using Fhir.Server.Core.Elements;
using Fhir.Server.Core.FhirPath.Operators;

namespace Fhir.Server.Core.FhirPath.Values;

/// <summary>https://hl7.org/fhirpath/#equivalent — order, case, blanks and finer decimals do not count.</summary>
internal static class Equivalence
{
    public static bool Equivalent(Run run, IReadOnlyList<Element> left, IReadOnlyList<Element> right)
    {
        if (left.Count != right.Count) return false;
        var taken = new bool[right.Count];
        foreach (var item in left)
        {
            var found = 0;
            while (found < right.Count && run.Goes() && (taken[found] || !Equivalent(run, item, right[found]))) found++;
            if (found == right.Count || run.Failed) return false;
            taken[found] = true;
        }
        return true;
    }

    public static bool Equivalent(Run run, Element a, Element b)
    {
        if (ReferenceEquals(a, b)) return true;
        if (!run.Goes(2)) return false;
        var (kindA, kindB) = (Kinds.Of(a), Kinds.Of(b));
        if (kindA == Kind.String && kindB == Kind.String) return SameWords(a.Text, b.Text) && run.Goes((a.Text?.Length ?? 0) >> 4);
        if (kindA.IsNumber() && kindB.IsNumber()) return Near(Numbers.Of(a), Numbers.Of(b));
        if (kindA == Kind.Quantity || kindB == Kind.Quantity) return run.Goes(Run.Conversion) && Near(run, a, b);
        if (Temporal.Of(a) is { } at && Temporal.Of(b) is { } other)
            return at.Kind == Kind.Time == (other.Kind == Kind.Time) && Temporal.Compare(at, other) == 0;
        return kindA == kindB && (kindA == Kind.Complex ? SameTree(run, a, b) : a.Text == b.Text);
    }

    private static bool SameTree(Run run, Element a, Element b) => a.Text == b.Text && ByName(run, a, b) && (a.Text is not null || a.Children.Count > 0 || b.Children.Count == 0);

    // Children of one name are compared with each other only.
    private static bool ByName(Run run, Element a, Element b)
    {
        if (a.Children.Count != b.Children.Count) return false;
        foreach (var name in a.Children.Select(child => child.Name).Distinct(StringComparer.Ordinal))
            if (!Equivalent(run, [.. a.Each(name)], [.. b.Each(name)])) return false;
        return true;
    }

    private static bool Near(decimal? x, decimal? y)
    {
        if (x is not { } a || y is not { } b) return x is null && y is null;
        var scale = Math.Min(Numbers.Decimals(a), Numbers.Decimals(b));
        return decimal.Round(a, scale, MidpointRounding.AwayFromZero) == decimal.Round(b, scale, MidpointRounding.AwayFromZero);
    }

    private static bool Near(Run run, Element a, Element b)
    {
        if (Amount.Of(a) is not { } x || Amount.Of(b) is not { } y) return SameTree(run, a, b);
        (x, y) = (x with { Unit = Calendar.NearUcum(x.Unit) ?? x.Unit }, y with { Unit = Calendar.NearUcum(y.Unit) ?? y.Unit });
        return x.Unit == y.Unit ? Near(x.Value, y.Value) : Units.In(y, x.Unit) is { } converted && Near(x.Value, converted);
    }

    private static bool SameWords(string? a, string? b)
    {
        if (a is null || b is null) return a == b;
        var (i, j) = (0, 0);
        while (i < a.Length && j < b.Length)
        {
            var blank = char.IsWhiteSpace(a[i]);
            if (blank != char.IsWhiteSpace(b[j])) return false;
            if (!blank && char.ToLowerInvariant(a[i]) != char.ToLowerInvariant(b[j])) return false;
            (i, j) = blank ? (AfterBlanks(a, i), AfterBlanks(b, j)) : (i + 1, j + 1);
        }
        return i == a.Length && j == b.Length;
    }

    private static int AfterBlanks(string text, int at)
    {
        while (at < text.Length && char.IsWhiteSpace(text[at])) at++;
        return at;
    }
}
