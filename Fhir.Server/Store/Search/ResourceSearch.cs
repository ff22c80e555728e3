using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;

namespace Fhir.Server.Store.Search;

/// <summary>Finds resources: a parsed query, compiled with the caller's view into SQL.</summary>
public sealed partial class ResourceSearch
{
    /// <summary>The rids that criteria match in the caller's view, at most <paramref name="limit"/>: for conditional writes, inside the commit.</summary>
    public partial ValueTask<Result<List<long>>> MatchAsync(Session session, SearchQuery criteria, AccessContext sees, int limit, CancellationToken stop);
}

public sealed partial class ResourceSearch
{
    public partial ValueTask<Result<List<long>>> MatchAsync(Session session, SearchQuery criteria, AccessContext sees, int limit, CancellationToken stop) =>
        throw new NotSupportedException();
}
