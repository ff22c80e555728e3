using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.FhirPath;
using Fhir.Server.Core.FhirPath.Values;
using Fhir.Server.Core.Json;

namespace Fhir.Server.Core.Tests.FhirPath.Differential;

/// <summary>A value: its type and its JSON, with numbers and moments brought to one form.</summary>
internal sealed record Item(string Type, string Json)
{
    /// <summary>The same value; the other engine knows fewer types: JavaScript has one kind of number, and of some elements it knows no type at all.</summary>
    public bool SameAs(Item other) => (Json == other.Json || SameAmount(other)) && (Type == other.Type || (Type, other.Type) switch
    {
        ("FHIR.id" or "FHIR.uri" or "FHIR.string", "System.String") => true,
        ("System.Decimal", "System.Integer") => true,
        ("System.DateTime", "System.Date") => true,
        (_, "System.Object") => Type.StartsWith("FHIR.", StringComparison.Ordinal),
        _ => false,
    });

    // The other engine tells a product in base units.
    private bool SameAmount(Item other) => Type == "System.Quantity" && Type == other.Type && Amount is { } a && other.Amount is { } b && Units.In(new(1, b.Unit), a.Unit) is { } worth && Math.Abs(b.Value * (double)worth - a.Value) <= Math.Abs(a.Value) * 1e-9;

    private (double Value, string Unit)? Amount => JsonNode.Parse(Json) is JsonValue value && value.GetValue<string>().Split(' ', 2) is [var number, var unit] && double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out var known)
        ? (known, unit.Trim('\''))
        : null;

    public override string ToString() => $"{Type}:{Json}";
}

/// <summary>What an engine answered: an issue or values.</summary>
internal sealed record Outcome(string? Issue, IReadOnlyList<Item> Found)
{
    public bool SameAs(Outcome other) => Issue is not null
        ? other.Issue is not null
        : other.Issue is null && Found.Count == other.Found.Count && Found.Zip(other.Found).All(pair => pair.First.SameAs(pair.Second));

    public override string ToString() => Issue is not null ? $"! {Issue}" : $"[{string.Join(", ", Found)}]";

    public static Outcome Ours(Element root, string expression)
    {
        if (CompiledExpression.Compile(expression).Failed(out var issue, out var compiled)) return new(issue.Text, []);
        return compiled.Evaluate(root).Failed(out issue, out var found) ? new(issue.Text, []) : new(null, [.. found.Select(item => Made(TypeOf(item.Definition), Value(item)))]);
    }

    public static Outcome Theirs(JsonNode answer) => answer["issue"] is { } issue
        ? new(issue.GetValue<string>(), [])
        : new(null, [.. answer["found"]!.AsArray().Select(pair => Made(pair![0]!.GetValue<string>(), pair[1])).Where(item => item is not { Type: "System.Decimal" or "System.Integer", Json: "null" })]);   // a logarithm of 0

    private static Item Made(string type, JsonNode? value) => new(type, type switch
    {
        "System.Quantity" when value is JsonValue => Text(JsonValue.Create(Rounded(value.GetValue<string>()))),
        "System.Time" when value is JsonValue => Text(JsonValue.Create(value.GetValue<string>().Replace(".000", "", StringComparison.Ordinal))),
        "System.DateTime" when value is JsonValue => Text(JsonValue.Create(Moment(value.GetValue<string>()))),
        _ => Text(value),
    });

    // The same moment may be told in another zone.
    private static string Moment(string text) =>
        text.Length > 16 && text.LastIndexOfAny(['Z', '+', '-']) > 12 && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, out var at) ? at.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.FFFZ", CultureInfo.InvariantCulture) : text.Replace(".000", "", StringComparison.Ordinal);

    private static string TypeOf(TypeDefinition type) => type switch
    {
        { Name: "System.SimpleTypeInfo" } => "System.Object",
        { Kind: TypeKind.System } => type.Name,
        { Kind: TypeKind.Backbone } => $"FHIR.{type.Parent}",
        _ => $"FHIR.{type.Name}",
    };

    private static JsonNode? Value(Element item) => Kinds.Of(item) switch
    {
        Kind.Complex => JsonNode.Parse(JsonWriter.Write(item)),
        Kind.Quantity when item.Definition.Kind != TypeKind.System => JsonNode.Parse(JsonWriter.Write(item)),
        Kind.Quantity => Amount.Of(item) is { } amount ? JsonValue.Create(amount.ToString()) : null,
        Kind.Boolean => item.Text is null ? null : JsonValue.Create(item.Text == "true"),
        Kind.Integer or Kind.Decimal => item.Text is null ? null : JsonValue.Create(double.Parse(item.Text, CultureInfo.InvariantCulture)),
        _ => item.Text is null ? null : JsonValue.Create(item.Text),
    };

    // "12.60 'mg'" and "12.6 'mg'" are one.
    private static string Rounded(string quantity)
    {
        var blank = quantity.IndexOf(' ', StringComparison.Ordinal);
        return blank < 0 ? quantity : Number(double.Parse(quantity[..blank], CultureInfo.InvariantCulture)) + quantity[blank..];
    }

    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static string Number(double number) => (number == 0 ? 0 : number).ToString("G12", CultureInfo.InvariantCulture);

    private static string Text(JsonNode? node) => node switch
    {
        null => "null",
        JsonObject one => $"{{{string.Join(',', one.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => $"{p.Key}:{Text(p.Value)}"))}}}",
        JsonArray many => $"[{string.Join(',', many.Select(Text))}]",
        JsonValue value when value.GetValueKind() == JsonValueKind.Number => Number(value.TryGetValue<double>(out var d) ? d : double.Parse(value.ToString(), CultureInfo.InvariantCulture)),
        _ => node.ToJsonString(Plain),
    };
}
