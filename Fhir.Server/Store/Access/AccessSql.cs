using Fhir.Server.Store.Database;

namespace Fhir.Server.Store.Access;

public sealed partial record AccessContext
{
    // What a company doctor knows of a patient (house.md 15) is also all that she may search a patient by.
    private static readonly HashSet<string> OpenPatientParameters = new(StringComparer.Ordinal) { "_id", "_lastUpdated", "name", "family", "given", "birthdate", "gender" };

    // What the role and its grounds reach; with the scopes it becomes Sees (ScopeSql.cs).
    private Sql Reaches(string alias, string? type)
    {
        if (SeesAll) return Sql.True;
        var row = new RowAlias(alias, type);
        if (type is not null) return SeesKept(AccessTable.ReadBy(type), row);
        return Sql.Any(Enum.GetValues<Keeper>()
            .Where(keeper => AccessTable.NumbersReadBy(keeper).Count > 0)
            .Select(keeper => Sql.Of($"({Sql.In($"{alias}.typ", AccessTable.NumbersReadBy(keeper))} and {SeesKept(keeper, row)})")));
    }

    /// <summary>
    /// The ways to see a row of that type, one by one: together they are <see cref="Sees"/> of the type. So a query can start from the few
    /// rows of a caller who sees few. Null when there are no such ways.
    /// </summary>
    internal IReadOnlyList<Way>? Ways(string alias, string type, Permission doing)
    {
        if (SeesAll || AccessTable.ReadBy(type) is not (Keeper.Patient or Keeper.Message or Keeper.Policy)) return null;
        var (row, granted) = (new RowAlias(alias, type), Granted(alias, type, doing));
        Way Of(Sql way, bool isLong) => new(Sql.Of($"{Sql.Raw(isLong ? "" : "+")}{row.Sql}.typ = {AccessTable.Named(type)} and {Sql.All([way, granted])}"), isLong);
        var nothing = new Way(Sql.False, IsLong: false);
        if (ReferenceEquals(granted, Sql.False)) return [nothing];
        return [.. ByHome(row).Select(way => Of(way, isLong: true)).Concat(ByRelation(row).Select(way => Of(way, isLong: false))).DefaultIfEmpty(nothing)];
    }

    /// <summary>False: a search by this parameter finds nothing for this caller, because its values are hidden from her.</summary>
    public bool MaySearchBy(string type, string parameter) =>
        !(Role == Role.CompanyDoctor && !SeesAll && string.Equals(type, "Patient", StringComparison.Ordinal)) || OpenPatientParameters.Contains(parameter);

    private Sql SeesKept(Keeper keeper, RowAlias row) => keeper switch
    {
        Keeper.Directory or Keeper.Definition => Sql.True,
        Keeper.Own => SeesOwn(row),
        Keeper.Patient or Keeper.Message or Keeper.Policy => Sql.Any([.. ByHome(row), .. ByRelation(row)]),
        Keeper.Nobody or Keeper.Audit => Sql.False,
    };

    // Who does not stand on the practice's ground has none of its content, whatever organisation pays her; who keeps the directory sees what she keeps of it.
    private Sql SeesOwn(RowAlias row) => Sql.Any(Some(
        OrganizationRid != 0 && Role.StandsOn(Ground.Practice) ? All(Sql.Of($"{row.Sql}.home = {Named(OrganizationRid)}"), Cleared(row, Role.Clearance), NotDenied(row, Myself)) : Sql.False,
        Role.Writes.Contains(Keeper.Directory) ? row.IsOneOf(AccessTable.OwnOfDirectory) : Sql.False));

    /// <summary>The row that a condition speaks of, and its type when that is known.</summary>
    private readonly record struct RowAlias(string Alias, string? Type)
    {
        public Sql Sql => Sql.Raw(Alias);

        /// <summary>It is of one of those types: true or false when the type is known.</summary>
        public Sql IsOneOf(IReadOnlySet<string> types) => Type is { } type
            ? types.Contains(type) ? Sql.True : Sql.False
            : Sql.In($"{Alias}.typ", [.. types.Select(t => (long)AccessTable.Number(t)).Order()]);
    }

    /// <summary>All conditions, without those that always hold; never true as soon as one never is.</summary>
    private static Sql All(params IReadOnlyList<Sql> conditions) =>
        conditions.Any(c => ReferenceEquals(c, Sql.False)) ? Sql.False : Sql.All(conditions.Where(c => !ReferenceEquals(c, Sql.True)));
}

/// <summary>One way to see rows: the condition on them. A long one has its rows by type in the order they were written; of others there are few.</summary>
internal sealed record Way(Sql Rows, bool IsLong);
