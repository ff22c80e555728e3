using System.Text;
using System.Text.Json;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;

namespace Fhir.Server.Core.Json;

/// <summary>Primitives are written twice: the value under their name, id and extensions under <c>_name</c>, aligned by null — https://hl7.org/fhir/R4/json.html#primitive</summary>
internal ref partial struct JsonParser
{
    private const int Nowhere = -1;

    private void Primitive(Element parent, Property property, int at, ref bool nulls)
    {
        if (_reader.TokenType == JsonTokenType.Null && property.Element.Max > 1)
        {
            nulls = true;
            _ = Place(parent, property, at);
            return;
        }
        if (!KindFits(property.Type.Primitive))
        {
            Refuse(parent, property, WantedKind(property.Type.Primitive));
            return;
        }
        var element = Place(parent, property, at);
        (element.Start, element.End) = (ValueStart, ValueEnd);
        element.Text = _reader.TokenType switch
        {
            JsonTokenType.True => "true",
            JsonTokenType.False => "false",
            JsonTokenType.Number => Encoding.ASCII.GetString(_reader.ValueSpan),
            _ => String(element),
        };
        if (element.Text is not null && IsBlank(element.Text)) Tell(element, "A string is never empty.");
    }

    private void Companions(Element parent, Property property, int values, ref bool nulls)
    {
        nulls = true;
        if (property.Element.Max <= 1)
        {
            Companion(parent, property, values);
            return;
        }
        if (_reader.TokenType != JsonTokenType.StartArray)
        {
            Refuse(parent, property, "has its ids and extensions in an array.");
            return;
        }
        var count = 0;
        var expected = RunLength(parent, property, values);
        for (; _reader.Read() && _reader.TokenType != JsonTokenType.EndArray; count++)
        {
            var at = values == Nowhere ? Nowhere : values + count;
            if (_reader.TokenType == JsonTokenType.Null) _ = Place(parent, property, at);
            else Companion(parent, property, at);
        }
        CheckLength(parent, property, count, expected);
    }

    private void Companion(Element parent, Property property, int at)
    {
        if (_reader.TokenType != JsonTokenType.StartObject) Refuse(parent, property, "has its id and extensions in an object.");
        else Members(Place(parent, property, at));
    }

    // Where the values or companions that came first begin among the children: they stand in one row.
    private static int First(Element parent, Property property)
    {
        var children = parent.ChildSpan;
        for (var i = 0; i < children.Length; i++)
            if (IsOf(children[i], property)) return i;
        return Nowhere;
    }

    private static int RunLength(Element parent, Property property, int from)
    {
        if (from == Nowhere) return Nowhere;
        var children = parent.ChildSpan[from..];
        var length = 0;
        while (length < children.Length && IsOf(children[length], property)) length++;
        return length;
    }

    private static bool IsOf(Element child, Property property) =>
        ReferenceEquals(child.Slot, property.Element) && ReferenceEquals(child.Definition, property.Type);

    // The element that this value or companion belongs to: the one its counterpart made, or a new one.
    private static Element Place(Element parent, Property property, int at)
    {
        var children = parent.ChildSpan;
        return at >= 0 && at < children.Length && IsOf(children[at], property)
            ? children[at]
            : parent.Add(new Element(property.Element.Name, property.Type) { Slot = property.Element });
    }

    private void CheckLength(Element parent, Property property, int count, int expected)
    {
        if (count == 0) Tell(parent, $"{property.Name} is an empty array.", property);
        else if (expected >= 0 && count != expected) Tell(parent, $"{property.Name} and _{property.Name} differ in length.", property);
    }

    // A null that no counterpart fills.
    private void RefuseHollow(Element parent)
    {
        foreach (var child in parent.ChildSpan)
            if (child.Text is null && child.Definition.Kind == TypeKind.Primitive && child.Children.Count == 0)
                Tell(child, "A null stands only where the value or its extensions are given in the counterpart.");
    }

    private readonly bool KindFits(Primitive type) => type switch
    {
        Definitions.Primitive.Boolean => _reader.TokenType is JsonTokenType.True or JsonTokenType.False,
        Definitions.Primitive.Integer or Definitions.Primitive.PositiveInt or Definitions.Primitive.UnsignedInt or Definitions.Primitive.Decimal =>
            _reader.TokenType == JsonTokenType.Number,
        _ => _reader.TokenType == JsonTokenType.String,
    };

    private static string WantedKind(Primitive type) => type switch
    {
        Definitions.Primitive.Boolean => "must be true or false.",
        Definitions.Primitive.Integer or Definitions.Primitive.PositiveInt or Definitions.Primitive.UnsignedInt or Definitions.Primitive.Decimal => "must be a number.",
        _ => "must be a string.",
    };

    private static bool IsBlank(string text) => text.AsSpan().IndexOfAnyExcept(" \t\r\n") < 0;
}
