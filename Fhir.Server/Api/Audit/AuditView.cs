using Fhir.Server.Api.Identity;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Packages;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Resources;

namespace Fhir.Server.Api.Audit;

/// <summary>All that is needed to tell some lines as AuditEvents. SeenBy = the patient who reads her own log: of others she sees nothing; null = an officer.</summary>
public sealed record AuditView(AuditFacts Facts, LogSight Sight, AuditNames Names, TokenNames Server, AuditIds Ids, long? SeenBy)
{
    public string IdOf(AuditLine line) => SeenBy is null ? line.EventId : Ids.Of(line);

    /// <summary>The patients of a line whom the reader may see named. What stands in a patient's log concerns her, and tells of nobody else.</summary>
    public IReadOnlyList<long> PatientsOf(AuditLine line) => SeenBy is { } self ? [self] : [.. Facts.PatientsOf(line)];

    /// <summary>May the reader see this resource named?</summary>
    public bool Shows(long rid) => SeenBy is not { } self || (Facts.KeyOf(rid) is not null && Sight.Sees(rid) && (Facts.PatientsOf(rid) is { IsEmpty: true } || Facts.PatientsOf(rid).Contains(self)));
}

/// <summary>Gathers what lines need to be told.</summary>
public sealed class AuditViews(TenantDatabase database, ResourceStore store, Conformance conformance, TokenNames server, AuditIds ids, TimeProvider clock)
{
    private readonly RoleWords _words = RoleWords.In(conformance);

    public async Task<AuditView> OfAsync(IReadOnlyCollection<AuditLine> lines, long? seenBy, AccessContext? reader, CancellationToken stop)
    {
        var facts = await AuditFacts.OfAsync(lines, database, stop);
        var sight = await LogSight.OfAsync(lines, facts, reader, database, stop);
        var names = await AuditNames.OfAsync(lines, store, AccessContext.House("audit", Micros.Of(clock.GetUtcNow())), _words, stop);
        return new(facts, sight, names, server, ids, seenBy);
    }
}
