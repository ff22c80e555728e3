using System.Collections.Immutable;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;

namespace Fhir.Server.Api.Bulk;

/// <summary>What an export is about: everything, all patients, or those of a Group — https://hl7.org/fhir/uv/bulkdata/export.html#endpoints</summary>
internal sealed record ExportScope
{
    private static readonly ImmutableArray<long> InCompartment = [.. AccessTable.Types.Where(type => DefinitionSet.R4.PatientCompartment(type).Count > 0).Select(type => (long)AccessTable.Number(type))];

    public static readonly ExportScope System = new();
    public static readonly ExportScope Patients = new() { OfPatients = true };

    public bool OfPatients { get; private init; }
    /// <summary>The rids of the Group's members; null = of all patients.</summary>
    public IReadOnlyList<long>? Members { get; private init; }
    /// <summary>For the log: the rids of the Group, and of the patients that were asked for by name.</summary>
    public IReadOnlyList<long> Named { get; private init; } = [];

    public static ExportScope Of(long group, IReadOnlyList<long> members) => new() { OfPatients = true, Named = [group], Members = members };

    /// <summary>Of these patients only.</summary>
    public ExportScope Only(IReadOnlyList<long> patients) => this with { Members = patients, Named = [.. Named, .. patients] };

    /// <summary>May resources of this type be in it at all?</summary>
    public bool Holds(string type) => !OfPatients || InCompartment.Contains(AccessTable.Number(type));

    /// <summary>The condition on a row <c>r</c>. Without members nothing is in it.</summary>
    public Sql Condition => !OfPatients ? Sql.True : Sql.All([Sql.In("r.typ", InCompartment), Members is null ? Sql.Raw("r.patient is not null") : OfMembers(Members)]);

    private static Sql OfMembers(IReadOnlyList<long> members) => members.Count == 0 ? Sql.False
        : Sql.Of($"({Sql.In("r.patient", members)} or (r.patient = -1 and exists (select 1 from res_patient m where m.rid = r.rid and {Sql.In("m.patient", members)})))");
}
