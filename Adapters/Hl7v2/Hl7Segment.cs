using System.Collections.Immutable;
using System.Text;

namespace Adapters.Hl7v2;

/// <summary>One segment; its fields are kept as they were written and taken apart when asked for.</summary>
public sealed class Hl7Segment(ImmutableArray<string> fields, Hl7Delimiters marks, Encoding charset)
{
    public string Name => fields[0];

    /// <summary>A field as written, escapes and all; "" where it is absent.</summary>
    public string Raw(int field) => (Name, field) switch
    {
        ("MSH", 1) => $"{marks.Field}",   // MSH-1 is the separator itself, so all that follows stands one place earlier
        ("MSH", _) => At(fields, field - 1),
        _          => At(fields, field),
    };

    public int Repetitions(int field) => Raw(field) is { Length: > 0 } raw && !IsEncodingCharacters(field) ? raw.Split(marks.Repetition).Length : 0;

    /// <summary>The text at a place, counted from 1 as HL7 does; "" where there is none.</summary>
    public string Value(int field, int repetition = 1, int component = 1, int subcomponent = 1)
    {
        var raw = Raw(field);
        if (Name == "MSH" && (field == 1 || IsEncodingCharacters(field))) return raw;
        var part = At(At(At(raw, marks.Repetition, repetition), marks.Component, component), marks.Subcomponent, subcomponent);
        return Hl7Text.Unescape(part, marks, charset);
    }

    public override string ToString() => string.Join(marks.Field, fields);

    private bool IsEncodingCharacters(int field) => Name == "MSH" && field == 2;
    private static string At(string raw, char mark, int place) => At(raw.Split(mark), place - 1);
    private static string At(IReadOnlyList<string> parts, int place) => place >= 0 && place < parts.Count ? parts[place] : "";
}
