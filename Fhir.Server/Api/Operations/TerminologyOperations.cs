using Fhir.Server.Api.Identity;
using Fhir.Server.Store.Access;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Fhir.Server.Api.Operations;

/// <summary>
/// Maps the terminology operations — https://hl7.org/fhir/R4/terminology-service.html. None changes anything: each is called by GET or by
/// POST. Any signed-in caller may ask of what is loaded; for a stored instance the right to read it is needed.
/// </summary>
public static class TerminologyOperations
{
    public static void Map(RouteGroupBuilder fhir)
    {
        ExpandValueSet.Map(fhir);
        ValidateCodeOfValueSet.Map(fhir);
        ValidateCodeOfCodeSystem.Map(fhir);
        LookUpCode.Map(fhir);
        CompareCodes.Map(fhir);
        TranslateCode.Map(fhir);
    }

    /// <summary>On the type, and on an instance where the operation has that level.</summary>
    internal static void MapTerminology(this RouteGroupBuilder fhir, string code, string type, bool onInstance, IReadOnlyDictionary<string, string> known, Answering answering)
    {
        var operation = new Operation(code, type, OperationLevel.Type, $"http://hl7.org/fhir/OperationDefinition/{type}-{code}") { AffectsState = false, TakesParameters = true };
        fhir.MapOperation(operation, Right.SignedIn, (HttpContext context, Caller caller, TerminologyDesk desk, CancellationToken stop) =>
            desk.AnswerAsync(context, type, null, known, answering, caller, stop));
        if (!onInstance) return;
        fhir.MapOperation(operation with { Level = OperationLevel.Instance }, Right.Operation(Permission.Read, type), (HttpContext context, string id, Caller caller, TerminologyDesk desk, CancellationToken stop) =>
            desk.AnswerAsync(context, type, id, known, answering, caller, stop));
    }

    /// <summary>What an operation takes: names in groups of one kind of value[x]; the kind "" cannot stand in a query.</summary>
    internal static IReadOnlyDictionary<string, string> Takes(params (string Type, string Names)[] groups) =>
        groups.SelectMany(g => g.Names.Split(' ').Select(name => (name, g.Type))).ToDictionary(p => p.name, p => p.Type, StringComparer.Ordinal);
}
