using System.Collections.Frozen;
using Fhir.Server.Store.Database;

namespace Fhir.Server.Store.Access;

// The grounds of RoleTable as conditions on a row kept for patients. Each stands alone: what one does not give, another may.
public sealed partial record AccessContext
{
    // A care relation, and broken glass, open what is at most restricted: the very restricted stays with those who keep it.
    private const int MostInCare = 1;

    private static readonly FrozenSet<string> Letters = FrozenSet.ToFrozenSet(["Binary", "Bundle", "Composition", "DiagnosticReport", "DocumentReference", "Media"], StringComparer.Ordinal);
    private static readonly FrozenSet<string> Patients = FrozenSet.ToFrozenSet(["Patient"], StringComparer.Ordinal);
    private static readonly FrozenSet<string> Consents = FrozenSet.ToFrozenSet(["Consent"], StringComparer.Ordinal);
    private static readonly FrozenSet<string> Notices = FrozenSet.ToFrozenSet(["Communication"], StringComparer.Ordinal);

    /// <summary>The rows that an index finds by their type.</summary>
    private IReadOnlyList<Sql> ByHome(RowAlias row) => Some(
        OrganizationRid != 0 && Role.StandsOn(Ground.Practice) ? OfMyPractice(row) : Sql.False,
        OrganizationRid != 0 && (Role.Can(Ability.RecordsConsent) || (Role.Can(Ability.ActsOnBehalf) && OnBehalfOfRid != 0)) ? OfPatientsOfMyPractice(row) : Sql.False,
        Role.StandsOn(Ground.Reviews) ? All(Sql.Raw($"{row.Alias}.confined = 2"), Cleared(row, Role.Clearance)) : Sql.False);

    /// <summary>The rows that an index finds by their patient or thread.</summary>
    private IReadOnlyList<Sql> ByRelation(RowAlias row) => Some(
    [
        ActorRid != 0 && Role.StandsOn(Ground.Care) ? InMyCare(row) : Sql.False,
        .. ActorRid != 0 && Role.StandsOn(Ground.Threads) ? InMyThreads(row) : [],
        OrganizationRid != 0 && Role.StandsOn(Ground.PracticeThreads) ? InThreadsOfMyPractice(row) : Sql.False,
        ActorRid != 0 && !Glass.IsDefaultOrEmpty && Role.Can(Ability.BreaksGlass) ? BehindGlass(row) : Sql.False,
        !Selves.IsDefaultOrEmpty && Role.StandsOn(Ground.Self) ? MyOwn(row) : Sql.False,
    ]);

    private static IReadOnlyList<Sql> Some(params IReadOnlyList<Sql> ways) => [.. ways.Where(way => !ReferenceEquals(way, Sql.False))];

    // A denial of everyone does not shut out the practice that keeps the record; one that names her does.
    private Sql OfMyPractice(RowAlias row)
    {
        var confined = Sql.Raw(Role.Kind == RoleKind.System ? $"{row.Alias}.confined < 2" : $"{row.Alias}.confined <= 0");
        return All(Sql.Of($"{row.Sql}.home = {Named(OrganizationRid)}"), confined, Cleared(row, Role.Clearance), NotDenied(row, Myself));
    }

    // Who keeps a patient's record sees every consent that narrows it or opens it, whoever recorded it.
    private Sql OfPatientsOfMyPractice(RowAlias row) => All(
        row.IsOneOf(Consents),
        Sql.Raw($"{row.Alias}.confined = 0"),
        Cleared(row, Role.Clearance),
        Sql.Of($"{row.Sql}.patient in (select k.rid from res k where k.home = {Named(OrganizationRid)} and k.typ = {AccessTable.Named("Patient")})"),
        NotDenied(row, Myself));

    private Sql InMyCare(RowAlias row) => All(
        Role.CareTypes is { } types ? row.IsOneOf(types) : Sql.True,
        Sql.Raw($"{row.Alias}.confined = 0"),
        Cleared(row, Math.Min(Role.Clearance, MostInCare)),
        Sql.Of($"{row.Sql}.patient in (select patient from care where {ActorIn(Myself)} and {InForce})"),
        NotDenied(row, [0, .. Myself, OrganizationRid]));

    /// <summary>The condition that no patient of the row denies it to her as one who cares elsewhere.</summary>
    public Sql NotDeniedInCare(string alias, string type) => NotDenied(new(alias, type), [0, .. Myself, OrganizationRid]);

    // The thread itself and what stands in it; of what stands outside only its patient. Who sent it chose who is there: no label counts.
    private IReadOnlyList<Sql> InMyThreads(RowAlias row)
    {
        var mine = NotDenied(row, []);   // what is denied to herself ended her part in it
        var patients = Sql.Of($"select patient from participant where {ActorIn(Participants)} and {InForce}");
        return [.. Participants.SelectMany(actor => InThreadsOf(actor, row, mine)), All(row.IsOneOf(Patients), mine, Sql.Of($"{row.Sql}.rid in ({patients})"))];
    }

