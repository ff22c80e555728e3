using Fhir.Server.Api.Identity;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Audit;
using Fhir.Server.Store.Database;

namespace Fhir.Server.Api.Audit;

/// <summary>What is asked of the log; what is not asked is open.</summary>
public sealed record AuditQuestion
{
    public long FromMicros { get; init; } = long.MinValue;
    public long UntilMicros { get; init; } = long.MaxValue;
    /// <summary>A reference or name: of who did it, the role or organisation she did it in, or for whom.</summary>
    public string? Agent { get; init; }
    public string? Role { get; init; }
    public string? TokenId { get; init; }
    public IReadOnlyList<AuditAct>? Acts { get; init; }
    /// <summary>The name of an operation.</summary>
    public string? Operation { get; init; }
    /// <summary>Lowest and highest status.</summary>
    public (int From, int To)? Status { get; init; }
    public long? Type { get; init; }
    /// <summary>A resource that it was about, or that left with the answer; and its rid, 0 when there is none.</summary>
    public (ResourceKey Key, long Rid)? Entity { get; init; }
    /// <summary>The rid of a patient whom it concerned; 0 = one that does not exist.</summary>
    public long? Patient { get; init; }
    /// <summary>The patient, or who speaks for her, who reads; null = who may read all of it.</summary>
    public AccessContext? Reader { get; init; }
    /// <summary>Only what was done with broken glass.</summary>
    public bool BrokenGlass { get; init; }

    /// <summary>The conditions on the rows of a stream that are known by their columns.</summary>
    public Sql Where(bool isWrite) => Sql.All(Conditions(isWrite));

    private IEnumerable<Sql> Conditions(bool isWrite)
    {
        yield return Sql.Of($"at >= {FromMicros} and at < {UntilMicros}");
        if (Agent is { } agent) yield return Sql.Of($"(who = {agent} or practitioner_role = {agent} or organization = {agent} or on_behalf_of = {agent})");
        if (Role is { } role) yield return Sql.Of($"role = {role}");
        if (TokenId is { } token) yield return Sql.Of($"jti = {token}");
        if (Acts is { } acts) yield return Sql.In("act", [.. acts.Select(a => (long)a)]);
        if (Type is { } type) yield return Sql.Of($"typ = {type}");
        if (Operation is { } name) yield return isWrite ? Sql.False : Sql.Of($"(query = {"$" + name} or (query > {"$" + name + "?"} and query < {"$" + name + "@"}))");   // '@' follows '?'
        if (BrokenGlass) yield return Sql.Of($"(flags & {AuditTables.BrokenGlass}) <> 0");
        if (Status is var (lowest, highest))
            yield return !isWrite ? Sql.Of($"outcome >= {lowest} and outcome <= {highest}") : lowest < 400 ? Sql.True : Sql.False;   // what was written went well
    }
}
