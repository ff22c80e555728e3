using System.Collections.Immutable;
using Fhir.Server.Store.Database;

namespace Fhir.Server.Store.Access;

// What the token's scopes cover — https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html. They only pass on rights that
// the role has: every condition here is joined by AND to those of AccessSql.cs.
public sealed partial record AccessContext
{
    private static readonly ImmutableArray<long> Public = [.. AccessTable.NumbersReadBy(Keeper.Directory), .. AccessTable.NumbersReadBy(Keeper.Definition)];

    /// <summary>
    /// The condition that a row of <c>res</c> or <c>res_hist</c> under that alias may be seen. It stands on every alias of every query.
    /// Type null = rows of all types. <paramref name="doing"/>: what the caller needs a scope for; of several any will do (what an _include
    /// brings is read or searched for); None = scopes are not asked, because nothing of the row leaves.
    /// </summary>
    public Sql Sees(string alias, string? type, Permission doing = Permission.Read) =>
        Kept?.Find(this, (alias, type, doing), () => SeesNow(alias, type, doing).Joined())?.With(Moment, NowMicros) ?? SeesNow(alias, type, doing);

    /// <summary>A statement about rows of one type that is the same for this caller but for the moment and what she names; it may not know of either otherwise.</summary>
    internal Sql Statement(string what, string type, Func<Sql> make) =>
        (Kept?.Find(this, (what, type, Permission.None), () => make().WrittenOut()) ?? make()).With(Moment, NowMicros);

    private Sql SeesNow(string alias, string? type, Permission doing)
    {
        var granted = doing == Permission.None ? Unasked(alias, type) : Granted(alias, type, doing);
        if (ReferenceEquals(granted, Sql.False)) return granted;
        var reached = Reaches(alias, type);
        return ReferenceEquals(granted, Sql.True) ? reached : ReferenceEquals(reached, Sql.True) ? granted : Sql.All([granted, reached]);
    }

    /// <summary>True when some scope covers each of these permissions on that type (null = on all types), if perhaps not on all rows.</summary>
    public bool Allows(string? type, Permission needs) => Covered(type, _ => true, needs);

    /// <summary>True when scopes cover each of these permissions on every row of the type (null = of all types) that the role sees.</summary>
    public bool AllowsWhole(string? type, Permission needs) => Covered(type, IsWhole, needs);

    /// <summary>May a resource of this content be written, or have been? Patient is the access key of the row (-1 = several), tokens its rows of ix_tok.</summary>
    public bool Covers(string type, Permission doing, long patient, IReadOnlySet<(int P, long V)> tokens) =>
        Grants(type, doing).Any(g => (g.Context != ScopeContext.Patient || BoundTo.Contains(patient)) && g.Only.All(only => only.IsFulfilledBy(tokens)));

    /// <summary>Whom patient/ scopes are bound to: the patient in context, else oneself or those one speaks for; nobody = they give nothing.</summary>
    private ImmutableArray<long> BoundTo => PatientContextRid != 0 ? [PatientContextRid] : Selves;

    // A filter that was not made out gives nothing.
    private bool Counts(Grant grant) => grant.Only.All(only => !only.AnyOf.IsEmpty) && grant.Context switch
    {
        ScopeContext.User => Role.Kind != RoleKind.System,
        ScopeContext.System => Role.Kind == RoleKind.System,
        ScopeContext.Patient => !BoundTo.IsDefaultOrEmpty,
    };

    private static bool IsWhole(Grant grant) => grant.Context != ScopeContext.Patient && grant.Only.IsEmpty;

    private IEnumerable<Grant> Grants(string? type, Permission doing) =>
        Scopes.Grants.Where(g => (g.Permissions & doing) != Permission.None && (type is null ? g.Type == "*" : g.IsFor(type)) && Counts(g));

    private bool Covered(string? type, Func<Grant, bool> which, Permission needs) =>
        Grants(type, needs).Where(which).Aggregate(Permission.None, (all, g) => all | g.Permissions) is var got && (got & needs) == needs;

    private Sql Granted(string alias, string? type, Permission doing)
    {
        if (Grants(type, doing).Any(IsWhole)) return Sql.True;
        if (type is not null) return Sql.Any(Grants(type, doing).Select(g => Rows(g, alias, type)));
        var byType = Scopes.Grants.Where(g => (g.Permissions & doing) != Permission.None && Counts(g));
        return Sql.Any(byType.Select(g => g.Type == "*" ? Rows(g, alias, null) : Sql.All([Sql.Of($"{Sql.Raw(alias)}.typ = {AccessTable.Number(g.Type)}"), Rows(g, alias, g.Type)])));
    }

    // What an app has for one patient only, as far as this type goes, tells it nothing of others, not even that they are here.
    private Sql Unasked(string alias, string? type)
    {
        var counting = Scopes.Grants.Where(Counts).ToList();
        if (BoundTo.IsDefaultOrEmpty || counting.TrueForAll(g => g.Context != ScopeContext.Patient)) return Sql.True;
        if (counting.Exists(g => g.Context != ScopeContext.Patient && (type is null ? g.Type == "*" : g.IsFor(type)))) return Sql.True;
        return Sql.Of($"({Sql.Raw(alias)}.patient is null or {Sql.In($"{alias}.patient", BoundTo)})");
    }

    private Sql Rows(Grant grant, string alias, string? type)
    {
        var row = Sql.Raw(alias);
        var conditions = grant.Only.Select(only => Fulfils(only, row));
        if (grant.Context == ScopeContext.Patient) conditions = conditions.Prepend(OfPatient(grant, alias, type));
        if (!grant.Only.IsEmpty) conditions = conditions.Prepend(IsCurrent(row));
        return Sql.All(conditions);
    }

    // Directory and definitions concern no patient, and everyone who is signed in reads them: a patient's app too.
    private Sql OfPatient(Grant grant, string alias, string? type)
    {
        var ofPatient = Sql.In($"{alias}.patient", BoundTo);
        if ((grant.Permissions & (Permission.Read | Permission.Search)) == Permission.None) return ofPatient;
        return type is null ? Sql.Any([ofPatient, Sql.In($"{alias}.typ", Public)])
            : Public.Contains(AccessTable.Number(type)) ? Sql.True : ofPatient;
    }

    // The index knows current versions only, and what an older one said cannot be told from it: a granular scope shows neither
    // superseded versions nor deletes.
    private static Sql IsCurrent(Sql row) => Sql.Of($"exists (select 1 from res cur where cur.rid = {row}.rid and cur.ver = {row}.ver and cur.live = 1)");

    private static Sql Fulfils(ScopeFilter only, Sql row) =>
        Sql.Any(only.AnyOf.Select(one => Sql.Of($"exists (select 1 from ix_tok tok where tok.p = {one.P} and tok.v = {one.V} and tok.rid = {row}.rid)")));
}
