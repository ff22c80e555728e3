using System.Text;
using System.Text.Encodings.Web;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.FhirPath.Values;
using Fhir.Server.Core.Json;

namespace Fhir.Server.Api.Operations;

/// <summary>A value that FHIRPath found, as a part of Parameters tells it: by value[x] where there is one for its type, else as JSON text.</summary>
internal static class FhirPathValue
{
    private const string Ucumized = "http://unitsofmeasure.org";

    private static readonly HashSet<TypeDefinition> Tellable = [.. DefinitionSet.R4.Type("Parameters.parameter")!.Element("value")!.Types.Select(t => t.Type)];

    /// <summary>The name of its type: <c>string</c>, <c>HumanName</c>, <c>Patient.contact</c>; the Lab's word for a string without characters.</summary>
    public static string NameOf(Element value) => value is { Type: "System.String", Text: "" } ? "empty-string" : FhirTypeOf(value)?.Name ?? value.Type.Replace("System.", "", StringComparison.Ordinal);

    /// <summary>The element value[x]; null for an empty string, which FHIR cannot tell.</summary>
    public static Element? Of(Element value)
    {
        if (value is { Type: "System.String", Text: "" }) return null;
        if (value.Definition.Kind != TypeKind.System) return value.Copy("value");
        return value.Type == "System.Quantity" ? QuantityOf(value) : new Element("value", FhirTypeOf(value)!, value.Text);
    }

    /// <summary>The JSON of what has no value[x]: backbone elements, narrative, FHIRPath's own types; null for all others.</summary>
    public static string? JsonOf(Element value)
    {
        if (value.Definition.Kind == TypeKind.Resource || (FhirTypeOf(value) is { } type && Tellable.Contains(type) && (value.Text is not { Length: > 0 } text || IsTellable(text)))) return null;
        if (value.Children.Count > 0 || value.Text is null) return value.Definition.Kind == TypeKind.System ? Facts(value) : Encoding.UTF8.GetString(JsonWriter.Write(value));
        return value.Type == "System.Long" ? value.Text : Quoted(value.Text);
    }

    /// <summary>About how much it is, in characters and elements.</summary>
    public static int SizeOf(Element value) => 20 + (value.Text?.Length ?? 0) + value.Children.Sum(SizeOf);

    // Times that FHIRPath can hold and FHIR cannot (without seconds, without a zone) are told as JSON.
    private static TypeDefinition? FhirTypeOf(Element value) => value.Type switch
    {
        "System.DateTime" when value.Text is { } text && !IsFhirDateTime(text) => null,
        "System.Time" when value.Text is { Length: < 8 } => null,
        "System.Boolean" or "System.String" or "System.Integer" or "System.Decimal" or "System.Date" or "System.DateTime" or "System.Time" =>
            DefinitionSet.R4.Type(string.Concat(value.Type[7..8].ToLowerInvariant(), value.Type.AsSpan(8))),
        "System.Quantity" => DefinitionSet.R4.Type("Quantity"),
        _ => value.Definition.Kind == TypeKind.System ? null : value.Definition,
    };

    private static bool IsFhirDateTime(string text) => FhirDateTime.TryParse(text, out var at) && (at.HasZone ? at.Precision >= DatePrecision.Second : at.Precision <= DatePrecision.Day && !text.EndsWith('T'));

    // The unit of a System.Quantity is a UCUM code or a calendar word.
    private static Element QuantityOf(Element value)
    {
        var quantity = new Element("value", DefinitionSet.R4.Type("Quantity")!);
        quantity.Add("value", value["value"].Text);
        if (value["unit"].Text is not { } unit || !IsTellable(unit)) return quantity;
        quantity.Add("unit", unit);
        if (!Ucum.IsValid(unit)) return quantity;
        quantity.Add("system", Ucumized);
        quantity.Add("code", unit);
        return quantity;
    }

    // FHIR has no strings of blanks only and none with control characters; FHIRPath has.
    public static bool IsTellable(string text) =>
        text.AsSpan().IndexOfAnyExcept(" \t\r\n") >= 0 && text.All(c => c >= ' ' || c is '\t' or '\r' or '\n');

    private static string Facts(Element value) => $"{{{string.Join(',', value.Children.Select(c => $"{Quoted(c.Name)}:{Quoted(c.Text ?? "")}"))}}}";

    private static string Quoted(string text) => $"\"{JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(text)}\"";
}
