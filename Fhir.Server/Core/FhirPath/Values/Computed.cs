using System.Globalization;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;

namespace Fhir.Server.Core.FhirPath.Values;

/// <summary>Values that an expression makes: elements of System types that belong to no resource.</summary>
internal static class Computed
{
    public static readonly Element True = new("", Type("Boolean"), "true");
    public static readonly Element False = new("", Type("Boolean"), "false");

    private static readonly TypeDefinition StringType = Type("String");
    private static readonly TypeDefinition IntegerType = Type("Integer");
    private static readonly TypeDefinition LongType = Type("Long");
    private static readonly TypeDefinition DecimalType = Type("Decimal");
    private static readonly TypeDefinition DateType = Type("Date");
    private static readonly TypeDefinition DateTimeType = Type("DateTime");
    private static readonly TypeDefinition TimeType = Type("Time");
    private static readonly TypeDefinition QuantityType = Type("Quantity");
    private static readonly TypeDefinition TypeInfoType = Type("SimpleTypeInfo");

    // Counts and indexes are mostly small, and made in every loop.
    private static readonly Element[] Small = [.. Enumerable.Range(0, 256).Select(n => new Element("", IntegerType, n.ToString(CultureInfo.InvariantCulture)))];

    private static TypeDefinition Type(string name) => new("System." + name, TypeKind.System, "System.Any");

    public static Element Of(bool value) => value ? True : False;
    public static Element Of(string text) => new("", StringType, text);
    public static Element Of(int number) => (uint)number < (uint)Small.Length ? Small[number] : new("", IntegerType, number.ToString(CultureInfo.InvariantCulture));
    public static Element Of(long number) => new("", LongType, number.ToString(CultureInfo.InvariantCulture));
    public static Element Of(decimal number) => new("", DecimalType, number.ToString(CultureInfo.InvariantCulture));
    public static Element Of(Temporal at) => new("", TypeOf(at.Kind), at.ToString());

    public static Element Of(Amount amount)
    {
        var quantity = new Element("", QuantityType);
        quantity.Add(new Element("value", DecimalType, amount.Value.ToString(CultureInfo.InvariantCulture)));
        quantity.Add(new Element("unit", StringType, amount.Unit));
        return quantity;
    }

    /// <summary>A whole number stays an Integer when its operands were.</summary>
    public static Element Number(decimal value, Kind kind) => kind switch
    {
        Kind.Integer => Of((int)value),
        Kind.Long => Of((long)value),
        _ => Of(value),
    };

    public static Element Literal(Kind kind, string text) => new("", TypeOf(kind), text);

    public static Element TypeInfo(string space, string name)
    {
        var info = new Element("", TypeInfoType);
        info.Add(new Element("namespace", StringType, space));
        info.Add(new Element("name", StringType, name));
        return info;
    }

    private static TypeDefinition TypeOf(Kind kind) => kind switch
    {
        Kind.Boolean => True.Definition,
        Kind.String => StringType,
        Kind.Integer => IntegerType,
        Kind.Long => LongType,
        Kind.Decimal => DecimalType,
        Kind.Date => DateType,
        Kind.DateTime => DateTimeType,
        Kind.Time => TimeType,
        Kind.Quantity => QuantityType,
        Kind.Complex => TypeInfoType,
    };
}
