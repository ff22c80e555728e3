using System.Collections.Concurrent;
using Fhir.Server.Store.Database;

namespace Fhir.Server.Store.Access;

/// <summary>
/// The conditions and statements of one caller, made once: making them costs more than running them. What is kept serves only who differs
/// from her in nothing but the moment and the request, which is compared at each use.
/// </summary>
internal sealed class KeptSql
{
    private readonly ConcurrentDictionary<(string What, string? Type, Permission Doing), Sql> _made = new();
    private AccessContext? _for;

    /// <summary>The same caller, with a place to keep hers in.</summary>
    public static AccessContext Of(AccessContext caller)
    {
        var kept = new KeptSql();
        return kept._for = caller with { Kept = kept };
    }

    /// <summary>Null when it was kept for somebody else.</summary>
    public Sql? Find(AccessContext asks, (string What, string? Type, Permission Doing) of, Func<Sql> make)
    {
        // Roles are equal by their code, which one from which something was taken has too.
        if (_for is not { } caller || !ReferenceEquals(asks.Role, caller.Role) || asks with { NowMicros = caller.NowMicros, Request = caller.Request, Network = caller.Network } != caller) return null;
        return _made.TryGetValue(of, out var found) ? found : _made[of] = make();
    }
}
