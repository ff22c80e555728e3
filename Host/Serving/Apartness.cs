using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Database;
using Microsoft.IdentityModel.Tokens;

namespace Host.Serving;

/// <summary>That no tenant of this process can reach another: proven with their own keys and connections before anything is served.</summary>
internal static class Apartness
{
    /// <summary>The first way from one tenant to another, as the one sentence that stops the start; null when there is none.</summary>
    public static async Task<Issue?> BrokenAsync(IReadOnlyList<OpenHouse> houses, CancellationToken stop)
    {
        if (houses[0].Settings.Tenant is null) return null;
        foreach (var (at, one) in houses.Index())
            foreach (var other in houses.Skip(at + 1))
                if (SameKeys(one, other) is { } shared) return shared;
        return await ByRolesAsync(houses, stop);
    }

    // Whatever the settings call it: one database, or a copy of it, has one seal; its tokens would be good at both.
    private static Issue? SameKeys(OpenHouse one, OpenHouse other)
    {
        if (one.Record.Seal.IsSameAs(other.Record.Seal)) return Told($"Tenants {NameOf(one)} and {NameOf(other)} use the same database, or one is a copy of the other.");
        return KeyOf(one) == KeyOf(other) ? Told($"Tenants {NameOf(one)} and {NameOf(other)} sign tokens with the same key; remove keys/token-signing.pem from one data folder, and a new one is made.") : null;
    }

    // One name on two servers is two databases; on one server their seals are the same.
    private static async Task<Issue?> ByRolesAsync(IReadOnlyList<OpenHouse> houses, CancellationToken stop)
    {
        foreach (var house in houses)
            foreach (var other in houses)
                if (house.Record.Login is { } login && other.Record.Login is { } to && login.Database != to.Database && await login.ReachesAsync(house.Record.Database, to.Database, stop))
                    return Told($"Tenant {NameOf(house)} could connect to the database of tenant {NameOf(other)}; run: {login.SqlAgainst(to)}");
        return null;
    }

    private static Issue Told(string sentence) => new(IssueKind.Conflict, sentence);

    private static string NameOf(OpenHouse house) => house.Settings.Tenant!;

    private static string KeyOf(OpenHouse house) => house.Services.GetRequiredService<ECDsaSecurityKey>().KeyId;
}
