using Fhir.Server.Core.Elements;
using Fhir.Server.Core.FhirPath.Operators;

namespace Fhir.Server.Core.FhirPath.Values;

/// <summary>https://hl7.org/fhirpath/#equals — of two items, and of two collections; null is "unknown".</summary>
internal static class Equality
{
    public static bool? Equal(Run run, List<Element> left, List<Element> right)
    {
        if (left.Count == 0 || right.Count == 0) return null;
        if (left.Count != right.Count) return false;
        bool? all = true;
        for (var i = 0; i < left.Count; i++)
        {
            var equal = Equal(run, left[i], right[i]);
            if (equal == false) return false;
            all &= equal;
        }
        return all;
    }

    public static bool? Equal(Run run, Element a, Element b)
    {
        if (ReferenceEquals(a, b)) return true;
        if (!run.Goes(2)) return null;
        var (kindA, kindB) = (Kinds.Of(a), Kinds.Of(b));
        if (kindA == Kind.String && kindB == Kind.String && a.Text is not null) return a.Text == b.Text && run.Goes(a.Text.Length >> 6);
        if (kindA == Kind.Complex || kindB == Kind.Complex) return kindA == kindB && SameTree(run, a, b);
        if (kindA.IsNumber() && kindB.IsNumber()) return Same(Numbers.Of(a), Numbers.Of(b), a, b);
        if (kindA == Kind.Quantity || kindB == Kind.Quantity) return SameAmount(run, a, b);
        if (Temporal.Of(a) is { } at && Temporal.Of(b) is { } other)
            return at.Kind == Kind.Time == (other.Kind == Kind.Time) ? Temporal.Compare(at, other) is { } order ? order == 0 : null : false;
        if (a.Text is null && b.Text is null) return SameTree(run, a, b);
        return kindA == kindB && a.Text == b.Text;
    }

    private static bool Same(decimal? x, decimal? y, Element a, Element b) => x is null || y is null ? a.Text == b.Text : x == y;

    private static bool? SameAmount(Run run, Element a, Element b)
    {
        if (!run.Goes(Run.Conversion)) return null;
        if (Amount.Of(a) is { } x && Amount.Of(b) is { } y) return Units.Compare(x, y) is { } order ? order == 0 : null;
        return a.Children.Count > 0 && b.Children.Count > 0 && SameTree(run, a, b);
    }

    private static bool SameTree(Run run, Element a, Element b)
    {
        if (a.Text != b.Text || a.Children.Count != b.Children.Count || !run.Goes(a.Children.Count + 1)) return false;
        for (var i = 0; i < a.Children.Count; i++)
            if (a.Children[i].Name != b.Children[i].Name || Equal(run, a.Children[i], b.Children[i]) != true) return false;
        return true;
    }

    /// <summary>https://hl7.org/fhirpath/#less-than — order of two items; Comparable is false when they are of kinds that have no order.</summary>
    public static int? Order(Element a, Element b, out bool comparable)
    {
        comparable = true;
        var (kindA, kindB) = (Kinds.Of(a), Kinds.Of(b));
        if (kindA == Kind.String && kindB == Kind.String) return string.CompareOrdinal(a.Text, b.Text);
        if (kindA.IsNumber() && kindB.IsNumber()) return Numbers.Of(a) is { } x && Numbers.Of(b) is { } y ? x.CompareTo(y) : null;
        var bothHaveAmounts = (kindA == Kind.Quantity || kindA.IsNumber()) && (kindB == Kind.Quantity || kindB.IsNumber());
        if (bothHaveAmounts) return Amount.Of(a) is { } v && Amount.Of(b) is { } w ? Units.Compare(v, w) : null;
        comparable = (kindA.IsDay() && kindB.IsDay()) || (kindA == Kind.Time && kindB == Kind.Time);
        return comparable && Temporal.Of(a) is { } at && Temporal.Of(b) is { } other ? Temporal.Compare(at, other) : null;
    }
}
