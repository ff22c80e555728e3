using System.Globalization;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.FhirPath;
using Fhir.Server.Core.Outcomes;

namespace Fhir.Server.Core.Patch;

/// <summary>https://hl7.org/fhir/R4/fhirpatch.html — operations of a Parameters resource, done in their order: all of them or none.</summary>
public static class FhirPathPatch
{
    /// <summary>More in one patch are refused: each may walk the whole resource.</summary>
    public const int MostOperations = 1000;

    // Of the whole patch, shared out among its operations.
    private const int MostSteps = 2_000_000;
    private const int MostStepsOfOne = 200_000;
    private const int LeastSteps = 5_000;

    /// <summary>A new resource; what came in is not changed. Id and type stay what they are.</summary>
    public static Result<Element> Apply(Element resource, Element parameters)
    {
        if (parameters.Type != "Parameters") return new Issue(IssueKind.Invalid, "A FHIRPath patch is a Parameters resource.", parameters.Name) { Code = "structure" };
        var operations = parameters.Each("parameter").ToList();
        if (operations.Count > MostOperations)
            return new Issue(IssueKind.Invalid, $"A patch has at most {MostOperations} operations.", "Parameters.parameter") { Code = "too-costly" };
        var bounds = new EvaluationContext { MostSteps = Math.Clamp(MostSteps / Math.Max(1, operations.Count), LeastSteps, MostStepsOfOne) };
        var patched = resource.Copy();
        for (var i = 0; i < operations.Count; i++)
        {
            var where = string.Create(CultureInfo.InvariantCulture, $"Parameters.parameter[{i}]");
            if (PatchOperation.Read(operations[i], where).Failed(out var issue, out var operation)) return issue;
            if (Do(operation, patched, bounds) is { } wrong) return wrong;
        }
        return patched["id"].Text == resource["id"].Text && patched.Children.Count(c => c.Name == "id") <= 1
            ? patched
            : new Issue(IssueKind.Unfit, "A patch never changes the id of the resource.", "Parameters");
    }

    private static Issue? Do(PatchOperation operation, Element resource, EvaluationContext bounds)
    {
        if (Targets(operation, resource, bounds).Failed(out var issue, out var targets)) return issue;
        if (targets.Length == 0) return operation.Type == PatchType.Delete ? null : operation.Unfit("Its path finds nothing.");
        return operation.Type switch
        {
            PatchType.Insert => PatchEdits.Insert(operation, targets),
            PatchType.Move => PatchEdits.Move(operation, targets),
            PatchType.Add or PatchType.Delete or PatchType.Replace when targets.Length > 1 => operation.Unfit("Its path finds more than one element."),
            PatchType.Add => PatchEdits.Add(operation, targets[0]),
            PatchType.Delete => PatchEdits.Delete(operation, targets[0]),
            PatchType.Replace => PatchEdits.Replace(operation, targets[0]),
        };
    }

    // The path is the client's, and may quote the patient: an issue tells what is wrong with it, never the path itself.
    private static Result<Element[]> Targets(PatchOperation operation, Element resource, EvaluationContext bounds)
    {
        if (CompiledExpression.CompileFor(resource.Definition, operation.Path).Failed(out var issue, out var path) || path.Evaluate(resource, bounds).Failed(out issue, out var found))
            return issue with { Kind = IssueKind.Invalid, Where = $"{operation.Where}.part.where(name = 'path')" };
        return Array.TrueForAll(found, element => IsWithin(element, resource)) ? found : operation.Unfit("Its path finds what is no element of the resource.");
    }

    private static bool IsWithin(Element element, Element resource)
    {
        var top = element;
        while (top.Parent is { } parent) top = parent;
        return ReferenceEquals(top, resource);
    }
}
