using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace Fhir.Server.Store.Database;

/// <summary>SQL text with holes: <c>Sql.Of($"code = {code}")</c>. A hole becomes a parameter, a Sql in a hole is spliced in; no value ever reaches the text itself.</summary>
public sealed class Sql
{
    private static readonly string[] Names = [.. Enumerable.Range(0, 256).Select(i => string.Create(CultureInfo.InvariantCulture, $"@p{i}"))];

    private readonly IReadOnlyList<object?> _parts;   // Text, LongList, Named or a parameter's value
    private readonly string? _written;                // the whole text; then the parts are its parameters only
    private Sql(IReadOnlyList<object?> parts, string? written = null) => (_parts, _written) = (parts, written);

    public static readonly Sql Empty = new([]);
    public static readonly Sql True = Raw("1=1");
    public static readonly Sql False = Raw("1=0");

    public static Sql Of(Holes holes) => new(holes.Parts);

    /// <summary>Text that stands in our own source, never anything a caller sent: column and table names, aliases.</summary>
    public static Sql Raw(string ourOwnText) => new([new Text(ourOwnText)]);

    /// <summary>A value that stands in many places of one statement (the caller, the moment): it becomes one parameter, since binding it costs more than using it.</summary>
    public static Sql Named(string name, object? value) => new([new NamedValue(name, value)]);

    /// <summary><c>column in (…)</c>; an empty list is never true.</summary>
    public static Sql In(string column, IReadOnlyList<long> values) =>
        values.Count == 0 ? False : new([new Text(column), new LongList(values)]);

    public static Sql Join(string separator, IEnumerable<Sql> all)
    {
        var parts = new List<object?>();
        foreach (var one in all)
        {
            if (parts.Count > 0) parts.Add(new Text(separator));
            parts.AddRange(one.Spliced);
        }
        return new(parts);
    }

    /// <summary>All of them; true when there are none.</summary>
    public static Sql All(IEnumerable<Sql> conditions) => Group(" and ", conditions, True);

    /// <summary>One of them; <em>false</em> when there are none.</summary>
    public static Sql Any(IEnumerable<Sql> conditions) => Group(" or ", conditions, False);

    private static Sql Group(string separator, IEnumerable<Sql> conditions, Sql none)
    {
        var list = conditions.ToList();
        return list.Count == 0 ? none : list.Count == 1 ? list[0] : Of($"({Join(separator, list)})");
    }

    private IReadOnlyList<object?> Spliced => _written is null ? _parts : throw new InvalidOperationException("What is written out is a whole statement.");

    /// <summary>The same with its pieces of text run together: for a condition that is made once and spliced into many statements.</summary>
    internal Sql Joined()
    {
        var parts = new List<object?>();
        foreach (var part in _parts)
        {
            if (part is Text text && parts is [.., Text before]) parts[^1] = new Text(before.Value + text.Value);
            else parts.Add(part);
        }
        return new(parts);
    }

    /// <summary>The same with its text written out: for a whole statement that is made once and run many times.</summary>
    internal Sql WrittenOut()
    {
        if (_parts.Any(part => part is LongList)) return this;   // each dialect writes lists its own way
        var parameters = new List<object?>();
        return new(parameters, string.Intern(Write(dialect: null, parameters)));   // one text for all callers: commands are kept by it
    }

    /// <summary>The same with another value under that name.</summary>
    internal Sql With(string name, object? value)
    {
        NamedValue? other = null;
        var parts = new object?[_parts.Count];
        for (var i = 0; i < parts.Length; i++) parts[i] = _parts[i] is NamedValue named && named.Name == name ? other ??= new(name, value) : _parts[i];
        return new(parts, _written);
    }

    /// <summary>Writes the text for one dialect; each parameter's value goes to <paramref name="parameters"/> in order (@p0, @p1, ...).</summary>
    internal string Render(Dialect dialect, List<object?> parameters)
    {
        if (_written is not null) parameters.AddRange(_parts);
        var text = _written ?? Write(dialect, parameters);
        for (var i = 0; i < parameters.Count; i++)
            if (parameters[i] is NamedValue named) parameters[i] = named.Value;
        return text;
    }

    private string Write(Dialect? dialect, List<object?> parameters)
    {
        var text = new StringBuilder(1024);
        foreach (var part in _parts)
        {
            switch (part)
            {
                case Text t: text.Append(t.Value); break;
                case LongList l: dialect!.AppendIn(text, l.Values, parameters); break;
                case NamedValue n when parameters.IndexOf(n) is >= 0 and var at: AppendHole(text, at); break;   // a handful: comparing costs less than hashing
                default: AppendHole(text, parameters.Count); parameters.Add(part); break;
            }
        }
        return text.ToString();
    }

    private static void AppendHole(StringBuilder text, int at)
    {
        if (at < Names.Length) text.Append(Names[at]);
        else text.Append(CultureInfo.InvariantCulture, $"@p{at}");
    }

    private sealed record Text(string Value);
    private sealed record LongList(IReadOnlyList<long> Values);
    private sealed record NamedValue(string Name, object? Value);

    /// <summary>What the compiler calls for each piece of an interpolated string.</summary>
    [InterpolatedStringHandler]
    public readonly struct Holes(int literalLength, int formattedCount)
    {
        internal List<object?> Parts { get; } = new(literalLength > 0 ? (formattedCount * 2) + 1 : formattedCount);

        public void AppendLiteral(string value) => Parts.Add(new Text(value));
        public void AppendFormatted(Sql value) => Parts.AddRange(value.Spliced);
        public void AppendFormatted(long value) => Parts.Add(value);
        public void AppendFormatted(int value) => Parts.Add((long)value);
        public void AppendFormatted(long? value) => Parts.Add(value);
        public void AppendFormatted(bool value) => Parts.Add(value ? 1L : 0L);
        public void AppendFormatted(string? value) => Parts.Add(value);
        public void AppendFormatted(byte[]? value) => Parts.Add(value);
    }
}
