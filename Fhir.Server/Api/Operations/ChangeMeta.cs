using Fhir.Server.Api.Audit;
using Fhir.Server.Api.Http;
using Fhir.Server.Api.Identity;
using Fhir.Server.Api.Interactions;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Json;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Fhir.Server.Api.Operations;

/// <summary>
/// $meta-add and $meta-delete — https://hl7.org/fhir/R4/resource-operation-meta-add.html. Each is a patch of the resource's meta, and so an
/// update: with its guards, its audit row, If-Match, and a version of its own, for a label decides who sees it.
/// </summary>
public static class ChangeMeta
{
    private static readonly Issue NoMeta = new(IssueKind.Invalid, "The parameter meta is needed, once, with a valueMeta.", "Parameters.parameter.where(name='meta')") { Code = "required" };

    public static void Map(RouteGroupBuilder fhir)
    {
        Map(fhir, "meta-add", (all, given) => all.Add(given));
        Map(fhir, "meta-delete", (all, given) => all.Remove(given));
    }

    private static void Map(RouteGroupBuilder fhir, string code, Action<MetaSet, Element> change) =>
        fhir.MapOperation(new(code, Operation.EveryType, OperationLevel.Instance, $"http://hl7.org/fhir/OperationDefinition/Resource-{code}"), Right.OperationOnType(Permission.Read | Permission.Update),
            (string type, string id, HttpContext context, Caller caller, Patch patch, Writing writing, CancellationToken stop) => RunAsync(new(type, id), change, context, caller, patch, writing, stop));

    private static async Task<IResult> RunAsync(ResourceKey key, Action<MetaSet, Element> change, HttpContext context, Caller caller, Patch patch, Writing writing, CancellationToken stop)
    {
        if (key.Type == "AuditEvent") return Refusal.MethodNotAllowed("");
        if (!DefinitionSet.R4.IsResource(key.Type)) return Refusal.Of(Writing.NoSuchType);
        if ((await Parameters.ReadAsync(context.Request, ["meta"], stop)).Failed(out var issue, out var parameters)) return Refusal.Of(issue);
        if (parameters.ValueOrNone("meta", "Meta").Failed(out issue, out var given)) return Refusal.Of(issue);
        if (!given.Exists) return Refusal.Of(NoMeta);
        if (Conditions.Of(context.Request).Failed(out issue, out var conditions)) return Refusal.Of(issue);
        var text = PatchText.By(stored => Changed(stored.Resource, all => change(all, given)));
        if ((await patch.RunAsync(new(key, text, conditions), caller, stop)).Failed(out issue, out var done)) return Refusal.Of(issue);
        Call.Of(context).Audited = Writing.IsWrite(done.Written);
        var echo = await writing.EchoAsync(done, caller, Return.Representation, stop);
        if (echo.IsEmpty) return FhirBody.Written(done.Written, default);   // she may not read it any more
        return JsonReader.Read(echo, DefinitionSet.R4).Failed(out issue, out var now) ? Refusal.Of(issue) : FhirBody.Written(done.Written, Meta.Told(now["meta"]));
    }

    private static ReadOnlyMemory<byte> Changed(Element resource, Action<MetaSet> change)
    {
        var all = new MetaSet();
        all.Add(resource["meta"]);
        change(all);
        var changed = new Element(resource.Name, resource.Definition);
        changed.Add(all.ToMeta(resource["meta"].Children));
        foreach (var child in resource.Children.Where(c => c.Name != "meta")) changed.Add(child.Copy());
        return JsonWriter.Write(changed);
    }
}
