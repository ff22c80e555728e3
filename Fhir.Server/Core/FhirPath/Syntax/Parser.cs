using Fhir.Server.Core.Outcomes;

namespace Fhir.Server.Core.FhirPath.Syntax;

/// <summary>
/// https://hl7.org/fhirpath/#expressions and its grammar — text to nodes by precedence climbing. Depth is bounded, both of
/// nesting and of what a chain of operators piles up, since a stack overflow cannot be caught.
/// </summary>
internal sealed class Parser
{
    internal const int MaxLength = 64 * 1024;
    internal const int MaxDepth = 300;

    private const int UnionLevel = 7;
    private const int TypeLevel = 8;
    private const int UnaryLevel = 11;

    private readonly Lexer _lexer;
    private Token _token;
    private int _nesting;
    private Issue? _issue;

    private Parser(string text)
    {
        _lexer = new Lexer(text);
        Advance();
    }

    public static Result<Node> Parse(string text)
    {
        if (text.Length > MaxLength) return new Issue(IssueKind.Invalid, "The expression is too long.");
        var parser = new Parser(text);
        var node = parser.Expression(1);
        if (parser._token.Kind != TokenKind.End) parser.Fail("Something stands here that the expression does not expect.");
        return parser._issue is { } issue ? issue : node;
    }

    private void Advance()
    {
        _token = _lexer.Next();
        if (_token.Kind == TokenKind.Bad) Fail(_token.Text);
    }

    // The first issue is the one that tells; after it the parser only runs out, on a token that ends all.
    private Nothing Fail(string why)
    {
        _issue ??= new Issue(IssueKind.Invalid, $"The FHIRPath expression is not well formed at character {_token.At + 1}: {why}");
        _token = new Token(TokenKind.End, "", _token.At);
        return new Nothing(_token.At);
    }

    private Node Kept(Node node) => node.Depth <= MaxDepth ? node : Fail("It is nested too deeply.");

    private bool Take(string symbol)
    {
        if (!_token.Is(symbol)) return false;
        Advance();
        return true;
    }

    private void Expect(string symbol)
    {
        if (!Take(symbol)) Fail($"'{symbol}' is missing.");
    }

    private Node Expression(int lowest)
    {
        if (++_nesting > MaxDepth) return Fail("It is nested too deeply.");
        var left = Unary();
        while (Level(_token) is var level && level >= lowest) left = Kept(Operation(left, level));
        _nesting--;
        return left;
    }

    private static int Level(Token token) => token.Kind switch
    {
        TokenKind.Word => token.Text switch
        {
            "implies" => 1,
            "or" or "xor" => 2,
            "and" => 3,
            "in" or "contains" => 4,
            "is" or "as" => TypeLevel,
            "div" or "mod" => 10,
            _ => 0,
        },
        TokenKind.Symbol => token.Text switch
        {
            "=" or "~" or "!=" or "!~" => 5,
            "<" or ">" or "<=" or ">=" => 6,
            "|" => UnionLevel,
            "+" or "-" or "&" => 9,
            "*" or "/" => 10,
            _ => 0,
        },
        _ => 0,
    };

    private Node Operation(Node left, int level)
    {
        var sign = _token;
        if (level == UnionLevel) return UnionFrom(left);
        Advance();
        return level == TypeLevel
            ? new TypeOperation(sign.Text, left, TypeName(), sign.At)
            : new Binary(sign.Text, left, Expression(level + 1), sign.At);
    }

    private Union UnionFrom(Node first)
    {
        var at = _token.At;
        List<Node> parts = [first];
        while (Take("|")) parts.Add(Expression(UnionLevel + 1));
        return new Union(parts, at);
    }

    private string TypeName()
    {
        var name = Name();
        while (Take(".")) name += "." + Name();
        return name;
    }

    private string Name()
    {
        var name = _token;
        if (!name.IsName || name.Text.Length == 0) Fail("A name is missing.");
        else Advance();
        return name.Text;
    }

    private Node Unary()
    {
        var sign = _token;
        if (!sign.Is("-") && !sign.Is("+")) return Term();
        if (++_nesting > MaxDepth) return Fail("It is nested too deeply.");
        Advance();
        var operand = Expression(UnaryLevel);
        _nesting--;
        return sign.Text == "-" ? Kept(new Negation(operand, sign.At)) : operand;
    }

    private Node Term()
    {
        var term = First();
        while (true)
        {
            var at = _token.At;
            if (Take(".")) term = Kept(Invoked(term));
            else if (Take("["))
            {
                term = Kept(new Indexer(term, Expression(1), at));
                Expect("]");
            }
            else return term;
        }
    }

    private Node First()
    {
        var token = _token;
        switch (token.Kind)
        {
            case TokenKind.String: return Constant(LiteralKind.String);
            case TokenKind.Date: return Constant(LiteralKind.Date);
            case TokenKind.DateTime: return Constant(LiteralKind.DateTime);
            case TokenKind.Time: return Constant(LiteralKind.Time);
            case TokenKind.Long: return Constant(LiteralKind.Long);
            case TokenKind.Number: return Number();
            case TokenKind.Word when token.Text is "true" or "false": return Constant(LiteralKind.Boolean);
            case TokenKind.Word or TokenKind.Quoted or TokenKind.Special: return Invoked(null);
            case TokenKind.Variable:
                Advance();
                return new Variable(token.Text, token.At);
            default: return Bracketed(token.At);
        }
    }

    private Node Bracketed(int at)
    {
        if (Take("("))
        {
            var inner = Expression(1);
            Expect(")");
            return inner;
        }
        if (!Take("{")) return Fail("A value is missing.");
        Expect("}");
        return new Nothing(at);
    }

    private Literal Constant(LiteralKind kind)
    {
        var literal = new Literal(kind, _token.Text, _token.At);
        Advance();
        return literal;
    }

    private Node Number()
    {
        var number = Constant(_token.Text.Contains('.', StringComparison.Ordinal) ? LiteralKind.Decimal : LiteralKind.Integer);
        var isUnit = _token.Kind == TokenKind.String || (_token.Kind == TokenKind.Word && Values.Calendar.IsWord(_token.Text));
        if (!isUnit) return number;
        var unit = _token.Text;
        Advance();
        return new QuantityLiteral(number.Text, unit, number.At);
    }

    private Node Invoked(Node? source)
    {
        var token = _token;
        if (token.Kind == TokenKind.Special && source is null)
        {
            Advance();
            return new Special(token.Text, token.At);
        }
        if (token.Kind == TokenKind.Word && token.Text is "and" or "or" or "xor" or "implies" or "div" or "mod" && source is null)
            return Fail("An operator stands where a value is expected.");
        var name = Name();
        return Take("(") ? new Invocation(source, name, Arguments(), token.At) : new Member(source, name, token.At);
    }

    private List<Node> Arguments()
    {
        List<Node> arguments = [];
        if (Take(")")) return arguments;
        do arguments.Add(Expression(1));
        while (Take(","));
        Expect(")");
        return arguments;
    }
}
