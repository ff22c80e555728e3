using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Json;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Resources;

namespace Fhir.Messaging.Threads;

/// <summary>The thread that an operation is called on, as the caller sees it.</summary>
public sealed record ThreadOfCall(ResourceVersion Version, Element Header, ThreadRow Row)
{
    public ResourceKey Key => Version.Key;

    public static async Task<Result<ThreadOfCall>> FindAsync(string id, AccessContext sees, ResourceStore store, TenantDatabase database, CancellationToken stop)
    {
        if ((await store.ReadAsync(new("Communication", id), sees, stop)).Failed(out var issue, out var version)) return issue;
        await using var session = await database.ReadAsync(snapshot: false, stop);
        if (await ThreadRows.FindAsync(session, version.Rid, stop) is not { } row) return new Issue(IssueKind.NotFound, "This Communication is not a thread.");
        return JsonReader.Read(version.Body, DefinitionSet.R4).Failed(out issue, out var header) ? issue : new ThreadOfCall(version, header, row);
    }

    /// <summary>The same for one who takes part in it now.</summary>
    public static async Task<Result<ThreadOfCall>> OfParticipantAsync(string id, AccessContext sees, ResourceStore store, TenantDatabase database, CancellationToken stop)
    {
        if ((await FindAsync(id, sees, store, database, stop)).Failed(out var issue, out var thread)) return issue;
        await using var session = await database.ReadAsync(snapshot: false, stop);
        return await ThreadRows.ActiveAsync(session, thread.Row.Thread, sees.ActorRid, sees.NowMicros, stop) is null
            ? new Issue(IssueKind.Forbidden, "Only who takes part in the thread may do this.")
            : thread;
    }
}
