using Fhir.Server.Core.Elements;

namespace Fhir.Server.Core.Validation.Rules;

/// <summary>Exactly this value, nothing more — https://hl7.org/fhir/R4/elementdefinition-definitions.html#ElementDefinition.fixed_x_</summary>
internal sealed class FixedValue(Element expected) : Rule
{
    public override string Demand => $"is {Words(expected)}";

    /// <summary>A value of a definition, for who reads it.</summary>
    public static string Words(Element value) =>
        value.Children.Count == 0 ? $"'{value.Text}'" : $"({string.Join(", ", value.Children.Select(child => $"{child.Name} {Words(child)}"))})";

    public override void Check(Element element, Judging judging)
    {
        if (!Same(expected, element)) judging.Add(element, "value", "The value is not the one that the profile fixes.");
    }

    public static bool Same(Element expected, Element actual)
    {
        if (!SameText(expected, actual)) return false;
        foreach (var child in actual.Children)
            if (child.Name != "id" && !expected[child.Name].Exists) return false;
        foreach (var name in Names(expected))
        {
            using var wanted = expected.Each(name).GetEnumerator();
            using var given = actual.Each(name).GetEnumerator();
            while (wanted.MoveNext())
                if (!given.MoveNext() || !Same(wanted.Current, given.Current)) return false;
            if (given.MoveNext()) return false;
        }
        return true;
    }

    /// <summary>1.0 and 1.00 are one number; all else is compared as written.</summary>
    public static bool SameText(Element expected, Element actual) =>
        expected.Text == actual.Text
        || (expected.Type == "decimal" && decimal.TryParse(expected.Text, System.Globalization.CultureInfo.InvariantCulture, out var x)
            && decimal.TryParse(actual.Text, System.Globalization.CultureInfo.InvariantCulture, out var y) && x == y);

    private static IEnumerable<string> Names(Element element) => element.Children.Select(c => c.Name).Where(n => n != "id").Distinct(StringComparer.Ordinal);
}
