using System.Net;
using Fhir.Server.Core.Outcomes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Primitives;

namespace Fhir.Server.Api.Http;

/// <summary>
/// The proxies whose word about the caller counts: under which address she called (X-Forwarded-Proto, -Host, -Prefix), and from where
/// (X-Forwarded-For). Anybody else can write such headers, so from anybody else they mean nothing — https://www.rfc-editor.org/rfc/rfc7239#section-8.1
/// </summary>
public static class TrustedProxies
{
    private const string Setting = "Server:TrustedProxies";

    /// <summary>The networks under <c>Server:TrustedProxies</c>, or the one sentence that says what is wrong with them.</summary>
    public static Result<IReadOnlyList<IPNetwork>> Read(IConfiguration from)
    {
        var networks = new List<IPNetwork>();
        foreach (var text in (from[Setting] ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (!IPNetwork.TryParse(text.Contains('/', StringComparison.Ordinal) ? text : $"{text}/{(text.Contains(':', StringComparison.Ordinal) ? 128 : 32)}", out var network))
                return new Issue(IssueKind.Invalid, $"{Setting} must be addresses or networks with commas between them, such as 10.0.0.7,10.1.0.0/16.");
            if (network.PrefixLength == 0) return new Issue(IssueKind.Invalid, $"{Setting} must not be every address there is: whoever calls could say that he is somebody else.");
            networks.Add(network);
        }
        return networks;
    }

    /// <summary>Before whatever looks at the host or at where a call comes from.</summary>
    public static void UseTrustedProxies(this WebApplication app, IReadOnlyList<IPNetwork> trusted)
    {
        if (trusted.Count == 0) return;
        app.Use((context, next) =>
        {
            if (IsTrusted(context.Connection.RemoteIpAddress, trusted)) Believe(context, trusted);
            return next(context);
        });
    }

    // Each proxy writes its word behind those that came with the request. Who stands behind the outermost of ours is the caller, and what that one said counts.
    private static void Believe(HttpContext context, IReadOnlyList<IPNetwork> trusted)
    {
        var headers = context.Request.Headers;
        var hops = 1;
        foreach (var text in Values(headers["X-Forwarded-For"]).Reverse())
        {
            if (Address(text) is not { } address) break;
            context.Connection.RemoteIpAddress = address;
            if (!IsTrusted(address, trusted)) break;
            hops++;
        }
        if (Said(headers["X-Forwarded-Proto"], hops)?.ToLowerInvariant() is ("http" or "https") and var scheme) context.Request.Scheme = scheme;
        if (Said(headers["X-Forwarded-Host"], hops) is { } host && IsHost(host)) context.Request.Host = new(host);
        if (Said(headers["X-Forwarded-Prefix"], hops)?.TrimEnd('/') is { } prefix && IsPath(prefix)) context.Request.PathBase = new(prefix);
    }

    private static string? Said(StringValues header, int hops) => Values(header) is { Length: > 0 } values ? values[Math.Max(0, values.Length - hops)] : null;

    private static string[] Values(StringValues header) => header.ToString().Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    // With a port behind it, or without.
    private static IPAddress? Address(string text) => IPAddress.TryParse(text, out var address) ? address : IPEndPoint.TryParse(text, out var end) ? end.Address : null;

    private static bool IsTrusted(IPAddress? address, IReadOnlyList<IPNetwork> trusted)
    {
        if (address is null) return false;
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return trusted.Any(network => network.Contains(plain));
    }

    private static bool IsHost(string text) =>
        Uri.TryCreate($"http://{text}/", UriKind.Absolute, out var uri) && string.Equals(text, new HostString(text).Port is null ? uri.Host : $"{uri.Host}:{new HostString(text).Port}", StringComparison.OrdinalIgnoreCase);

    private static bool IsPath(string text) =>
        text.StartsWith('/') && !text.Contains("//", StringComparison.Ordinal) && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '-' or '_' or '.' or '~');
}
