using System.Globalization;
using Fhir.Server.Core.Elements;

namespace Fhir.Server.Core.FhirPath.Values;

/// <summary>https://hl7.org/fhirpath/#quantity — a number with a unit: a UCUM code or a calendar word; <c>1</c> is no unit.</summary>
internal readonly record struct Amount(decimal Value, string Unit)
{
    private const string Ucum = "http://unitsofmeasure.org";

    /// <summary>Of a quantity or a number; null where there is no number, or only a bound (a comparator).</summary>
    public static Amount? Of(Element element)
    {
        var kind = Kinds.Of(element);
        if (kind.IsNumber()) return Numbers.Of(element) is { } number ? new Amount(number, "1") : null;
        if (kind != Kind.Quantity || element["comparator"].Exists) return null;
        return Numbers.Of(element["value"]) is { } value ? new Amount(value, UnitOf(element)) : null;
    }

    // https://hl7.org/fhir/R4/fhirpath.html#quantity — the code counts when it is UCUM's.
    private static string UnitOf(Element quantity)
    {
        var code = quantity["code"].Text;
        if (code is not null && quantity["system"].Text is null or Ucum) return code;
        return quantity["unit"].Text ?? code ?? "1";
    }

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Value} {(Calendar.IsWord(Unit) ? Unit : $"'{Unit}'")}");
}
