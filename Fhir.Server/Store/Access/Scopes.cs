namespace Fhir.Server.Store.Access;

/// <summary>What a scope lets one do — https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html#scopes-for-requesting-fhir-resources</summary>
[Flags]
public enum Permission { None = 0, Create = 1, Read = 2, Update = 4, Delete = 8, Search = 16, All = 31 }

/// <summary>The scopes of a token, SMART v1 (<c>user/Patient.read</c>) and v2 (<c>user/Patient.rs</c>) alike. An undefined scope gives nothing.</summary>
public sealed class Scopes
{
    private readonly Dictionary<string, Permission> _byType = new(StringComparer.Ordinal);
    private Permission _every;

    public static readonly Scopes None = Parse("");

    public bool Allow(string type, Permission permission) => ((_every | _byType.GetValueOrDefault(type)) & permission) == permission;

    /// <summary>True when the permission holds for every type; what a search or history over all types needs.</summary>
    public bool AllowEverywhere(Permission permission) => (_every & permission) == permission;

    public static Scopes Parse(string text)
    {
        var scopes = new Scopes();
        foreach (var scope in text.Split(' ', StringSplitOptions.RemoveEmptyEntries)) scopes.Take(scope);
        return scopes;
    }

    private void Take(string scope)
    {
        var slash = scope.IndexOf('/', StringComparison.Ordinal);
        var dot = scope.IndexOf('.', StringComparison.Ordinal);
        if (slash < 0 || dot < slash || scope[..slash] is not ("user" or "system")) return;   // patient/ scopes come with the patients' side
        var type = scope[(slash + 1)..dot];
        var permission = Permissions(scope[(dot + 1)..]);
        if (type == "*") _every |= permission;
        else _byType[type] = _byType.GetValueOrDefault(type) | permission;
    }

    private static Permission Permissions(string text) => text switch
    {
        "read" => Permission.Read | Permission.Search,
        "write" => Permission.Create | Permission.Update | Permission.Delete,
        "*" => Permission.All,
        _ => Letters(text),
    };

    // v2: a subset of "cruds", in that order; anything else (granular ?params included, until they are evaluated) is no permission.
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
