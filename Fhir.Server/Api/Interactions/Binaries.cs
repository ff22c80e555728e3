using Fhir.Server.Api.Blobs;
using Fhir.Server.Api.Http;
using Fhir.Server.Api.Identity;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Resources;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Fhir.Server.Api.Interactions;

/// <summary>Binary: raw content in and out, or the resource as FHIR — https://hl7.org/fhir/R4/binary.html#rest</summary>
public static class Binaries
{
    public static void Map(RouteGroupBuilder fhir)
    {
        fhir.MapMethods("/Binary/{id}", Methods.GetOrHead, ReadAsync).WithMetadata(new AnyFormat()).Asks(Right.Read with { Type = "Binary" });
        fhir.MapPost("/Binary", CreateAsync).WithMetadata(new AnyFormat()).Asks(Right.Create with { Type = "Binary" });
        fhir.MapPut("/Binary/{id}", UpdateAsync).WithMetadata(new AnyFormat()).Asks(Right.Update with { Type = "Binary" });
    }

    private static async Task<IResult> ReadAsync(string id, HttpContext context, Caller caller, ResourceStore store, BinaryData binaries, CancellationToken stop)
    {
        if ((await store.ReadAsync(new("Binary", id), caller.Sees, stop)).Failed(out var issue, out var version)) return Refusal.Of(issue);
        if (Formats.AskedByName(context.Request) is not null) return FhirBody.Of(await binaries.PutBackAsync(version, stop));
        var (contentType, content) = await binaries.ContentAsync(version, stop);
        return new RawBody(version, contentType, content);
    }

    private static async Task<IResult> CreateAsync(HttpContext context, Caller caller, Writing writing, BinaryData binaries, CancellationToken stop)
    {
        if ((await BodyAsync(context.Request, writing, binaries, stop)).Failed(out var issue, out var body)) return Refusal.Of(issue);
        if (Conditions.Of(context.Request).Failed(out issue, out var conditions)) return Refusal.Of(issue);
        if (Create.Prepare(new("Binary", Write.NewId()), body, conditions, HomeOrganization.Of(context.Request, caller.Sees)).Failed(out issue, out var write)) return Refusal.Of(issue);
        return await writing.CommitAsync(context, caller, write, stop);
    }

    private static async Task<IResult> UpdateAsync(string id, HttpContext context, Caller caller, Writing writing, BinaryData binaries, CancellationToken stop)
    {
        if ((await BodyAsync(context.Request, writing, binaries, stop)).Failed(out var issue, out var body)) return Refusal.Of(issue);
        if (Conditions.Of(context.Request).Failed(out issue, out var conditions)) return Refusal.Of(issue);
        var key = new ResourceKey("Binary", id);
        var home = HomeOrganization.Of(context.Request, caller.Sees);
        var prepared = IsResource(context.Request.ContentType) || !Update.IsId(id) ? Update.Prepare(key, body, conditions, home) : Update.WriteOf(key, body, conditions, home);
        if (prepared.Failed(out issue, out var write)) return Refusal.Of(issue);
        return await writing.CommitAsync(context, caller, write, stop);
    }

    private static async Task<Result<RequestBody>> BodyAsync(HttpRequest request, Writing writing, BinaryData binaries, CancellationToken stop)
    {
        if (IsResource(request.ContentType)) return await writing.BodyAsync(request, "Binary", stop);
        if (request.ContentType is not { } contentType || request.Headers.ContentEncoding.Count > 0) return Refusal.WrongMediaType;
        return await binaries.MakeAsync(contentType, await RequestBody.BytesAsync(request, stop), request.Headers["X-Security-Context"] is [{ } context] ? context : null, stop);
    }

    // XML that does not call itself FHIR's is content, such as a CDA document.
    private static bool IsResource(string? contentType) => Formats.OfBody(contentType) switch
    {
        Format.Json => true,
        Format.Xml => contentType!.Contains("fhir+xml", StringComparison.OrdinalIgnoreCase),
        null => false,
    };
}
