using System.Text.Json;
using Fhir.Server.Api.Blobs;
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

/// <summary>
/// $document — https://hl7.org/fhir/R4/composition-operation-document.html: the Composition and all that it refers to, each once, as the caller
/// sees it. What she does not see is left out like what is not there.
/// </summary>
public sealed class Document(ResourceStore store, BinaryData binaries, DocumentKeeper keeper, ServerBases bases, ApiSettings settings, TimeProvider clock)
{
    private static readonly Issue OnlyByPost = new(IssueKind.Invalid, "persist=true makes something new, so it is asked for by POST.", "persist") { Code = "not-supported" };
    private static readonly IReadOnlyDictionary<string, string> Known = TerminologyOperations.Takes(("valueBoolean", "persist"));

    public static void Map(RouteGroupBuilder fhir)
    {
        var operation = new Operation("document", "Composition", OperationLevel.Instance, "http://hl7.org/fhir/OperationDefinition/Composition-document") { AffectsState = false, TakesParameters = true };
        fhir.MapOperation(operation, Right.Operation(Permission.Read, "Composition"), (string id, HttpContext context, Caller caller, Document document, CancellationToken stop) =>
            document.AnswerAsync(new("Composition", id), context, caller, stop));
    }

    private async Task<IResult> AnswerAsync(ResourceKey key, HttpContext context, Caller caller, CancellationToken stop)
    {
        if ((await TerminologyDesk.ReadAsync(context.Request, Known, stop)).Failed(out var issue, out var parameters)) return Refusal.Of(issue);
        var persist = parameters.Each("parameter").Any(p => p["value"].Text == "true");
        if (persist && HttpMethods.IsGet(context.Request.Method)) return Refusal.Of(OnlyByPost);
        if (persist && !Right.Create.AllowedBy(caller.Sees, "Bundle")) return Refusal.OutOfScope();
        if ((await store.ReadAsync(key, caller.Sees, stop)).Failed(out issue, out var version)) return Refusal.Of(issue);
        if (JsonReader.Read(version.Body, DefinitionSet.R4).Failed(out issue, out var composition)) return Refusal.Of(issue);
        if ((await GatherAsync(version, composition, Base.Of(context), caller, stop)).Failed(out issue, out var parts)) return Refusal.Of(issue);
        return persist ? await keeper.KeepAsync(parts, composition, label => Write(parts, Base.Of(context), label), context, caller, stop)
            : FhirBody.Of(Write(parts, Base.Of(context), null), [.. parts.Select(part => part.Rid)]);
    }

    // The Composition first; a version that is named is in it as it was.
    private async Task<Result<List<ResourceVersion>>> GatherAsync(ResourceVersion first, Element composition, string baseUrl, Caller caller, CancellationToken stop)
    {
        var named = References(composition, baseUrl).Distinct().ToList();
        if (named.Count >= settings.Limits.BundleEntries) return new Issue(IssueKind.Unsupported, $"A Bundle has at most {settings.Limits.BundleEntries} entries here.") { Code = "too-costly" };
        var parts = new List<ResourceVersion> { first };
        foreach (var (key, number) in named)
        {
            var found = number is null ? await store.ReadAsync(key, caller.Sees, stop) : await store.ReadVersionAsync(new(key, number), caller.Sees, stop);
            if (!found.Failed(out _, out var version) && !parts.Exists(part => part.Rid == version.Rid && part.Version == version.Version)) parts.Add(await binaries.PutBackAsync(version, stop));
        }
        return parts;
    }

    // What is contained stands in the Composition already.
    private IEnumerable<(ResourceKey Key, string? Version)> References(Element element, string baseUrl)
    {
        if (element.Type == "Reference" && element["reference"].Text is { } text && Reference.TryParse(text, out var reference) && reference is { Type: { } type, Id: { } id }
            && (reference.Form == ReferenceForm.Relative || reference.Base == baseUrl || bases.Own(reference.Base))) yield return (new(type, id), reference.Version);
        foreach (var child in element.Children)
            foreach (var below in References(child, baseUrl)) yield return below;
    }

    // https://hl7.org/fhir/R4/documents.html#bundle: an identifier and the moment it was assembled
    private ReadOnlyMemory<byte> Write(IEnumerable<ResourceVersion> parts, string baseUrl, string? label) =>
        BundleJson.Write("document", json =>
        {
            if (label is not null) WriteLabel(json, label);
            json.WriteStartObject("identifier");
            json.WriteString("system", "urn:ietf:rfc:3986");
            json.WriteString("value", $"urn:uuid:{Guid.NewGuid()}");
            json.WriteEndObject();
            json.WriteString("timestamp", Micros.Instant(Micros.Of(clock.GetUtcNow())));
        }, [.. parts.Select(part => new BundleEntry { FullUrl = $"{baseUrl}/{part.Key}", Resource = part.Body })]);

    private static void WriteLabel(Utf8JsonWriter json, string code)
    {
        json.WriteStartObject("meta");
        json.WriteStartArray("security");
        json.WriteStartObject();
        json.WriteString("system", "http://terminology.hl7.org/CodeSystem/v3-Confidentiality");
        json.WriteString("code", code);
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
