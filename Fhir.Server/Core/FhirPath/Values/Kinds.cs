using System.Collections.Frozen;
using Fhir.Server.Core.Elements;

namespace Fhir.Server.Core.FhirPath.Values;

/// <summary>What a value is to FHIRPath; Complex is all that is no value.</summary>
internal enum Kind { Complex, Boolean, String, Integer, Long, Decimal, Date, DateTime, Time, Quantity }

/// <summary>https://hl7.org/fhir/R4/fhirpath.html#types — the FHIR types that count as System types.</summary>
internal static class Kinds
{
    private static readonly FrozenDictionary<string, Kind> ByType = new Dictionary<string, Kind>(StringComparer.Ordinal)
    {
        ["System.Boolean"] = Kind.Boolean, ["System.String"] = Kind.String, ["System.Integer"] = Kind.Integer, ["System.Long"] = Kind.Long,
        ["System.Decimal"] = Kind.Decimal, ["System.Date"] = Kind.Date, ["System.DateTime"] = Kind.DateTime, ["System.Time"] = Kind.Time,
        ["System.Quantity"] = Kind.Quantity,
        ["boolean"] = Kind.Boolean,
        ["string"] = Kind.String, ["uri"] = Kind.String, ["url"] = Kind.String, ["canonical"] = Kind.String, ["code"] = Kind.String,
        ["oid"] = Kind.String, ["uuid"] = Kind.String, ["id"] = Kind.String, ["markdown"] = Kind.String, ["base64Binary"] = Kind.String,
        ["xhtml"] = Kind.String,
        ["integer"] = Kind.Integer, ["positiveInt"] = Kind.Integer, ["unsignedInt"] = Kind.Integer,
        ["decimal"] = Kind.Decimal,
        ["date"] = Kind.Date, ["dateTime"] = Kind.DateTime, ["instant"] = Kind.DateTime, ["time"] = Kind.Time,
        ["Quantity"] = Kind.Quantity, ["SimpleQuantity"] = Kind.Quantity, ["Age"] = Kind.Quantity, ["Count"] = Kind.Quantity,
        ["Distance"] = Kind.Quantity, ["Duration"] = Kind.Quantity, ["MoneyQuantity"] = Kind.Quantity,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    public static bool IsSystem(string name) => name == "Any" || ByType.ContainsKey("System." + name);

    public static Kind Of(Element element) => ByType.GetValueOrDefault(element.Type);

    public static bool IsNumber(this Kind kind) => kind is Kind.Integer or Kind.Long or Kind.Decimal;
    public static bool IsDay(this Kind kind) => kind is Kind.Date or Kind.DateTime;
}
