using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Search.Types;

namespace Fhir.Server.Store.Search.Criteria;

/// <summary>One condition of a search on one type; several are joined by AND.</summary>
internal abstract record Criterion(string Code)
{
    /// <summary>The condition on the row of <c>res</c> under the scope's alias.</summary>
    protected abstract Sql Condition(Scope scope);

    /// <summary>A select of exactly the rids that fulfil it (of any type, seen or not), to start from; null when it can only be checked.</summary>
    protected virtual Sql? Select(Scope scope) => null;

    /// <summary>The parameters all of whose rows would be looked at; see <see cref="ScanBound"/>.</summary>
    public virtual IEnumerable<SearchParameter> Scans(Scope scope) => [];

    /// <summary>A select of rids in their order, each once, that has all that fulfil it among others; null when there is none of use.</summary>
    public virtual Sql? Around(Scope scope) => null;

    /// <summary>True when the select comes in the order of rid, each one once.</summary>
    public virtual bool IsOrdered => false;

    // A parameter whose values are hidden from the caller finds nothing, whatever is asked of it: else searching would tell.
    public Sql Holds(Scope scope) => scope.MaySearchBy(Code) is var may && ReferenceEquals(may, Sql.False) ? may : Sql.All([Condition(scope), may]);

    public Sql? Rids(Scope scope) => ReferenceEquals(scope.MaySearchBy(Code), Sql.True) ? Select(scope) : null;
}

/// <summary>The row of <c>res</c> that conditions speak of: its alias, its type (null = any), and who looks.</summary>
internal sealed record Scope(string Alias, string? Type, AccessContext Sees, Lookup Lookup, int Depth = 0)
{
    public Sql Row => Sql.Raw(Alias);

    public SearchParameter Parameter(string code) => Lookup.Catalog.Of(Type ?? "Resource")[code];

    /// <summary>The scope of a resource that is one reference further.</summary>
    public Scope Next(string type) => this with { Alias = $"r{Depth + 1}", Type = type, Depth = Depth + 1 };

    /// <summary>The alias of the index row that leads to it.</summary>
    public Sql Link => Sql.Raw($"l{Depth}");

    /// <summary>It is of the type, current, and the caller may see it and search for it. Stands on every alias.</summary>
    public Sql Seen => SeenWith(Permission.Search);

    /// <summary>The same for what an _include brings: it is not searched for, so the right to read it is as good.</summary>
    public Sql Included => SeenWith(Permission.Read | Permission.Search);

    private Sql SeenWith(Permission doing) => Type is null
        ? Sql.Of($"{Row}.live = 1 and {Sees.Sees(Alias, null, doing)}")
        : Sql.Of($"{Row}.typ = {AccessTable.Number(Type)} and {Row}.live = 1 and {Sees.Sees(Alias, Type, doing)}");

    /// <summary>Sql.True, Sql.False, or for all types together the condition that leaves out those whose values are hidden.</summary>
    public Sql MaySearchBy(string code)
    {
        if (Type is not null) return Sees.MaySearchBy(Type, code) ? Sql.True : Sql.False;
        var hidden = AccessTable.Types.Where(t => !Sees.MaySearchBy(t, code)).Select(t => (long)AccessTable.Number(t)).ToList();
        return hidden.Count == 0 ? Sql.True : Sql.Of($"not ({Sql.In($"{Alias}.typ", hidden)})");
    }
}
