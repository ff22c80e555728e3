namespace Fhir.Server.Core.FhirPath.Syntax;

/// <summary>https://hl7.org/fhirpath/#date — reads <c>@2015-02-04</c>, <c>@2015-02-04T14:34:28+10:00</c> and <c>@T14:34</c>.</summary>
internal sealed class TemporalLexer(string text, int start)
{
    private int _at = start + 1;

    public Token Read(out int end)
    {
        var token = ReadAll();
        end = _at;
        return token;
    }

    private Token ReadAll()
    {
        if (Take('T')) return TimeOfDay() ? Made(TokenKind.Time) : Bad();
        if (!Digits(4)) return Bad();
        if (Dashed() && !(Digits(2) && (!Dashed() || Digits(2)))) return Bad();
        if (!Take('T')) return Made(TokenKind.Date);
        if (_at < text.Length && char.IsAsciiDigit(text[_at]) && !(TimeOfDay() && Zone())) return Bad();
        return Made(TokenKind.DateTime);
    }

    private Token Made(TokenKind kind) => new(kind, text[(start + (kind == TokenKind.Time ? 2 : 1)).._at], start);
    private Token Bad() => new(TokenKind.Bad, "A date or time that is not well formed.", start);

    private bool Take(char c)
    {
        if (_at >= text.Length || text[_at] != c) return false;
        _at++;
        return true;
    }

    // "@2015 - 1" takes away; "@2015-02" does not: the dash belongs to the date when a digit follows.
    private bool Dashed() => _at + 1 < text.Length && char.IsAsciiDigit(text[_at + 1]) && Take('-');

    private bool Digits(int count)
    {
        for (var i = 0; i < count; i++)
            if (_at >= text.Length || !char.IsAsciiDigit(text[_at++])) return false;
        return true;
    }

    private bool TimeOfDay()
    {
        if (!Digits(2)) return false;
        if (!Take(':')) return true;
        if (!Digits(2)) return false;
        if (!Take(':')) return true;
        if (!Digits(2)) return false;
        if (_at + 1 < text.Length && text[_at] == '.' && char.IsAsciiDigit(text[_at + 1]))
        {
            _at++;
            while (_at < text.Length && char.IsAsciiDigit(text[_at])) _at++;
        }
        return true;
    }

    private bool Zone()
    {
        if (Take('Z')) return true;
        var signed = _at + 3 < text.Length && text[_at] is '+' or '-' && char.IsAsciiDigit(text[_at + 1]) && char.IsAsciiDigit(text[_at + 2]) && text[_at + 3] == ':';
        if (!signed) return true;
        _at++;
        return Digits(2) && Take(':') && Digits(2);
    }
}
