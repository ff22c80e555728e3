using System.Collections.Immutable;
using System.Text;

namespace Adapters.Hl7v2;

/// <summary>Makes a message from values put at places; every value is escaped, so none can break out of its place.</summary>
public sealed class Hl7Builder(Hl7Delimiters marks)
{
    private sealed record Place(int Field, int Repetition, int Component, int Subcomponent);
    private readonly List<(string Name, Dictionary<Place, string> Values)> _segments = [];

    public Hl7Builder() : this(Hl7Delimiters.Usual) { }

    public Hl7Builder Segment(string name)
    {
        _segments.Add((name, []));
        return this;
    }

    /// <summary>Puts a value into the segment named last; places count from 1, and an empty value leaves its place empty.</summary>
    public Hl7Builder Set(int field, string? value, int component = 1, int subcomponent = 1, int repetition = 1)
    {
        var (name, values) = _segments[^1];
        if (name == "MSH" && field < 3) throw new ArgumentOutOfRangeException(nameof(field), "MSH-1 and MSH-2 are the separators.");
        if (!string.IsNullOrEmpty(value)) values[new Place(field, repetition, component, subcomponent)] = Hl7Text.Escape(value, marks);
        return this;
    }

    public Hl7Message Build() =>
        new([.. _segments.Select(s => new Hl7Segment(Fields(s.Name, s.Values), marks, Encoding.UTF8))], marks, Encoding.UTF8);

    private ImmutableArray<string> Fields(string name, Dictionary<Place, string> values)
    {
        var fields = Spread(values, place => place.Field, field =>
            string.Join(marks.Repetition, Spread(field, place => place.Repetition, repetition =>
                string.Join(marks.Component, Spread(repetition, place => place.Component, component =>
                    string.Join(marks.Subcomponent, Spread(component, place => place.Subcomponent, leaf => leaf.Single().Value)))))));
        return name == "MSH" ? [name, marks.EncodingCharacters, .. fields.Skip(2)] : [name, .. fields];
    }

    // The parts in their places, with "" in the gaps.
    private static IEnumerable<string> Spread(IEnumerable<KeyValuePair<Place, string>> values, Func<Place, int> level, Func<IEnumerable<KeyValuePair<Place, string>>, string> inner)
    {
        var parts = values.GroupBy(value => level(value.Key)).ToDictionary(group => group.Key, group => inner(group));
        return Enumerable.Range(1, parts.Keys.DefaultIfEmpty(0).Max()).Select(i => parts.GetValueOrDefault(i, ""));
    }
}
