using System.Runtime.InteropServices;
using Fhir.Server.Core.Elements;

namespace Fhir.Server.Store.Search.Types;

/// <summary>The moments that a date covers, in µs since 1970 (UTC), from Lo up to but not including Hi. What is written finer than µs lies between two of them (Lo = Hi).</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct DateRange(long Lo, long Hi)
{
    private const int Micro = 6;

    /// <summary>date, dateTime and instant, and what only queries write — https://hl7.org/fhir/R4/search.html#date. Null when it is none.</summary>
    public static DateRange? Parse(string text)
    {
        if (!FhirDateTime.TryParse(text, out var date)) return null;
        return date.Precision == DatePrecision.Fraction && IsFiner(text) ? new(date.High + 1, date.High + 1) : new(date.Low, date.High + 1);
    }

    private static bool IsFiner(string text)
    {
        var digits = text.AsSpan(text.IndexOf('.', StringComparison.Ordinal) + 1);
        var end = digits.IndexOfAnyExceptInRange('0', '9');
        if (end >= 0) digits = digits[..end];
        return digits.Length > Micro && digits[Micro..].ContainsAnyExcept('0');
    }
}
