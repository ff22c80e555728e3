using System.Collections.Immutable;

namespace Fhir.Server.Store.Access;

/// <summary>What a scope lets one do — https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html#scopes-for-requesting-fhir-resources</summary>
[Flags]
public enum Permission { None = 0, Create = 1, Read = 2, Update = 4, Delete = 8, Search = 16, All = 31 }

/// <summary>Whose access a scope passes on: what concerns one patient, what a person may see, or what a system may.</summary>
public enum ScopeContext { Patient, User, System }

/// <summary>One search condition of a granular scope (<c>category=system|code</c>). AnyOf = the rows of ix_tok that fulfil it; it is filled in where the search parameters are known.</summary>
public sealed record ScopeFilter(string Parameter, string Values)
{
    public ImmutableArray<(int P, long V)> AnyOf { get; init; } = [];

    /// <summary>A filter that nobody could make out fulfils nothing.</summary>
    public bool IsFulfilledBy(IReadOnlySet<(int P, long V)> tokens) => AnyOf.Any(tokens.Contains);
}

/// <summary>One scope, understood. Type * = every type; Only = all that a row must fulfil besides.</summary>
public sealed record Grant(ScopeContext Context, string Type, Permission Permissions)
{
    public ImmutableArray<ScopeFilter> Only { get; init; } = [];

    public bool IsFor(string type) => Type == "*" || string.Equals(Type, type, StringComparison.Ordinal);
}

/// <summary>
/// The scopes of a token, SMART v1 (<c>user/Patient.read</c>) and v2 (<c>user/Patient.rs</c>) alike; they add up. What is undefined,
/// misspelt or out of order gives nothing and widens nothing; openid, fhirUser, launch and the like say nothing about rows.
/// </summary>
public sealed class Scopes
{
    public static readonly Scopes None = new([]);

    private Scopes(ImmutableArray<Grant> grants) => Grants = grants;

    public ImmutableArray<Grant> Grants { get; }

    /// <summary>As the token had them, for the audit.</summary>
    public string Text { get; private init; } = "";

    public static Scopes Parse(string text) => new([.. text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Read).OfType<Grant>()]) { Text = text };

    /// <summary>The same with the filters of granular scopes made out; a grant may become one for each type that has the parameter, or none.</summary>
    public Scopes With(Func<Grant, IEnumerable<Grant>> makeOut) =>
        Grants.All(g => g.Only.IsEmpty) ? this : new([.. Grants.SelectMany(g => g.Only.IsEmpty ? [g] : makeOut(g))]) { Text = Text };

    /// <summary>What of it concerns one type.</summary>
    public Scopes For(string type) => new([.. Grants.Where(g => g.IsFor(type)).Select(g => g with { Type = type })]) { Text = Text };

    private static Grant? Read(string scope)
    {
        var (head, query) = scope.Split('?', 2) is [var before, var after] ? (before, after) : (scope, null);
        if (head.Split('/') is not [var whose, var what] || Context(whose) is not { } context) return null;
        if (what.Split('.') is not [var type, var letters] || (type != "*" && AccessTable.Number(type) < 0)) return null;
        var permissions = query is null ? Permissions(letters) : Letters(letters);   // v1 knows no filters
        if (permissions == Permission.None) return null;
        var only = query is null ? [] : query.Split('&').Select(Filter).ToImmutableArray();
        return only.Contains(null) ? null : new(context, type, permissions) { Only = only! };
    }

    private static ScopeContext? Context(string word) => word switch
    {
        "patient" => ScopeContext.Patient,
        "user" => ScopeContext.User,
        "system" => ScopeContext.System,
        _ => null,
    };

    private static ScopeFilter? Filter(string text) => text.Split('=') is [{ Length: > 0 } parameter, { Length: > 0 } values] ? new(parameter, values) : null;

    private static Permission Permissions(string text) => text switch
    {
        "read" => Permission.Read | Permission.Search,
        "write" => Permission.Create | Permission.Update | Permission.Delete,
        "*" => Permission.All,
        _ => Letters(text),
    };

    // v2: a subset of "cruds", in that order; anything else is no permission.
    private static Permission Letters(string text)
    {
        const string order = "cruds";
        Permission[] meaning = [Permission.Create, Permission.Read, Permission.Update, Permission.Delete, Permission.Search];
        var (all, last) = (Permission.None, -1);
        foreach (var letter in text)
        {
            var at = order.IndexOf(letter, StringComparison.Ordinal);
            if (at <= last) return Permission.None;
            (all, last) = (all | meaning[at], at);
        }
        return all;
    }
}
