namespace Fhir.Server.Core.Elements;

/// <summary>Goes once through a narrative: well-formed XML without DOCTYPE, CDATA or processing instructions, and only what <see cref="NarrativeRule"/> allows.</summary>
internal ref struct XhtmlScanner(ReadOnlySpan<char> text)
{
    private const int Deepest = 100;
    private const string Malformed = "The narrative is not well-formed XHTML.";
    private const string Forbidden = "The narrative holds an element, attribute or address that is not allowed.";

    private readonly ReadOnlySpan<char> _text = text;
    private readonly List<(int Start, int Length)> _open = [];
    private int _at;

    public string? Wrong()
    {
        SkipBlanks();
        if (!Rest.StartsWith("<div")) return "A narrative is one div.";
        do
        {
            if (Next() is { } wrong) return wrong;
        }
        while (_open.Count > 0);
        SkipBlanks();
        return _at < _text.Length ? "A narrative is one div." : null;
    }

    private readonly ReadOnlySpan<char> Rest => _text[_at..];

    private string? Next()
    {
        var markup = Rest.IndexOfAny('<', '&');
        if (markup < 0) return Malformed;
        _at += markup;
        if (Rest[0] == '&') return Entity();
        if (Rest.StartsWith("<!--")) return Comment();
        return Rest is ['<', '/', ..] ? Close() : Open();
    }

    private string? Entity()
    {
        var length = EntityLength(Rest);
        _at += length;
        return length == 0 ? Malformed : null;
    }

    // &name; &#1234; &#x12AB; — 0 when it is none of these.
    private static int EntityLength(ReadOnlySpan<char> from)
    {
        var end = from.IndexOf(';');
        if (end is < 2 or > 32) return 0;
        var name = from[1..end];
        var known = name switch
        {
            ['#', 'x', .. { Length: > 0 } hex] => !hex.ContainsAnyExcept("0123456789abcdefABCDEF"),
            ['#', .. { Length: > 0 } digits] => !digits.ContainsAnyExceptInRange('0', '9'),
            _ => IsName(name),
        };
        return known ? end + 1 : 0;
    }

    private string? Comment()
    {
        var end = Rest[4..].IndexOf("--");
        if (end < 0 || !Rest[(4 + end)..].StartsWith("-->")) return Malformed;
        _at += 4 + end + 3;
        return null;
    }

    private string? Close()
    {
        _at += 2;
        var name = Name();
        SkipBlanks();
        var (start, length) = _open[^1];
        if (Rest is not ['>', ..] || !name.SequenceEqual(_text.Slice(start, length))) return Malformed;
        _at++;
        _open.RemoveAt(_open.Count - 1);
        return null;
    }

    private string? Open()
    {
        var start = ++_at;
        var name = Name();
        if (name.IsEmpty) return Malformed;
        if (!NarrativeRule.AllowsTag(name)) return Forbidden;
        if (AttributesOf(name) is { } wrong) return wrong;
        if (Rest is ['/', '>', ..])
        {
            _at += 2;
            return null;
        }
        if (Rest is not ['>', ..]) return Malformed;
        _at++;
        _open.Add((start, name.Length));
        return _open.Count > Deepest ? "The narrative is nested too deep." : null;
    }

    private string? AttributesOf(ReadOnlySpan<char> tag)
    {
        var first = _at;
        while (true)
        {
            var before = _at;
            SkipBlanks();
            if (Rest is [] or ['>', ..] or ['/', ..]) return null;
            if (before == _at) return Malformed;
            if (Attribute(tag, _text[first..before]) is { } wrong) return wrong;
        }
    }

    private string? Attribute(ReadOnlySpan<char> tag, ReadOnlySpan<char> earlier)
    {
        var name = Name();
        if (name.IsEmpty || Rest is not ['=', '"' or '\'', ..]) return Malformed;
        var quote = Rest[1];
        _at += 2;
        var length = Rest.IndexOf(quote);
        if (length < 0) return Malformed;
        var value = Rest[..length];
        _at += length + 1;
        if (!IsWellFormed(value) || IsRepeated(name, earlier)) return Malformed;
        return NarrativeRule.AllowsAttribute(tag, name, value) ? null : Forbidden;
    }

    private static bool IsWellFormed(ReadOnlySpan<char> value)
    {
        if (value.Contains('<')) return false;
        for (; value.IndexOf('&') is var at and >= 0; value = value[(at + 1)..])
            if (EntityLength(value[at..]) == 0) return false;
        return true;
    }

    // Good enough for one tag: the name with its '=' behind a blank, outside or (refused too) inside an earlier value.
    private static bool IsRepeated(ReadOnlySpan<char> name, ReadOnlySpan<char> earlier)
    {
        for (int at; (at = earlier.IndexOf(name)) >= 0; earlier = earlier[(at + 1)..])
            if (at > 0 && char.IsWhiteSpace(earlier[at - 1]) && earlier[(at + name.Length)..] is ['=', '"' or '\'', ..]) return true;
        return false;
    }

    private ReadOnlySpan<char> Name()
    {
        var length = 0;
        while (_at + length < _text.Length && (char.IsAsciiLetterOrDigit(_text[_at + length]) || _text[_at + length] is ':' or '-' or '_' or '.')) length++;
        var name = _text.Slice(_at, length);
        _at += length;
        return name;
    }

    private static bool IsName(ReadOnlySpan<char> text)
    {
        foreach (var c in text)
            if (!char.IsAsciiLetterOrDigit(c)) return false;
        return true;
    }

    private void SkipBlanks()
    {
        while (_at < _text.Length && _text[_at] is ' ' or '\t' or '\r' or '\n') _at++;
    }
}
