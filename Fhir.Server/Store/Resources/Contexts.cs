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
}
