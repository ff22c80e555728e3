using System.Text.Json;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Resources;
using Microsoft.AspNetCore.Http;

namespace Fhir.Server.Api.Identity;

/// <summary>From a request's token to its caller. The role and organisation are the store's word, not the token's; they are asked again after a second, or as soon as the directory changes.</summary>
public sealed class Callers(TokenCache tokens, ResourceStore store, DirectoryEpoch directory, ApiSettings settings, TimeProvider clock)
{
    private static readonly Issue NoAccess = new(IssueKind.Forbidden, "This token's holder has no access here.");

    /// <summary>Null = no good token; an issue = the token is good, but its holder has no active role here.</summary>
    public async ValueTask<Result<Caller>?> OfAsync(HttpContext context, string text, string requestId)
    {
        var entry = tokens.Find(text);
        if (entry is null)
        {
            if (await Bearer.ValidateAsync(context, text) is not { } token) return null;
            entry = tokens.Keep(text, token);
        }
        if (Fresh(entry) is { } known) return Now(known, entry, requestId);
        var epoch = directory.Current;
        if ((await ResolveAsync(entry.Token, context.RequestAborted)).Failed(out var issue, out var caller)) return issue;
        entry.Resolved = new(caller, clock.GetTimestamp(), epoch);
        return Now(caller, entry, requestId);
    }

    private Caller? Fresh(TokenCache.Entry entry) =>
        entry.Resolved is { } resolved && resolved.Epoch == directory.Current && clock.GetElapsedTime(resolved.AtTicks) < TimeSpan.FromSeconds(1) ? resolved.Caller : null;

    private Caller Now(Caller caller, TokenCache.Entry entry, string requestId) => caller with { Expires = entry.Token.Expires, Sees = caller.Sees with { NowMicros = NowMicros, Request = requestId } };

    private long NowMicros => Micros(clock.GetUtcNow());

    internal static long Micros(DateTimeOffset at) => (at - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    private async Task<Result<Caller>> ResolveAsync(Token token, CancellationToken stop)
    {
        if (token.PractitionerRole is not null) return token.Role is null ? await ClinicianAsync(token, stop) : NoAccess;
        if (token.Role == Role.Integrator)
            return settings.Demo && token.Own ? new Caller(AccessContext.Integrator($"Device/{token.Subject}", token.Client, token.Scopes, NowMicros), token.Subject) : NoAccess;
        return token.Role?.Kind switch
        {
            RoleKind.System => await SystemAsync(token, stop),
            RoleKind.Officer => Officer(token),
            RoleKind.Person or RoleKind.Patient or null => NoAccess,
        };
    }

    private Caller Officer(Token token) => new(new AccessContext
    {
        Who = token.Subject, Client = token.Client, Role = token.Role!, Scopes = token.Scopes, NowMicros = NowMicros,
    }, token.Subject);

    private async Task<Result<Caller>> SystemAsync(Token token, CancellationToken stop)
    {
        if (await RidOfActiveAsync(token.Organization, "Organization", stop) is not var (organization, rid)) return NoAccess;
        return new Caller(new AccessContext
        {
            Who = $"Device/{token.Subject}", Client = token.Client, Role = token.Role!, Scopes = token.Scopes,
            Organization = organization, OrganizationRid = rid, NowMicros = NowMicros,
        }, token.Subject);
    }

    private async Task<Result<Caller>> ClinicianAsync(Token token, CancellationToken stop)
    {
        if (KeyOf(token.PractitionerRole, "PractitionerRole") is not { } key) return NoAccess;
        if ((await store.ReadAsync(key, House, stop)).Failed(out _, out var found)) return NoAccess;
        if (Read(found.Body) is not var (role, practitioner, organization)) return NoAccess;
        if (await RidOfActiveAsync(organization, "Organization", stop) is not var (organizationKey, organizationRid)) return NoAccess;
        return new Caller(new AccessContext
        {
            Who = practitioner, Client = token.Client, Role = role, Scopes = token.Scopes, Actor = key, ActorRid = found.Rid,
            Organization = organizationKey, OrganizationRid = organizationRid, NowMicros = NowMicros,
        }, token.Subject) { Practitioner = KeyOf(practitioner, "Practitioner") };
    }

    private async Task<(ResourceKey Key, long Rid)?> RidOfActiveAsync(string? reference, string type, CancellationToken stop)
    {
        if (KeyOf(reference, type) is not { } key) return null;
        if ((await store.ReadAsync(key, House, stop)).Failed(out _, out var found)) return null;
        using var json = JsonDocument.Parse(found.Body);
        return json.RootElement.TryGetProperty("active", out var active) && active.ValueKind == JsonValueKind.False ? null : (key, found.Rid);
    }

    private AccessContext House => AccessContext.House("sign-in", NowMicros);

    /// <summary>An active PractitionerRole with a role of ours, a practitioner and an organisation; null for anything less.</summary>
    private static (Role Role, string Practitioner, string Organization)? Read(ReadOnlyMemory<byte> body)
    {
        using var json = JsonDocument.Parse(body);
        var root = json.RootElement;
        if (!root.TryGetProperty("active", out var active) || active.ValueKind != JsonValueKind.True) return null;
        if (ReferenceIn(root, "practitioner") is not { } practitioner || ReferenceIn(root, "organization") is not { } organization) return null;
        var codings = from code in Each(root, "code")
                      from coding in Each(code, "coding")
                      where Text(coding, "system") == $"{ApiSettings.Canonical}/CodeSystem/clinic-role"
                      select Role.Parse(Text(coding, "code"));
        return codings.FirstOrDefault() is { Kind: RoleKind.Person } role ? (role, practitioner, organization) : null;
    }

    private static IEnumerable<JsonElement> Each(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var array) && array.ValueKind == JsonValueKind.Array ? array.EnumerateArray() : [];

    private static string? Text(JsonElement parent, string name) => parent.TryGetProperty(name, out var value) ? value.GetString() : null;

    private static string? ReferenceIn(JsonElement root, string name) => root.TryGetProperty(name, out var reference) ? Text(reference, "reference") : null;

    private static ResourceKey? KeyOf(string? reference, string type) =>
        reference?.Split('/') is [var named, { Length: > 0 } id] && named == type ? new(type, id) : null;
}
