using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;

namespace Fhir.Server.Core.Json;

/// <summary>An element tree to JSON text — https://hl7.org/fhir/R4/json.html. Numbers come out as they were written, elements in their order.</summary>
public static class JsonWriter
{
    // The tree was checked; HTML escaping would only make the text longer, since it is never served as HTML.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    public static void Write(Element root, IBufferWriter<byte> to)
    {
        using var json = new Utf8JsonWriter(to, Options);
        Object(json, root);
    }

    public static byte[] Write(Element root)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        Write(root, buffer);
        return buffer.WrittenSpan.ToArray();
    }

    private static void Object(Utf8JsonWriter json, Element element)
    {
        json.WriteStartObject();
        if (element.Definition.Kind == TypeKind.Resource) json.WriteString("resourceType"u8, element.Type);
        var children = element.ChildSpan;
        for (var i = 0; i < children.Length; i++)
            if (IsFirstOfName(children, i)) Property(json, element, children[i]);
        json.WriteEndObject();
    }

    private static bool IsFirstOfName(ReadOnlySpan<Element> children, int index)
    {
        for (var i = index - 1; i >= 0; i--)
            if (children[i].Name == children[index].Name) return false;
        return true;
    }

    private static void Property(Utf8JsonWriter json, Element parent, Element first)
    {
        var slot = first.Slot ?? parent.Definition.Element(first.Name)
            ?? throw new InvalidOperationException($"{parent.Type} has no element {first.Name}.");
        var name = slot.NameAs(first.Definition);
        var all = parent.Each(first.Name).ToList();
        if (first.Definition.Kind != TypeKind.Primitive)
        {
            Items(json, name, all, slot.Max > 1, Object);
            return;
        }
        if (all.Exists(e => e.Text is not null)) Items(json, name, all, slot.Max > 1, Value);
        if (all.Exists(e => e.Children.Count > 0)) Items(json, "_" + name, all, slot.Max > 1, Companion);
    }

    private static void Items(Utf8JsonWriter json, string name, List<Element> all, bool isArray, Action<Utf8JsonWriter, Element> write)
    {
        if (all.Count > 1 && !isArray) throw new InvalidOperationException($"{all[1].Location} stands there twice: check a tree before it is written.");
        json.WritePropertyName(name);
        if (isArray) json.WriteStartArray();
        foreach (var element in all) write(json, element);
        if (isArray) json.WriteEndArray();
    }

    private static void Companion(Utf8JsonWriter json, Element element)
    {
        if (element.Children.Count == 0) json.WriteNullValue();
        else Object(json, element);
    }

    private static void Value(Utf8JsonWriter json, Element element)
    {
        if (element.Text is null) json.WriteNullValue();
        else if (element.Definition.Primitive is Primitive.Boolean or Primitive.Decimal or Primitive.Integer or Primitive.PositiveInt or Primitive.UnsignedInt)
            json.WriteRawValue(element.Text);
        else json.WriteStringValue(element.Text);
    }
}
