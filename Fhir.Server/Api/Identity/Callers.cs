using System.Collections.Immutable;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Audit;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Resources;
using Fhir.Server.Store.Search;
using Microsoft.AspNetCore.Http;

namespace Fhir.Server.Api.Identity;

/// <summary>From a request's token to its caller. The role and organisation are the store's word, not the token's; they are asked again after a second, or as soon as the directory changes.</summary>
public sealed class Callers(TokenCache tokens, Holders holders, ScopeFilters filters, DirectoryEpoch directory, ResourceStore store, TenantDatabase database, ApiSettings settings, TimeProvider clock)
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
        if (Fresh(entry) is { } known) return Now(known, entry.Token, context, requestId);
        var epoch = directory.Current;
        if ((await ResolveAsync(entry.Token, context.RequestAborted)).Failed(out var issue, out var caller))
        {
            Call.Of(context).Holder = HolderOf(entry.Token, context);
            return issue;
        }
        entry.Resolved = new(caller with { Sees = caller.Sees.WithKeptSql() }, clock.GetTimestamp(), epoch);
        return Now(entry.Resolved, entry.Token, context, requestId);
    }

    // Of a token that leads to nobody the log says what its issuer vouches for. Its subject is no reference of ours, whatever it looks like.
    private static AuditAgent HolderOf(Token token, HttpContext context) => new()
    {
        Who = token.Subject.Replace("/", "%2F", StringComparison.Ordinal), Client = token.Client, Issuer = token.Issuer, TokenId = token.Id,
        Network = context.Connection.RemoteIpAddress?.ToString(),
    };

    private TokenCache.Resolved? Fresh(TokenCache.Entry entry) =>
        entry.Resolved is { } resolved && resolved.Epoch == directory.Current && clock.GetElapsedTime(resolved.AtTicks) < TimeSpan.FromSeconds(1) ? resolved : null;

    private Caller Now(TokenCache.Resolved resolved, Token token, HttpContext context, string requestId)
    {
        var sees = resolved.Caller.Sees with { NowMicros = NowMicros, Request = requestId, Network = context.Connection.RemoteIpAddress?.ToString() };
        return resolved.Caller with { Expires = token.Expires, Token = token, Sees = sees, Agent = resolved.AgentOf(sees) };
    }

    /// <summary>The same caller later on, for what she left to be done: as she is by then. A token that ended leads to nobody.</summary>
    internal async Task<Result<Caller>> AgainAsync(Token token, string requestId, string? network, CancellationToken stop)
    {
        if (token.Expires <= clock.GetUtcNow()) return new Issue(IssueKind.Forbidden, "The token ended before this could be done; nothing of it was.") { Code = "expired" };
        if ((await ResolveAsync(token, stop)).Failed(out var issue, out var caller)) return issue;
        var sees = caller.Sees with { NowMicros = NowMicros, Request = requestId, Network = network };
        return caller with { Expires = token.Expires, Token = token, Sees = sees, Agent = AuditAgent.Of(sees) };
    }

    private long NowMicros => Math.Max(Micros.Of(clock.GetUtcNow()), store.LastMicros);


    private async Task<Result<Caller>> ResolveAsync(Token token, CancellationToken stop)
    {
        if ((await HolderAsync(token, stop)).Failed(out var issue, out var holder)) return issue;
        if (token.OnBehalfOf is not null && holder.Sees.OnBehalfOf is null) return NoAccess;
        return await InContextAsync(holder, token, stop);
    }

    private async Task<Result<Caller>> HolderAsync(Token token, CancellationToken stop)
    {
        if (token.PractitionerRole is not null) return token.Role is null ? await ClinicianAsync(token, stop) : NoAccess;
        if (token.Role == Role.Integrator)
            return settings.Demo && token.Own ? new Caller(AccessContext.Integrator($"Device/{token.Subject}", token.Client, token.Scopes, NowMicros), token.Subject) : NoAccess;
        return token.Role?.Kind switch
        {
            RoleKind.System => await SystemAsync(token, stop),
            RoleKind.Officer => new Caller(Sees(token, token.Role, token.Subject), token.Subject),
            RoleKind.Patient => await PatientAsync(token, token.Role, stop),
            RoleKind.Person or null => NoAccess,
        };
    }

    private AccessContext Sees(Token token, Role role, string who) => new() { Who = who, Client = token.Client, Role = role, Scopes = token.Scopes, NowMicros = NowMicros };

    private async Task<Result<Caller>> SystemAsync(Token token, CancellationToken stop)
    {
        if (await holders.OrganizationAsync(token.Organization, stop) is not { } organization) return NoAccess;
        return new Caller(Sees(token, token.Role!, $"Device/{token.Subject}") with { Organization = organization.Key, OrganizationRid = organization.Rid }, token.Subject);
    }

    private async Task<Result<Caller>> ClinicianAsync(Token token, CancellationToken stop)
    {
        if (await holders.PostAsync(token.PractitionerRole, stop) is not { } post) return NoAccess;
        var practitioner = post.Practitioner.Key;
        if (token.FhirUser is not null && Local(token.FhirUser) != practitioner.ToString()) return NoAccess;
        var sees = Sees(token, post.Role, practitioner.ToString()) with
        {
            Actor = post.Itself.Key, ActorRid = post.Itself.Rid, PractitionerRid = post.Practitioner.Rid,
            Organization = post.Organization.Key, OrganizationRid = post.Organization.Rid, Glass = await GlassOfAsync(post, stop),
        };
        if (token.OnBehalfOf is not null)
        {
            if (await PrincipalAsync(token, post, stop) is not { } principal) return NoAccess;
            sees = sees with { OnBehalfOf = principal.Itself.Key, OnBehalfOfRid = principal.Itself.Rid, OnBehalfOfPractitionerRid = principal.Practitioner.Rid };
        }
        return new Caller(sees, token.Subject) { Practitioner = practitioner };
    }

    private async Task<ImmutableArray<OpenGlass>> GlassOfAsync(Post post, CancellationToken stop) => !post.Role.Can(Ability.BreaksGlass) ? []
        : [.. await database.QueryAsync(Sql.Of($"select patient, until_at from glass where actor = {post.Itself.Rid} and until_at > {NowMicros}"), r => new OpenGlass(r.GetInt64(0), r.GetInt64(1)), stop)];

    // An assistant acts for a clinician of her own organisation, and never for another assistant.
    private async Task<Post?> PrincipalAsync(Token token, Post assistant, CancellationToken stop) =>
        assistant.Role.Can(Ability.ActsOnBehalf) && await holders.PostAsync(token.OnBehalfOf, stop) is { } principal
        && !principal.Role.Can(Ability.ActsOnBehalf) && principal.Organization.Rid == assistant.Organization.Rid ? principal : null;

    private async Task<Result<Caller>> PatientAsync(Token token, Role role, CancellationToken stop)
    {
        var user = Local(token.FhirUser);
        if (role == Role.Patient)
            return await holders.PatientAsync(user, stop) is { } self ? Self(token, role, self.Key, (self.Key, self.Rid)) : await DeletedAsync(token, role, user, stop);
        return role == Role.Proxy && await holders.ProxyAsync(user, stop) is var (proxy, patient) ? Self(token, role, proxy.Key, (patient.Key, patient.Rid)) : NoAccess;
    }

    // NEN 7513: the log outlives the record, and so does her right to read it; to nothing else.
    private async Task<Result<Caller>> DeletedAsync(Token token, Role role, string? user, CancellationToken stop)
    {
        if (await holders.DeletedPatientAsync(user, stop) is not { } gone) return NoAccess;
        var self = Self(token, role, gone.Key, gone);
        return self with { Sees = self.Sees with { Scopes = self.Sees.Scopes.For("AuditEvent") } };
    }

    private Caller Self(Token token, Role role, ResourceKey who, (ResourceKey Key, long Rid) patient) =>
        new(Sees(token, role, who.ToString()) with { Selves = [patient.Rid] }, token.Subject) { Patients = [patient.Key] };

    // The patient in context is there, or the token gives nothing: else its scopes would be bound to somebody else, or to nobody.
    private async Task<Result<Caller>> InContextAsync(Caller holder, Token token, CancellationToken stop)
    {
        var sees = holder.Sees with { Issuer = token.Issuer, TokenId = token.Id, Scopes = filters.MadeOut(holder.Sees.Scopes) };
        if (token.Acr is not null && token.Acr == settings.StepUpAcr) holder = holder with { SteppedUpAt = token.AuthenticatedAt };
        if (token.Patient is not { } named) return holder with { Sees = sees };
        var context = named.Contains('/', StringComparison.Ordinal) ? Local(named) : $"Patient/{named}";
        if (sees.Role == Role.Patient && context == sees.Who) return holder with { Sees = sees with { PatientContextRid = sees.Selves[0] }, PatientInContext = holder.Patients[0] };
        if (await holders.PatientAsync(context, stop) is not { } patient) return NoAccess;
        if (!await SeesAsync(holder.Sees, patient.Rid, stop)) return NoAccess;   // one whom she does not see is as good as missing
        return holder with { Sees = sees with { PatientContextRid = patient.Rid }, PatientInContext = patient.Key };
    }

    // Whatever her scopes are: these are bound to that patient next.
    private async Task<bool> SeesAsync(AccessContext sees, long patient, CancellationToken stop) =>
        await database.FirstAsync(Sql.Of($"select 1 from res r where r.rid = {patient} and r.live = 1 and {sees.Sees("r", "Patient", Permission.None)}"), r => r.GetInt64(0), stop) == 1;

    // An issuer may write our own address before it.
    private string? Local(string? reference) =>
        settings.BaseUrl is { } own && reference?.StartsWith($"{own}/", StringComparison.Ordinal) == true ? reference[(own.Length + 1)..] : reference;
}
