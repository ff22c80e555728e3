using Fhir.Server.Api.Http;
using Fhir.Server.Api.Identity;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.FhirPath;
using Fhir.Server.Core.Json;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Core.Validation;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Fhir.Server.Api.Operations;

/// <summary>
/// $fhirpath — https://github.com/brianpos/fhirpath-lab/blob/develop/server-api.md: evaluates an expression on a resource that the
/// caller brings. Nothing stored is read, so any signed-in caller may ask.
/// </summary>
public static class EvaluateFhirPath
{
    private const int MostContexts = 500;
    // Of the whole request, shared out among the contexts; a hundred times what an invariant takes on the largest examples.
    private const int MostSteps = 2_000_000;
    private const int LeastSteps = 20_000;

    private static readonly Operation Definition = new("fhirpath", Operation.NoType, OperationLevel.System, "https://samenspraak.example/fhir/OperationDefinition/fhirpath");

    public static void Map(RouteGroupBuilder fhir) => fhir.MapOperation(Definition, Right.SignedIn, RunAsync);

    private static async Task<IResult> RunAsync(HttpContext context, Validator validator, TimeProvider clock, CancellationToken stop)
    {
        if ((await FhirPathInput.ReadAsync(context.Request, stop)).Failed(out var issue, out var input)) return Refusal.Of(issue);
        return Answer(input, validator.Around(new() { Clock = clock }) with { Variables = input.Variables }).Failed(out issue, out var answer) ? Refusal.Of(issue) : FhirBody.Of(JsonWriter.Write(answer), []);
    }

    private static Result<Element> Answer(FhirPathInput input, EvaluationContext around)
    {
        if (Contexts(input, around).Failed(out var issue, out var contexts)) return issue;
        // Said also when there is no context to evaluate it on.
        if (CompiledExpression.Compile(input.Expression).Failed(out issue, out _)) return Placed(issue, "expression");
        var output = new FhirPathOutput(input);
        var steps = Math.Max(LeastSteps, MostSteps / Math.Max(1, contexts.Length));
        for (var i = 0; i < contexts.Length; i++)
        {
            var traced = new Traces();
            var within = around with { MostSteps = steps, Trace = traced.Take };
            if (Found(contexts[i], input.Expression, "expression", within).Failed(out issue, out var found)) return issue;
            if (output.Add(contexts[i], i, found, traced.All) is { } tooMuch) return tooMuch;
        }
        return output.Answer;
    }

    private static Result<Element[]> Contexts(FhirPathInput input, EvaluationContext around)
    {
        if (input.Context is not { } expression) return new[] { input.Resource };
        if (Found(input.Resource, expression, "context", around with { MostSteps = MostSteps }).Failed(out var issue, out var contexts)) return issue;
        return contexts.Length <= MostContexts ? contexts : Placed(new(IssueKind.Invalid, $"The context finds more than {MostContexts} items.") { Code = "too-costly" }, "context");
    }

    private static Result<Element[]> Found(Element focus, string expression, string parameter, EvaluationContext around)
    {
        var compiled = focus.Definition.Kind == TypeKind.System ? CompiledExpression.Compile(expression) : CompiledExpression.CompileFor(focus.Definition, expression);
        return compiled.Failed(out var issue, out var ready) || ready.Evaluate(focus, around).Failed(out issue, out var found) ? Placed(issue, parameter) : found;
    }

    private static Issue Placed(Issue issue, string parameter) => issue with { Where = FhirPathInput.Place(parameter) };
}
