namespace Fhir.Server.Core.FhirPath.Syntax;

/// <summary>A part of a parsed expression. At is its place in the text; Depth bounds the recursion of all that walks it.</summary>
internal abstract record Node(int At, int Depth)
{
    protected static int Above(Node? node) => 1 + (node?.Depth ?? 0);
    protected static int Above(Node? first, Node? second) => Math.Max(Above(first), Above(second));
    protected static int Above(Node? first, IReadOnlyList<Node> others)
    {
        var depth = Above(first);
        foreach (var other in others) depth = Math.Max(depth, Above(other));
        return depth;
    }
}

internal enum LiteralKind { Boolean, String, Integer, Long, Decimal, Date, DateTime, Time }

internal sealed record Nothing(int At) : Node(At, 1);
internal sealed record Literal(LiteralKind Kind, string Text, int At) : Node(At, 1);
internal sealed record QuantityLiteral(string Value, string Unit, int At) : Node(At, 1);
internal sealed record Variable(string Name, int At) : Node(At, 1);
/// <summary><c>$this</c>, <c>$index</c> or <c>$total</c>.</summary>
internal sealed record Special(string Name, int At) : Node(At, 1);
/// <summary>A name: of a child of Source, or of $this when there is no Source.</summary>
internal sealed record Member(Node? Source, string Name, int At) : Node(At, Above(Source));
internal sealed record Invocation(Node? Source, string Name, IReadOnlyList<Node> Arguments, int At) : Node(At, Above(Source, Arguments));
internal sealed record Indexer(Node Source, Node Index, int At) : Node(At, Above(Source, Index));
internal sealed record Negation(Node Operand, int At) : Node(At, Above(Operand));
internal sealed record Binary(string Sign, Node Left, Node Right, int At) : Node(At, Above(Left, Right));
/// <summary><c>a | b | c</c>, flat: real expressions have dozens of parts.</summary>
internal sealed record Union(IReadOnlyList<Node> Parts, int At) : Node(At, Above(null, Parts));
/// <summary><c>is</c> or <c>as</c>.</summary>
internal sealed record TypeOperation(string Sign, Node Operand, string TypeName, int At) : Node(At, Above(Operand));
