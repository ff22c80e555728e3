using System.Globalization;
using Fhir.Server.Core.Elements;

namespace Fhir.Server.Core.FhirPath.Values;

/// <summary>Text to number and the rounding that FHIRPath asks for; null is "not a number", also for one too large to hold.</summary>
internal static class Numbers
{
    public static decimal? Of(Element element) =>
        Parse(element.Text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent);

    public static decimal? Parse(string? text, NumberStyles styles = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint) =>
        decimal.TryParse(text, styles, CultureInfo.InvariantCulture, out var number) ? number : null;

    public static int? Integer(string? text) =>
        int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null;

    public static long? Long(string? text) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null;

    /// <summary>Digits behind the point, trailing zeros left out.</summary>
    public static int Decimals(decimal number)
    {
        var scale = number.Scale;
        while (scale > 0 && decimal.Round(number, scale - 1) == number) scale--;
        return scale;
    }
}
