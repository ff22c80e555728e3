using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Database;

namespace Fhir.Server.Store.Search.Types;

/// <summary>One searched value: which index table answers for it, and which of its rows. A row stands there under the alias <c>i</c>; that it belongs to the parameter is asked beside it.</summary>
internal abstract record SearchValue(string Table)
{
    /// <summary>The condition on a row.</summary>
    public abstract Sql Where(SearchParameter parameter, Lookup lookup);

    /// <summary>The hash that column v must have, where that is the whole condition: several of these become one list.</summary>
    public virtual long? Point(Lookup lookup) => null;

    /// <summary>True when all its rows stand together in the order of rid, each resource once.</summary>
    public virtual bool IsPoint => false;
}

/// <summary>What values need to find their rows.</summary>
internal sealed record Lookup(SearchCatalog Catalog, ServerBases Bases, long NowMicros)
{
    public KeyedHash Hash => Catalog.Hash;
}
