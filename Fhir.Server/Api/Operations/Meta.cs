using Fhir.Server.Api.Http;
using Fhir.Server.Api.Identity;
using Fhir.Server.Api.Interactions;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Json;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Resources;
using Fhir.Server.Store.Search;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Fhir.Server.Api.Operations;

/// <summary>$meta — https://hl7.org/fhir/R4/resource-operation-meta.html: profiles, labels and tags of one resource; or each that is used by any of a type, or of all, that the caller sees.</summary>
public sealed class Meta(ResourceStore store, ResourceSearch search)
{
    private const int MostLookedAt = 10_000, PerPage = 500;
    private static readonly Issue TooMany = new(IssueKind.Unsupported, "So many resources have profiles, labels and tags that they are not gathered here.") { Code = "too-costly" };

    public static void Map(RouteGroupBuilder fhir)
    {
        var ofInstance = new Operation("meta", Operation.EveryType, OperationLevel.Instance, "http://hl7.org/fhir/OperationDefinition/Resource-meta") { AffectsState = false };
        var (ofType, ofAll) = (ofInstance with { Level = OperationLevel.Type }, ofInstance with { Level = OperationLevel.System, Type = Operation.NoType });
        fhir.MapOperation(ofInstance, Right.OperationOnType(Permission.Read), (string type, string id, Caller caller, Meta meta, CancellationToken stop) => meta.OfOneAsync(new(type, id), caller, stop));
        fhir.MapOperation(ofType, Right.OperationOnType(Permission.Search), (string type, Caller caller, Meta meta, CancellationToken stop) => meta.OfManyAsync(type, caller, stop));
        fhir.MapOperation(ofAll, Right.OperationOnType(Permission.Search), (Caller caller, Meta meta, CancellationToken stop) => meta.OfManyAsync(null, caller, stop));
    }

    private async Task<IResult> OfOneAsync(ResourceKey key, Caller caller, CancellationToken stop)
    {
        if (!DefinitionSet.R4.IsResource(key.Type)) return Refusal.Of(Writing.NoSuchType);
        if ((await store.ReadAsync(key, caller.Sees, stop)).Failed(out var issue, out var version)) return Refusal.Of(issue);
        return JsonReader.Read(version.Body, DefinitionSet.R4).Failed(out issue, out var resource) ? Refusal.Of(issue) : FhirBody.Of(Told(resource["meta"]), [version.Rid]);
    }

    private async Task<IResult> OfManyAsync(string? type, Caller caller, CancellationToken stop)
    {
        if (type is not null && !DefinitionSet.R4.IsResource(type)) return Refusal.Of(Writing.NoSuchType);
        var (all, rids) = (new MetaSet(), new HashSet<long>());
        foreach (var part in MetaSet.Parts)
            if (await GatherAsync(type, $"_{part}", all, rids, caller, stop) is { } issue) return Refusal.Of(issue);
        return FhirBody.Of(Told(all.ToMeta([])), [.. rids.Select(rid => -rid)]);
    }

    private async Task<Issue?> GatherAsync(string? type, string parameter, MetaSet all, HashSet<long> rids, Caller caller, CancellationToken stop)
    {
        for (string? next = ""; next is not null;)
        {
            if (SearchQuery.Parse(type, [new($"{parameter}:missing", "false"), new("_count", $"{PerPage}"), new("_page", next)], DefinitionSet.R4, strict: true).Failed(out var issue, out var query)) return issue;
            if ((await search.SearchAsync(query, caller.Sees, stop)).Failed(out issue, out var page)) return issue;
            foreach (var match in page.Matches)
            {
                if (JsonReader.Read(match.Body, DefinitionSet.R4).Failed(out issue, out var resource)) return issue;
                all.Add(resource["meta"]);
                rids.Add(match.Rid);
            }
            if (rids.Count > MostLookedAt) return TooMany;
            next = page.Next;
        }
        return null;
    }

    /// <summary>The answer of all three operations.</summary>
    internal static ReadOnlyMemory<byte> Told(Element meta)
    {
        var parameters = Element.Of("Parameters");
        var parameter = parameters.Add("parameter");
        parameter.Add("name", "return");
        var value = parameter.Add("valueMeta");
        foreach (var child in meta.Children) value.Add(child.Copy());
        if (value.Children.Count == 0) parameters = Element.Of("Parameters");   // FHIR has no empty elements
        return JsonWriter.Write(parameters);
    }
}
