using System.Globalization;
using System.Text;

namespace Fhir.Server.Core.FhirPath.Syntax;

/// <summary>https://hl7.org/fhirpath/#lexical-elements — cuts an expression into tokens, one at a time.</summary>
internal sealed class Lexer(string text)
{
    private const string Symbols = "()[]{}.,+-*/&|=~<>!";
    private int _at;

    public Token Next()
    {
        if (!SkipBlanks()) return Bad("A comment does not end.", _at);
        if (_at >= text.Length) return new Token(TokenKind.End, "", _at);
        var start = _at;
        var c = text[_at];
        if (IsNameStart(c)) return new Token(TokenKind.Word, Word(), start);
        if (char.IsAsciiDigit(c)) return Number(start);
        return c switch
        {
            '\'' => Delimited('\'', TokenKind.String),
            '`' => Delimited('`', TokenKind.Quoted),
            '%' => Variable(start),
            '$' => Special(start),
            '@' => new TemporalLexer(text, start).Read(out _at),
            _ => Symbol(start),
        };
    }

    private static bool IsNameStart(char c) => char.IsAsciiLetter(c) || c == '_';
    private static Token Bad(string why, int at) => new(TokenKind.Bad, why, at);

    private bool SkipBlanks()
    {
        while (_at < text.Length)
        {
            if (text[_at] is ' ' or '\t' or '\r' or '\n' or '\u00a0') _at++;
            else if (At("//")) _at = EndOf("\n", text.Length);
            else if (At("/*"))
            {
                var end = EndOf("*/", -1);
                if (end < 0) return false;
                _at = end;
            }
            else break;
        }
        return true;
    }

    private bool At(string mark) => string.CompareOrdinal(text, _at, mark, 0, mark.Length) == 0;

    private int EndOf(string mark, int otherwise)
    {
        var found = text.IndexOf(mark, _at + mark.Length, StringComparison.Ordinal);
        return found < 0 ? otherwise : found + mark.Length;
    }

    private string Word()
    {
        var start = _at;
        while (_at < text.Length && (char.IsAsciiLetterOrDigit(text[_at]) || text[_at] == '_')) _at++;
        return text[start.._at];
    }

    private void Digits()
    {
        while (_at < text.Length && char.IsAsciiDigit(text[_at])) _at++;
    }

    // "1.exists()" is a number and a call: the point belongs to the number only when a digit follows.
    private Token Number(int start)
    {
        Digits();
        if (_at + 1 < text.Length && text[_at] == '.' && char.IsAsciiDigit(text[_at + 1]))
        {
            _at++;
            Digits();
            return new Token(TokenKind.Number, text[start.._at], start);
        }
        if (_at < text.Length && text[_at] == 'L' && (_at + 1 == text.Length || !char.IsAsciiLetterOrDigit(text[_at + 1])))
            return new Token(TokenKind.Long, text[start..++_at], start);
        return new Token(TokenKind.Number, text[start.._at], start);
    }

    private Token Variable(int start)
    {
        _at++;
        if (_at >= text.Length) return Bad("A name is missing after '%'.", start);
        if (text[_at] is '`' or '\'')
        {
            var name = Delimited(text[_at], TokenKind.Variable);
            return name with { At = start };
        }
        return IsNameStart(text[_at]) ? new Token(TokenKind.Variable, Word(), start) : Bad("A name is missing after '%'.", start);
    }

    private Token Special(int start)
    {
        _at++;
        var word = Word();
        return word is "this" or "index" or "total" ? new Token(TokenKind.Special, word, start) : Bad("Only $this, $index and $total begin with '$'.", start);
    }

    private Token Symbol(int start)
    {
        var c = text[_at];
        if (!Symbols.Contains(c, StringComparison.Ordinal)) return Bad("A character that has no meaning here.", start);
        var two = _at + 1 < text.Length ? text.AsSpan(_at, 2) : default;
        if (two is "<=" or ">=" or "!=" or "!~") _at += 2;
        else if (c == '!') return Bad("A '!' is followed by '=' or '~'.", start);
        else _at++;
        return new Token(TokenKind.Symbol, text[start.._at], start);
    }

    private Token Delimited(char mark, TokenKind kind)
    {
        var start = _at++;
        var read = new StringBuilder();
        while (_at < text.Length)
        {
            var c = text[_at++];
            if (c == mark) return new Token(kind, read.ToString(), start);
            if (c != '\\') read.Append(c);
            else if (Escaped() is { } meant) read.Append(meant);
            else return Bad("An escape that does not exist.", _at - 1);
        }
        return Bad("A text does not end.", start);
    }

    private char? Escaped()
    {
        if (_at >= text.Length) return null;
        switch (text[_at++])
        {
            case '\'': return '\'';
            case '"': return '"';
            case '`': return '`';
            case '\\': return '\\';
            case '/': return '/';
            case 'f': return '\f';
            case 'n': return '\n';
            case 'r': return '\r';
            case 't': return '\t';
            case 'u':
                if (_at + 4 > text.Length) return null;
                if (!ushort.TryParse(text.AsSpan(_at, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code)) return null;
                _at += 4;
                return (char)code;
            default: return null;
        }
    }
}