    // What was written while she was out stays unseen to her when she is let in again.
    private IEnumerable<Sql> InThreadsOf(long actor, RowAlias row, Sql mine)
    {
        var active = Sql.Of($"select thread from participant where actor = {Named(actor)} and {InForce}");
        var open = All(Sql.Raw($"{row.Alias}.confined < 2"), mine);
        var missed = Sql.Of($"not exists (select 1 from missed where actor = {Named(actor)} and missed.rid = {row.Sql}.rid)");
        var isLetter = row.IsOneOf(Letters);
        yield return All(open, Not(isLetter), Sql.Of($"{row.Sql}.thread in ({active})"), missed);
        yield return All(open, isLetter, Sql.Of($"{row.Sql}.thread in ({active} and letters_until > {Now})"), missed);
    }

    private Sql InThreadsOfMyPractice(RowAlias row) => All(
        Sql.Raw($"{row.Alias}.confined < 2"),
        Cleared(row, Role.Clearance),
        Sql.Of($"{row.Sql}.thread in (select thread from participant where org = {Named(OrganizationRid)} and owner = 1)"),
        NotDenied(row, Myself));

    // Denials do not count: that is what the glass is broken for. Of what this node does not know of yet the log could not be told.
    private Sql BehindGlass(RowAlias row) => All(
        Sql.Raw($"{row.Alias}.confined = 0"),
        Cleared(row, Math.Min(Role.Clearance, MostInCare)),
        Sql.Of($"{row.Sql}.patient in (select patient from glass where actor = {Named(ActorRid)} and {InForce} and {Sql.In("patient", [.. Glass.Select(glass => glass.Patient)])})"));

    // What clinicians write to each other is not shown, nor a review; the notice to the patient is.
    private Sql MyOwn(RowAlias row) => All(
        Sql.Of($"{row.Sql}.patient in ({Numbers(Selves)})"),
        Sql.Any(Some(Sql.Raw($"{row.Alias}.confined = 0"), All(Sql.Raw($"{row.Alias}.confined = 2"), row.IsOneOf(Notices)))),
        Cleared(row, Role.Clearance));

    private static Sql Cleared(RowAlias row, int most) => most >= 2 ? Sql.True : Sql.Of($"{row.Sql}.label <= {most}");

    /// <summary>
    /// None of its patients denies it to these actors (0 = everyone). First whether anything is denied to them at all: one look for
    /// all rows, and the last one as a rule.
    /// </summary>
    private Sql NotDenied(RowAlias row, IReadOnlyList<long> actors)
    {
        actors = [.. actors, .. Principal];   // what is denied to the one for whom she acts is denied to her
        if (actors.Count == 0) return Sql.True;
        var patient = Sql.Of($"{row.Sql}.patient");
        var oneOfSeveral = Sql.Of($"exists (select 1 from res_patient m where m.rid = {row.Sql}.rid and {Denies(Sql.Raw("m.patient"), row, actors)})");
        return Sql.Of(
            $"(not exists (select 1 from denial where {ActorIn(actors)}) or (not {Denies(patient, row, actors)} and ({patient} is null or {patient} <> -1 or not {oneOfSeveral})))");
    }

    // He denies the type or all types, and the same source does not except these actors for it.
    private Sql Denies(Sql patient, RowAlias row, IReadOnlyList<long> actors)
    {
        var typ = row.Type is { } type ? AccessTable.Named(type) : Sql.Raw($"{row.Alias}.typ");
        Sql Meant(string d, int exempt) => Sql.Of(
            $"{Sql.Raw(d)}.exempt = {exempt} and {Sql.Raw(d)}.{ActorIn(actors)} and {Sql.Raw(d)}.typ in (-1, {typ}) and {Sql.Raw(d)}.from_at <= {Now} and {Sql.Raw(d)}.until_at > {Now}");
        return Sql.Of(
            $"exists (select 1 from denial d where d.patient = {patient} and {Meant("d", 0)} and not exists (select 1 from denial e where e.patient = d.patient and e.source = d.source and {Meant("e", 1)}))");
    }

    private IReadOnlyList<long> Myself => NotZero(ActorRid, PractitionerRid);
    // In that one's role, and as a person.
    private IReadOnlyList<long> Principal => NotZero(OnBehalfOfRid, OnBehalfOfPractitionerRid);
    // An assistant reads along with the one for whom she acts.
    private IReadOnlyList<long> Participants => NotZero(ActorRid, ReadsAlong && Role.Can(Ability.ActsOnBehalf) ? OnBehalfOfRid : 0);
    private Sql InForce => Sql.Of($"from_at <= {Now} and until_at > {Now}");

    private static IReadOnlyList<long> NotZero(params IReadOnlyList<long> rids) => [.. rids.Where(rid => rid != 0)];
    private Sql ActorIn(IReadOnlyList<long> actors) => actors.Count == 0 ? Sql.False : Sql.Of($"actor in ({Numbers(actors)})");
    private Sql Numbers(IReadOnlyList<long> rids) => Sql.Join(", ", rids.Select(Named));

    // Named by whose rid it is, so that the text of a statement tells nothing of who asks and is the same for all who ask alike.
    private Sql Named(long rid) =>
        rid == 0 ? Sql.Raw("0") : rid == ActorRid ? Sql.Named("actor", rid) : rid == PractitionerRid ? Sql.Named("practitioner", rid)
        : rid == OrganizationRid ? Sql.Named("organization", rid) : Sql.Of($"{rid}");

    private const string Moment = "now";
    private Sql Now => Sql.Named(Moment, NowMicros);
    private static Sql Not(Sql condition) => ReferenceEquals(condition, Sql.True) ? Sql.False : ReferenceEquals(condition, Sql.False) ? Sql.True : Sql.Of($"not ({condition})");
}
