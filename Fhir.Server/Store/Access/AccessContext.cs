using Fhir.Server.Store.Database;

namespace Fhir.Server.Store.Access;

/// <summary>Who asks, and therefore what can be seen: a mandatory argument of every query and commit (house.md 11). Empty means nothing, never everything.</summary>
public sealed partial record AccessContext
{
    /// <summary>For the audit: <c>Practitioner/dr.jansen</c>, <c>Device/his-delinde</c>.</summary>
    public required string Who { get; init; }
    /// <summary>The client that the token was given to, for the audit.</summary>
    public string? Client { get; init; }
    /// <summary>The token's issuer and id (jti), and the address that the call came from, for the audit.</summary>
    public string? Issuer { get; init; }
    public string? TokenId { get; init; }
    public string? Network { get; init; }
    /// <summary>The request's id, joins the audit rows of one request.</summary>
    public string? Request { get; init; }
    public required Role Role { get; init; }
    public required Scopes Scopes { get; init; }
    /// <summary>The PractitionerRole that she acts as, and its rid; null and 0 for systems and officers.</summary>
    public ResourceKey? Actor { get; init; }
    public long ActorRid { get; init; }
    /// <summary>The rid of the Practitioner behind the role; 0 for systems, officers and patients.</summary>
    public long PractitionerRid { get; init; }
    /// <summary>The PractitionerRole of her own organisation for whom an assistant acts, and its rid.</summary>
    public ResourceKey? OnBehalfOf { get; init; }
    public long OnBehalfOfRid { get; init; }
    /// <summary>The rid of the Practitioner behind that role.</summary>
    public long OnBehalfOfPractitionerRid { get; init; }
    /// <summary>She sees the threads of the one for whom she acts; false where she writes, which she does in nobody's place.</summary>
    public bool ReadsAlong { get; init; } = true;
    /// <summary>A patient's own rid, or those for whom a proxy speaks; empty for all others.</summary>
    public System.Collections.Immutable.ImmutableArray<long> Selves { get; init; } = [];
    /// <summary>The patient whom the token is about (SMART launch context), to whom its patient/ scopes are bound; 0 = none.</summary>
    public long PatientContextRid { get; init; }
    /// <summary>Her organisation and its rid; null and 0 when she has none.</summary>
    public ResourceKey? Organization { get; init; }
    public long OrganizationRid { get; init; }
    /// <summary>Does a resource of this rid stand for her: her role, herself, or the organisation that she acts in?</summary>
    public bool Is(long rid) => rid != 0 && (rid == ActorRid || rid == PractitionerRid || (rid == OrganizationRid && ActorRid != 0));

    /// <summary>The moment against which periods (participation, consent) are judged, in µs since 1970.</summary>
    public required long NowMicros { get; init; }

    /// <summary>Where her conditions and statements are kept for the next request; null = they are made anew.</summary>
    internal KeptSql? Kept { get; init; }

    /// <summary>The same caller, her conditions and statements kept from request to request.</summary>
    public AccessContext WithKeptSql() => KeptSql.Of(this);

    /// <summary>Sees and writes the whole tenant: the demo's integrator, and the house itself when it seeds and delivers.</summary>
    public bool SeesAll { get; private init; }

    /// <summary>
    /// The same caller with the reach of the house: for the commit of an operation that has judged itself what it writes, about a
    /// patient whom she sees only through that very commit. Her scopes hold; nothing is read or searched with it.
    /// </summary>
    public AccessContext WithTheReachOfTheHouse() => this with { SeesAll = true };

    /// <summary>The named, audited way to act as the house itself.</summary>
    public static AccessContext House(string what, long nowMicros) => new()
    {
        Who = $"Device/{what}", Role = Role.Integrator, Scopes = Scopes.Parse("system/*.cruds"), NowMicros = nowMicros, SeesAll = true,
    };

    public static AccessContext Integrator(string who, string? client, Scopes scopes, long nowMicros) => new()
    {
        Who = who, Client = client, Role = Role.Integrator, Scopes = scopes, NowMicros = nowMicros, SeesAll = true,
    };
}
