using System.Text;
using System.Text.Json;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;

namespace Fhir.Server.Core.Json;

/// <summary>Single tokens, what is skipped, and how issues are told.</summary>
internal ref partial struct JsonParser
{
    private readonly int ValueStart => (int)_reader.TokenStartIndex + _offset;
    private readonly int ValueEnd => (int)_reader.BytesConsumed + _offset;

    private static bool Seen(ReadOnlySpan<ulong> seen, int bit) => (seen[bit >> 6] & (1UL << bit)) != 0;

    private static bool SeenBefore(Span<ulong> seen, int bit)
    {
        var before = Seen(seen, bit);
        seen[bit >> 6] |= 1UL << bit;
        return before;
    }

    private string? String(Element? where)
    {
        if (!_reader.ValueIsEscaped) return Encoding.UTF8.GetString(_reader.ValueSpan);
        var text = Decode(_reader);
        if (text is null) Tell(where, "A string holds half a surrogate pair.");
        else if (text.Contains('\0', StringComparison.Ordinal)) Tell(where, "A string holds U+0000.");
        return text;
    }

    // Null for half a surrogate pair: the platform's reader tells that by an exception only.
    private static string? Decode(in Utf8JsonReader at)
    {
        try
        {
            return at.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private void SkipValue()
    {
        _reader.Read();
        Skip();
    }

    // From the first token of a value to its last; its strings are looked at all the same.
    private void Skip()
    {
        var depth = _reader.CurrentDepth;
        do
        {
            if (_reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName && _reader.ValueIsEscaped) _ = String(_current);
            if (_reader.CurrentDepth == depth && _reader.TokenType is not (JsonTokenType.PropertyName or JsonTokenType.StartObject or JsonTokenType.StartArray)) return;
        }
        while (_reader.Read());
    }

    private void Unknown(Element element, ReadOnlySpan<byte> name)
    {
        if (_issues?.Count >= MaxIssues)
        {
            SkipValue();
            return;
        }
        // A name that cannot be an element's may be anything, a patient's too: it is not repeated.
        var shown = name.Length is > 0 and <= 64 && name.IndexOfAnyExcept(NameBytes) < 0 ? Encoding.ASCII.GetString(name) : null;
        Add(new(IssueKind.Invalid, shown is null ? "There is a property whose name is none of FHIR's." : $"{element.Type} has no element {shown} in JSON.",
            shown is null ? element.Location : $"{element.Location}.{shown}") { Code = "structure" });
        SkipValue();
    }

    private static readonly System.Buffers.SearchValues<byte> NameBytes =
        System.Buffers.SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"u8);

    private void Refuse(Element parent, Property property, string text)
    {
        Tell(parent, $"{property.Name} {text}", property);
        Skip();
    }

    private void Tell(Element? where, string text, Property? property = null)
    {
        if (_issues?.Count >= MaxIssues) return;   // a location costs a walk
        Add(new(IssueKind.Invalid, text, property is null ? where?.Location : $"{where!.Location}.{property.Element.Name}") { Code = "structure" });
    }

    private void Add(Issue issue)
    {
        _issues ??= [];
        if (_issues.Count < MaxIssues) _issues.Add(issue);
    }
}
