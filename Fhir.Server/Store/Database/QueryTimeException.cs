using System.Data.Common;

namespace Fhir.Server.Store.Database;

/// <summary>A query was ended because it took longer than <see cref="TenantDatabase.QueryTime"/>; its connection is sound.</summary>
public sealed class QueryTimeException(Exception? ended = null) : DbException("The query took too long, so it was ended.", ended)
{
    public override bool IsTransient => true;
}
