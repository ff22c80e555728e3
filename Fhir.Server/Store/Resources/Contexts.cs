using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;

namespace Fhir.Server.Store.Resources;

/// <summary>What a Binary's security context is about, it is about — https://hl7.org/fhir/R4/binary.html#security-context</summary>
internal static class Contexts
{
    /// <summary>The patients of a resource: id and rid.</summary>
    public static Sql Patients(ResourceKey context) => Sql.Of(
        $"""
        select p.fid, p.rid from res c join res p on p.rid = c.patient where c.typ = {AccessTable.Number(context.Type)} and c.fid = {context.Id}
        union select p.fid, p.rid from res c join res_patient m on m.rid = c.rid join res p on p.rid = m.patient
        where c.typ = {AccessTable.Number(context.Type)} and c.fid = {context.Id} and c.patient = -1
        """);

    /// <summary>Under this number a file's context stands in <c>ix_ref</c>: R4 has no search parameter for it.</summary>
    public const int Parameter = 0;

    /// <summary>The files of a context get its patient.</summary>
    public static IEnumerable<Sql> Follow(long context, long patient)
    {
        var files = Sql.Of($"select i.rid from ix_ref i where i.p = {Parameter} and i.t = {context}");
        foreach (var table in (string[])["res", "res_hist"])
            yield return Sql.Of($"update {Sql.Raw(table)} set patient = {patient}, confined = {(int)Confinement.Home} where rid in ({files}) and confined in ({(int)Confinement.Home}, {(int)Confinement.None})");
        if (patient == -1)
            yield return Sql.Of($"insert into res_patient(patient, rid) select m.patient, i.rid from res_patient m join ix_ref i on i.p = {Parameter} and i.t = m.rid where m.rid = {context} on conflict do nothing");
    }
}
