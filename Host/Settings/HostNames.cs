using Fhir.Server.Core.Outcomes;

namespace Host.Settings;

/// <summary>The host names that a tenant answers to, as the setting Host gives them: divided by semicolons, without scheme and port.</summary>
public static class HostNames
{
    public static Result<IReadOnlyList<string>> Read(string? text)
    {
        var names = (text ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(name => name.ToLowerInvariant()).Distinct(StringComparer.Ordinal).ToList();
        if (names.Count == 0) return new Issue(IssueKind.Invalid, "Host is missing: the host name, or names divided by semicolons, that lead to this tenant.");
        return names.All(IsName) ? names : new Issue(IssueKind.Invalid, "Host must be a host name such as north.example.org, or several divided by semicolons; without scheme, port or wildcard.");
    }

    /// <summary>True for a name that leads to this machine and to no other — https://www.rfc-editor.org/rfc/rfc6761#section-6.3.</summary>
    public static bool IsLoopback(string host) =>
        host is "localhost" or "127.0.0.1" or "[::1]" || host.EndsWith(".localhost", StringComparison.Ordinal);

    private static bool IsName(string name) => name.All(char.IsAscii) && Uri.CheckHostName(name) is UriHostNameType.Dns or UriHostNameType.IPv4 or UriHostNameType.IPv6;
}
