using System.Globalization;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.FhirPath.Functions;
using Fhir.Server.Core.FhirPath.Operators;
using Fhir.Server.Core.FhirPath.Syntax;
using Fhir.Server.Core.FhirPath.Values;
using Fhir.Server.Core.Outcomes;

namespace Fhir.Server.Core.FhirPath;

/// <summary>FHIRPath as it is defined, or as R4's own expressions were written for.</summary>
internal enum Dialect { Normative, Search, Invariant }

/// <summary>Nodes to operators: names are looked up here, once, so that an evaluation looks up nothing.</summary>
internal sealed class Compiler(Dialect dialect)
{
    private static readonly ThisItem This = new();
    private static readonly InputItems Input = new();

    private Issue? _issue;
    private Operator _this = This;
    private int _definitions;

    public Result<Operator> Compile(Node node)
    {
        var compiled = Of(node);
        return _issue is null ? compiled : _issue;
    }

    private Operator Of(Node node) => node switch
    {
        Nothing => new Empty(),
        Literal literal => Value(literal),
        QuantityLiteral quantity => Value(quantity),
        Variable variable => Variables.Reader(variable.Name),
        Special { Name: "this" } => _this,
        Special { Name: "index" } => new ThisIndex(),
        Special => new RunningTotal(),
        Member { Source: null } start => Start(start),
        Member member => Steps.Of(Of(member.Source), member.Name),
        Invocation invocation => Called(invocation),
        Indexer indexer => new ItemAt(Of(indexer.Source), Inner(indexer.Index)),
        Negation { Operand: Literal { Kind: LiteralKind.Integer or LiteralKind.Long or LiteralKind.Decimal } number } => Value(number with { Text = "-" + number.Text }),
        Negation negation => new Negated(Of(negation.Operand)),
        Union union => new UnionOf(All(union.Parts, _this)),
        TypeOperation { Sign: "is" } typed => Type(typed.TypeName, typed) is { } type ? new Is(Of(typed.Operand), type) : new Empty(),
        TypeOperation typed => Type(typed.TypeName, typed) is { } type ? new As(Of(typed.Operand), type, dialect != Dialect.Normative) : new Empty(),
        Binary binary => Operation(binary),
        _ => Fail(node, "It has a part that is not known."),
    };

    private Operator[] All(IReadOnlyList<Node> nodes, Operator self)
    {
        var all = new Operator[nodes.Count];
        for (var i = 0; i < all.Length; i++) all[i] = Inner(nodes[i], self);
        return all;
    }

    // A part that stands for itself: what it defines ends with it.
    private Operator Inner(Node node, Operator? self = null)
    {
        var (outer, definitions) = (_this, _definitions);
        _this = self ?? outer;
        var inner = Of(node);
        _this = outer;
        return _definitions == definitions ? inner : new Scoped(inner);
    }

    private Empty Fail(Node node, string why, IssueKind kind = IssueKind.Invalid)
    {
        _issue ??= new Issue(kind, $"The FHIRPath expression cannot be used, at character {node.At + 1}: {why}");
        return new Empty();
    }

    // Element names begin with a small letter, so a capital one is a type: "Patient.name".
    private Operator Start(Member start)
    {
        if (!char.IsAsciiLetterUpper(start.Name[0])) return Steps.Of(_this, start.Name);
        return DefinitionSet.R4.Type(start.Name) is { } type ? new TypedStart(type) : Fail(start, "There is no type of that name.");
    }

