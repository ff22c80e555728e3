using Fhir.Server.Store.Database;

namespace Fhir.Server.Store.Access;

public sealed partial record AccessContext
{
    private static readonly long PatientNumber = AccessTable.Number("Patient");
    // What a company doctor knows of a patient (house.md 15) is also all that she may search a patient by.
    private static readonly HashSet<string> OpenPatientParameters = new(StringComparer.Ordinal) { "_id", "_lastUpdated", "name", "family", "given", "birthdate", "gender" };

    // What the role and its grounds reach; with the scopes it becomes Sees (ScopeSql.cs).
    private Sql Reaches(string alias, string? type)
    {
        if (SeesAll) return Sql.True;
        if (type is not null) return SeesKept(AccessTable.ReadBy(type), alias, string.Equals(type, "Patient", StringComparison.Ordinal) ? Sql.True : Sql.False);
        var isPatient = Sql.Of($"{Sql.Raw(alias)}.typ = {PatientNumber}");
        return Sql.Any(Enum.GetValues<Keeper>()
            .Where(keeper => AccessTable.NumbersReadBy(keeper).Count > 0)
            .Select(keeper => Sql.Of($"({Sql.In($"{alias}.typ", AccessTable.NumbersReadBy(keeper))} and {SeesKept(keeper, alias, isPatient)})")));
    }

    /// <summary>
    /// The ways to see a row of that type, one by one, so that a query can start from the few rows of a caller who sees few; null
    /// when there are no such ways. The plus keeps SQLite from reading all rows of the type instead of the few of the thread.
    /// </summary>
    public IReadOnlyList<Sql>? Ways(string alias, string type)
    {
        if (SeesAll || AccessTable.ReadBy(type) is not (Keeper.Patient or Keeper.Message or Keeper.Policy)) return null;
        var (row, typ) = (Sql.Raw(alias), AccessTable.Number(type));
        var isPatient = string.Equals(type, "Patient", StringComparison.Ordinal) ? Sql.True : Sql.False;
        return [.. ByHome(row).Select(way => Sql.Of($"{row}.typ = {typ} and {way}")), .. ByRelation(row, isPatient).Select(way => Sql.Of($"+{row}.typ = {typ} and {way}"))];
    }

    /// <summary>False: a search by this parameter finds nothing for this caller, because its values are hidden from her.</summary>
    public bool MaySearchBy(string type, string parameter) =>
        !(Role == Role.CompanyDoctor && !SeesAll && string.Equals(type, "Patient", StringComparison.Ordinal)) || OpenPatientParameters.Contains(parameter);

    private Sql SeesKept(Keeper keeper, string alias, Sql isPatient) => keeper switch
    {
        Keeper.Directory or Keeper.Definition => Sql.True,
        Keeper.Own => SeesOwn(alias),
        Keeper.Patient or Keeper.Message or Keeper.Policy => SeesRecord(Sql.Raw(alias), isPatient),
        Keeper.Nobody or Keeper.Audit => Sql.False,
    };

    private Sql SeesOwn(string alias) =>
        OrganizationRid == 0 ? Sql.False : Sql.Of($"{Sql.Raw(alias)}.home = {OrganizationRid}");

    private Sql SeesRecord(Sql row, Sql isPatient) => Sql.Any([.. ByHome(row), .. ByRelation(row, isPatient)]);

    private IReadOnlyList<Sql> ByHome(Sql row) =>
        !Role.StandsOn(Ground.Practice) ? [] : [Role.Kind == RoleKind.System ? OfMyPractice(row) : OwnRecord(row)];

    private IReadOnlyList<Sql> ByRelation(Sql row, Sql isPatient) =>
    [
        .. Role.StandsOn(Ground.Care) ? [Cared(row)] : Array.Empty<Sql>(),
        .. Role.StandsOn(Ground.Threads) ? InMyThreads(row, isPatient) : [],
        .. Role.StandsOn(Ground.PracticeThreads) ? [InThreadsOfMyPractice(row)] : Array.Empty<Sql>(),
    ];

    private Sql OwnRecord(Sql row) => OrganizationRid == 0 ? Sql.False : Sql.Of($"({row}.home = {OrganizationRid} and {row}.confined = 0)");

    private Sql Cared(Sql row) => ActorRid == 0 ? Sql.False : Sql.Of(
        $"({row}.confined = 0 and {row}.patient in (select patient from care where actor = {ActorRid} and from_at <= {NowMicros} and until_at > {NowMicros}))");

    // The thread itself and what stands in it; of what stands outside only its patient.
    private IReadOnlyList<Sql> InMyThreads(Sql row, Sql isPatient)
    {
        if (ActorRid == 0) return [];
        var inThread = Sql.Of($"{row}.thread in (select thread from participant where {Active()})");
        return ReferenceEquals(isPatient, Sql.False) ? [inThread] : [inThread, Sql.Of($"({isPatient} and {row}.rid in (select patient from participant where {Active()}))")];
    }

    private Sql Active() => Sql.Of($"actor = {ActorRid} and from_at <= {NowMicros} and until_at > {NowMicros}");

    private Sql OfMyPractice(Sql row) => OrganizationRid == 0 ? Sql.False : Sql.Of($"{row}.home = {OrganizationRid}");

    private Sql InThreadsOfMyPractice(Sql row) => OrganizationRid == 0 ? Sql.False : Sql.Of(
        $"{row}.thread in (select thread from participant where org = {OrganizationRid} and owner = 1)");
}
