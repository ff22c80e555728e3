using System.Globalization;
using Fhir.Server.Core.Elements;

namespace Fhir.Server.Core.Validation.Rules;

/// <summary>How often a child stands there — https://hl7.org/fhir/R4/conformance-rules.html#cardinality</summary>
internal sealed class Cardinality(string name, int min, int max) : Rule
{
    public override string Demand => $"{name} {Range(min, max)}";

    public static string Range(int min, int max) => string.Create(CultureInfo.InvariantCulture, $"{min}..{(max == int.MaxValue ? "*" : max)}");

    public static string TooFew(string what, int min) => min == 1 ? $"{what} is required." : $"{what} must stand there at least {min} times.";

    public static string TooMany(string what, int max) => max == 0 ? $"{what} is not allowed here." : $"{what} stands there more often than {max} times.";

    public override void Check(Element element, Judging judging)
    {
        var count = 0;
        foreach (var child in element.Children)
            if (child.Name == name && ++count == max + 1)
                judging.Add(child, "structure", TooMany(name, max));
        if (count >= min) return;
        judging.Add(element, "required", TooFew(name, min), below: "." + name);
    }
}

/// <summary>Whether a primitive has its value (and not extensions alone), where a definition speaks of <c>value</c> below a primitive.</summary>
internal sealed class PrimitiveValue(bool required) : Rule
{
    public override string Demand => required ? "with a value" : "without a value";

    public override void Check(Element element, Judging judging)
    {
        if (element.Text is null == required)
            judging.Add(element, required ? "required" : "structure", required ? "The element must have a value." : "The element must have no value.");
    }
}

/// <summary>Without a value there is one of these extensions — https://hl7.org/fhir/R5/elementdefinition-definitions.html#ElementDefinition.valueAlternatives</summary>
internal sealed class ValueOrExtension(string[] urls) : Rule
{
    public override string Demand => $"a value or {string.Join(" or ", urls)}";

    public override void Check(Element element, Judging judging)
    {
        if (element.Text is null && !element.Each("extension").Any(e => urls.Contains(e["url"].Text)))
            judging.Add(element, "required", $"The element must have a value or one of the extensions {string.Join(", ", urls)}.");
    }
}
