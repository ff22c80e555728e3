using System.Collections.Concurrent;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.FhirPath.Operators;
using Fhir.Server.Core.FhirPath.Syntax;
using Fhir.Server.Core.Outcomes;

namespace Fhir.Server.Core.FhirPath;

/// <summary>https://hl7.org/fhirpath/ — an expression that was parsed once and is evaluated often, from any thread.</summary>
public sealed class CompiledExpression
{
    private const int MostKept = 8192;
    private const long MostKeptText = 500_000;   // characters; what is made of one takes a hundred times its room
    private const int LongestKept = 2000;
    private static readonly ConcurrentDictionary<(string Text, Dialect Dialect), CompiledExpression> Kept = new();

    private static long s_keptText;

    private readonly Operator _operator;

    private CompiledExpression(string text, Operator root) => (Text, _operator) = (text, root);

    public string Text { get; }

    /// <summary>The expression, or what is wrong with it: its syntax, a type that does not exist, a function that is not there.</summary>
    public static Result<CompiledExpression> Compile(string text) => Compile(text, Dialect.Normative);

    /// <summary>The same, and an issue too when a path can find nothing on a focus of that type: for expressions that people write. Strict refuses <c>children().first()</c> too, which has no order.</summary>
    public static Result<CompiledExpression> CompileFor(TypeDefinition focus, string text, bool strict = false)
    {
        if (Parser.Parse(text).Failed(out var issue, out var node)) return issue;
        return TypeCheck.Of(node, focus, strict) is { } wrong ? wrong : Compile(text);
    }

    /// <summary>The same for the expression of a SearchParameter: there <c>as</c> filters a collection, which FHIRPath proper refuses.</summary>
    public static Result<CompiledExpression> CompileSearch(string text) => Compile(text, Dialect.Search);

    /// <summary>The same for an invariant: <c>as</c> filters, and <c>answer is Boolean</c> (R4's que-7) means FHIR's boolean too.</summary>
    public static Result<CompiledExpression> CompileInvariant(string text) => Compile(text, Dialect.Invariant);

    private static Result<CompiledExpression> Compile(string text, Dialect dialect)
    {
        if (Kept.TryGetValue((text, dialect), out var known)) return known;
        if (Parser.Parse(text).Failed(out var issue, out var node)) return issue;
        if (new Compiler(dialect).Compile(node).Failed(out issue, out var root)) return issue;
        var compiled = new CompiledExpression(text, root);
        if (text.Length > LongestKept) return compiled;
        if (Interlocked.Add(ref s_keptText, text.Length) > MostKeptText || Kept.Count >= MostKept)
        {
            Kept.Clear();
            Interlocked.Exchange(ref s_keptText, text.Length);
        }
        return Kept.GetOrAdd((text, dialect), compiled);
    }

    /// <summary>Adds what the expression finds to a list; null when it could be evaluated, and on an issue nothing is added.</summary>
    public Issue? Select(Element focus, List<Element> into, EvaluationContext? context = null)
    {
        var start = into.Count;
        var run = Run.Begin(focus, context ?? EvaluationContext.Bare);
        _operator.Evaluate(run, into);
        var failure = run.Failure;
        run.End();
        if (failure is not null) into.RemoveRange(start, into.Count - start);
        return failure;
    }

    /// <summary>What the expression finds.</summary>
    public Result<Element[]> Evaluate(Element focus, EvaluationContext? context = null)
    {
        var found = new List<Element>();
        return Select(focus, found, context) is { } issue ? issue : found.ToArray();
    }

    /// <summary>Whether it holds, as an invariant must: only false breaks it, since empty says that there was nothing to judge.</summary>
    public Result<bool> Holds(Element focus, EvaluationContext? context = null)
    {
        var run = Run.Begin(focus, context ?? EvaluationContext.Bare);
        var truth = _operator.Truth(run);
        var failure = run.Failure;
        run.End();
        return failure is null ? truth != false : failure;
    }

    /// <summary>Its value where a boolean is expected; null when it finds nothing.</summary>
    public Result<bool?> Truth(Element focus, EvaluationContext? context = null)
    {
        var run = Run.Begin(focus, context ?? EvaluationContext.Bare);
        var truth = _operator.Truth(run);
        var failure = run.Failure;
        run.End();
        return failure is null ? truth : failure;
    }

    public override string ToString() => Text;
}
