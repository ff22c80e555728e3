using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Database;

namespace Fhir.Server.Store.Search.Types;

/// <summary>One searched value: which index table answers for it, and which of its rows. A row stands there under the alias <c>i</c>; that it belongs to the parameter is asked beside it.</summary>
internal abstract record SearchValue(string Table)
{
    /// <summary>The condition on a row.</summary>
    public abstract Sql Where(SearchParameter parameter, Lookup lookup);

    /// <summary>True when no index finds its rows: all of the parameter are looked at.</summary>
    public virtual bool Scans(SearchParameter parameter) => false;

    /// <summary>A select of its rids, where another table leads to its rows; null = its rows are where the parameter's are.</summary>
    public virtual Sql? Rids(SearchParameter parameter, Lookup lookup) => null;

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
