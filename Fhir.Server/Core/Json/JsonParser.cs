using System.Text;
using System.Text.Json;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;

namespace Fhir.Server.Core.Json;

/// <summary>The state of one reading. Elements are hung into the tree before their content is read, so that every issue knows its place.</summary>
internal ref partial struct JsonParser
{
    private const int MaxIssues = 20;
    private readonly DefinitionSet _definitions;
    private readonly int _offset;   // what stands before the text: a byte order mark, or nothing
    private readonly int _maxDepth;
    private Utf8JsonReader _reader;
    private List<Issue>? _issues;
    private Element? _current;      // the innermost element begun: malformed JSON breaks off here

    public JsonParser(ReadOnlySpan<byte> utf8, DefinitionSet definitions, int maxDepth)
    {
        _definitions = definitions;
        _maxDepth = maxDepth;
        _offset = utf8.StartsWith("\uFEFF"u8) ? 3 : 0;
        _reader = new(utf8[_offset..], new JsonReaderOptions { MaxDepth = maxDepth });
    }

    public readonly Issue? Wrong => _issues is null ? null : _issues[0] with { Others = [.. _issues.Skip(1)] };

    public Element? Resource()
    {
        _reader.Read();
        if (_reader.TokenType != JsonTokenType.StartObject)
        {
            Tell(null, "A resource is a JSON object.");
            return null;
        }
        var root = ResourceIn(null, null);
        _reader.Read();   // throws when something follows
        return root;
    }

    public void AnyValue()
    {
        _reader.Read();
        Skip();
        _reader.Read();
    }

    public readonly Issue Malformed(JsonException e) => new(
        IssueKind.Invalid,
        $"The JSON is malformed{(_reader.CurrentDepth >= _maxDepth - 1 ? $" or nested deeper than {_maxDepth} levels" : "")}, at line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}.",
        _current?.Location) { Code = "structure" };

    // Stands on the '{' of a resource: the root, a contained one, or one in a Bundle entry or a parameter.
    private Element? ResourceIn(Element? parent, ElementDefinition? slot)
    {
        if (ResourceType(parent) is not { } type)
        {
            Skip();
            return null;
        }
        var element = new Element(slot?.Name ?? type.Name, type) { Start = ValueStart, Slot = slot };
        parent?.Add(element);
        Members(element);
        element.End = ValueEnd;
        return element;
    }

    // resourceType may stand anywhere in the object, and what the other names mean depends on it: look ahead with a copy.
    private TypeDefinition? ResourceType(Element? parent)
    {
        var ahead = _reader;
        while (ahead.Read() && ahead.TokenType == JsonTokenType.PropertyName)
        {
            var found = ahead.ValueIsEscaped ? Decode(ahead) == "resourceType" : ahead.ValueSpan.SequenceEqual("resourceType"u8);
            ahead.Read();
            if (!found) ahead.Skip();
            else return KnownResource(ahead, parent);
        }
        Tell(parent, "A resource has no resourceType.");
        return null;
    }

    private TypeDefinition? KnownResource(Utf8JsonReader at, Element? parent)
    {
        if (at.TokenType == JsonTokenType.String && Decode(at) is { } name && _definitions.IsResource(name)) return _definitions.Type(name);
        Tell(parent, "A resource has a resourceType that R4 does not know.");
        return null;
    }

    // Stands on '{', ends on '}'.
    private void Members(Element element)
    {
        var isResource = element.Definition.Kind == TypeKind.Resource;
        Span<ulong> seen = stackalloc ulong[(element.Definition.PropertyCount * 2 + 64) / 64];
        _current = element;
        var any = false;
        var nulls = false;
        while (_reader.Read() && _reader.TokenType == JsonTokenType.PropertyName)
        {
            any = true;
            Member(element, isResource, seen, ref nulls);
        }
        if (!any) Tell(element, "An object is never empty.");
        if (nulls) RefuseHollow(element);
        _current = element.Parent;
    }

    private void Member(Element element, bool isResource, scoped Span<ulong> seen, ref bool nulls)
    {
        var name = _reader.ValueIsEscaped ? Encoding.UTF8.GetBytes(String(element) ?? "") : _reader.ValueSpan;
        if (isResource && name.SequenceEqual("resourceType"u8))
        {
            if (SeenBefore(seen, 0)) Tell(element, "The property resourceType stands there twice.");
            _reader.Read();
            return;
        }
        var isCompanion = name is [(byte)'_', ..];
        var property = element.Definition.Property(isCompanion ? name[1..] : name);
        if (property is null || (isCompanion && property.Type.Kind != TypeKind.Primitive))
        {
            Unknown(element, name);
            return;
        }
        var bit = 1 + (property.Index * 2);
        if (SeenBefore(seen, isCompanion ? bit + 1 : bit))
        {
            Tell(element, $"The property {(isCompanion ? "_" : "")}{property.Name} stands there twice.");
            SkipValue();
            return;
        }
        if (property.Element.IsChoice && HasOtherType(element, property)) Tell(element, $"{property.Element.Name}[x] is given in more than one type.", property);
        _reader.Read();
        if (isCompanion) Companions(element, property, Seen(seen, bit) ? First(element, property) : Nowhere, ref nulls);
        else Values(element, property, Seen(seen, bit + 1) ? First(element, property) : Nowhere, ref nulls);
    }

    private static bool HasOtherType(Element parent, Property property)
    {
        foreach (var child in parent.ChildSpan)
            if (ReferenceEquals(child.Slot, property.Element) && !ReferenceEquals(child.Definition, property.Type)) return true;
        return false;
    }

    private void Values(Element parent, Property property, int companions, ref bool nulls)
    {
        if (_reader.TokenType != JsonTokenType.StartArray)
        {
            if (property.Element.Max > 1) Refuse(parent, property, "must be an array.");
            else Value(parent, property, companions, ref nulls);
            return;
        }
        if (property.Element.Max <= 1)
        {
            Refuse(parent, property, "is not repeated: it takes no array.");
            return;
        }
        var count = 0;
        var expected = RunLength(parent, property, companions);
        for (; _reader.Read() && _reader.TokenType != JsonTokenType.EndArray; count++)
            Value(parent, property, companions == Nowhere ? Nowhere : companions + count, ref nulls);
        CheckLength(parent, property, count, expected);
    }

    private void Value(Element parent, Property property, int at, ref bool nulls)
    {
        if (property.Type.Kind == TypeKind.Primitive) Primitive(parent, property, at, ref nulls);
        else if (_reader.TokenType != JsonTokenType.StartObject) Refuse(parent, property, "must be an object.");
        else if (property.Type.Kind == TypeKind.Resource) ResourceIn(parent, property.Element);
        else Complex(parent, property);
    }

    private void Complex(Element parent, Property property)
    {
        var element = parent.Add(new Element(property.Element.Name, property.Type) { Start = ValueStart, Slot = property.Element });
        Members(element);
        element.End = ValueEnd;
    }
}
