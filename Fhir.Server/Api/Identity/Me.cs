using System.Text.Json;
using Fhir.Server.Api.Audit;
using Fhir.Server.Api.Http;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Resources;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Fhir.Server.Api.Identity;

/// <summary>GET /me: who the token's holder is here, for the web client.</summary>
public static class Me
{
    public static void Map(IEndpointRouteBuilder app) => app.MapGet("/me", TellAsync).WithMetadata(new AnyFormat()).Asks(Right.SignedIn);

    private static async Task<IResult> TellAsync(HttpContext context, Caller caller, ResourceStore store, AuditFilter audit, CancellationToken stop)
    {
        if (!await audit.RecordAsync(context, StatusCodes.Status200OK, [])) return AuditFilter.Unaudited;
        var sees = caller.Sees;
        return Results.Json(new
        {
            caller.Name,
            Display = caller.Practitioner is { } person ? await DisplayAsync(store, person, sees, stop) ?? caller.Name : caller.Name,
            Role = sees.Role.Code,
            Practitioner = caller.Practitioner?.ToString(),
            PractitionerRole = sees.Actor?.ToString(),
            OnBehalfOf = sees.OnBehalfOf?.ToString(),
            Patient = caller.PatientInContext?.ToString(),
            Patients = caller.Patients.IsEmpty ? null : caller.Patients.Select(p => p.ToString()),
            Organization = sees.Organization?.ToString(),
            OrganizationDisplay = sees.Organization is { } organization ? await DisplayAsync(store, organization, sees, stop) : null,
        });
    }

    private static async Task<string?> DisplayAsync(ResourceStore store, ResourceKey key, AccessContext sees, CancellationToken stop)
    {
        if ((await store.ReadAsync(key, sees, stop)).Failed(out _, out var found)) return null;
        using var json = JsonDocument.Parse(found.Body);
        if (!json.RootElement.TryGetProperty("name", out var name)) return null;
        if (name.ValueKind == JsonValueKind.String) return name.GetString();
        var human = name[0];
        if (human.TryGetProperty("text", out var text)) return text.GetString();
        var given = human.TryGetProperty("given", out var all) ? all.EnumerateArray().Select(g => g.GetString()) : [];
        return string.Join(' ', given.Append(human.TryGetProperty("family", out var family) ? family.GetString() : null).Where(part => part is not null));
    }
}