    private Operator Value(Literal literal)
    {
        var (kind, text) = literal.Kind switch
        {
            LiteralKind.Boolean => (Kind.Boolean, literal.Text),
            LiteralKind.String => (Kind.String, literal.Text),
            LiteralKind.Integer => (Kind.Integer, Numbers.Integer(literal.Text)?.ToString(CultureInfo.InvariantCulture)),
            LiteralKind.Long => (Kind.Long, Numbers.Long(literal.Text[..^1])?.ToString(CultureInfo.InvariantCulture)),
            LiteralKind.Decimal => (Kind.Decimal, Numbers.Parse(literal.Text) is null ? null : literal.Text),
            LiteralKind.Date => (Kind.Date, TemporalText.Date(literal.Text) is null ? null : literal.Text),
            LiteralKind.DateTime => (Kind.DateTime, TemporalText.DateTime(literal.Text) is null ? null : literal.Text),
            LiteralKind.Time => (Kind.Time, TemporalText.Time(literal.Text) is null ? null : literal.Text),
        };
        if (text is null) return Fail(literal, "A value lies outside of what its type can hold.");
        return kind == Kind.Integer ? new WholeConstant(Computed.Literal(kind, text), Numbers.Integer(text)!.Value) : new Constant(Computed.Literal(kind, text));
    }

    private Operator Value(QuantityLiteral quantity) =>
        Numbers.Parse(quantity.Value) is { } number
            ? new Constant(Computed.Of(new Amount(number, quantity.Unit)))
            : Fail(quantity, "A value lies outside of what its type can hold.");

    private TypeName? Type(string name, Node node)
    {
        var type = TypeName.Of(name, withFhirPrimitives: dialect == Dialect.Invariant);
        if (type is null) Fail(node, "There is no type of that name.");
        return type;
    }

    private Operator Operation(Binary binary)
    {
        var (left, right) = (Inner(binary.Left), Inner(binary.Right));
        return binary.Sign switch
        {
            "and" => new And(left, right),
            "or" => new Or(left, right),
            "xor" => new Xor(left, right),
            "implies" => new Implies(left, right),
            "=" => new Operators.Equals(left, right, wanted: true),
            "!=" => new Operators.Equals(left, right, wanted: false),
            "~" => new IsEquivalent(left, right, wanted: true),
            "!~" => new IsEquivalent(left, right, wanted: false),
            "<" => new Compares(left, right, order => order < 0),
            ">" => new Compares(left, right, order => order > 0),
            "<=" => new Compares(left, right, order => order <= 0),
            ">=" => new Compares(left, right, order => order >= 0),
            "in" => new IsIn(left, right),
            "contains" => new IsIn(right, left),
            "&" => new Concatenate(left, right),
            _ => new Arithmetic(binary.Sign, left, right),
        };
    }

    private Operator Called(Invocation call)
    {
        var source = call.Source is null ? _this : Of(call.Source);
        if (call.Name is "is" or "as" or "ofType") return Typed(call, source);
        if (call.Name == "sort") return new Call(source, Sorting.By(SortFields(call)), []);
        if (FunctionTable.Named(call.Name) is not { } entry) return Fail(call, "This function is not supported.", IssueKind.Unsupported);
        var count = call.Arguments.Count;
        if (count < entry.Least || count > entry.Most) return Fail(call, "The function takes another number of arguments.");
        var made = entry.Made(source, All(call.Arguments, Self(call.Name)));
        if (call.Name == "defineVariable") _definitions++;
        return made;
    }

    // What $this is in an argument: each item in turn, or for most functions what it is outside.
    private Operator Self(string function) => function switch
    {
        "where" or "select" or "all" or "exists" or "repeat" or "repeatAll" or "aggregate" or "trace" or "iif" => This,
        "defineVariable" => Input,
        _ => _this,
    };

    private Operator Typed(Invocation call, Operator source)
    {
        if (call.Arguments is not [var argument] || NameIn(argument) is not { } name) return Fail(call, "The function takes the name of a type.");
        if (Type(name, argument) is not { } type) return new Empty();
        return call.Name == "is" ? new Is(source, type) : new As(source, type, many: dialect != Dialect.Normative || call.Name == "ofType");
    }

    private SortField[] SortFields(Invocation sort) => sort.Arguments.Count == 0
        ? [new SortField(This, Down: false)]
        : [.. sort.Arguments.Select(key => key is Negation down ? new SortField(Inner(down.Operand, This), Down: true) : new SortField(Inner(key, This), Down: false))];

    private static string? NameIn(Node node) => node switch
    {
        Member { Source: null } member => member.Name,
        Member { Source: { } source } member => NameIn(source) is { } before ? $"{before}.{member.Name}" : null,
        _ => null,
    };
}
