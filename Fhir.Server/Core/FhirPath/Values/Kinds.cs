using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;

namespace Fhir.Server.Core.FhirPath.Values;

/// <summary>What a value is to FHIRPath; Complex is all that is no value.</summary>
internal enum Kind { Complex, Boolean, String, Integer, Long, Decimal, Date, DateTime, Time, Quantity }

/// <summary>https://hl7.org/fhir/R4/fhirpath.html#types — the FHIR types that count as System types.</summary>
internal static class Kinds
{
    public static bool IsSystem(string name) => name == "Any" || OfSystem("System." + name) != Kind.Complex;

    public static Kind Of(Element element) => element.Definition.Kind switch
    {
        TypeKind.Primitive => OfPrimitive(element.Definition.Primitive),
        TypeKind.System => OfSystem(element.Type),
        TypeKind.Complex => element.Type is "Quantity" or "SimpleQuantity" or "Age" or "Count" or "Distance" or "Duration" or "MoneyQuantity" ? Kind.Quantity : Kind.Complex,
        TypeKind.Backbone or TypeKind.Resource => Kind.Complex,
    };

    private static Kind OfSystem(string type) => type switch
    {
        "System.Boolean" => Kind.Boolean,
        "System.String" => Kind.String,
        "System.Integer" => Kind.Integer,
        "System.Long" => Kind.Long,
        "System.Decimal" => Kind.Decimal,
        "System.Date" => Kind.Date,
        "System.DateTime" => Kind.DateTime,
        "System.Time" => Kind.Time,
        "System.Quantity" => Kind.Quantity,
        _ => Kind.Complex,
    };

    private static Kind OfPrimitive(Primitive type) => type switch
    {
        Primitive.None => Kind.Complex,
        Primitive.Boolean => Kind.Boolean,
        Primitive.Integer or Primitive.PositiveInt or Primitive.UnsignedInt => Kind.Integer,
        Primitive.Decimal => Kind.Decimal,
        Primitive.Date => Kind.Date,
        Primitive.DateTime or Primitive.Instant => Kind.DateTime,
        Primitive.Time => Kind.Time,
        Primitive.Base64Binary or Primitive.Canonical or Primitive.Code or Primitive.Id or Primitive.Markdown or Primitive.Oid or
            Primitive.String or Primitive.Uri or Primitive.Url or Primitive.Uuid or Primitive.Xhtml => Kind.String,
    };

    public static bool IsNumber(this Kind kind) => kind is Kind.Integer or Kind.Long or Kind.Decimal;
    public static bool IsDay(this Kind kind) => kind is Kind.Date or Kind.DateTime;
}
