using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Fhir.Server.Core.Outcomes;

namespace Host.Settings;

/// <summary>Where the house listens: the addresses of <c>--urls</c>, or port 5080 on this machine only.</summary>
public sealed record Addresses(IReadOnlyList<string> Urls)
{
    public const int UsualPort = 5080;

    /// <summary>A port of this machine that happens to be free: for a house that runs only for a command.</summary>
    public static readonly Addresses AnyPort = new(["http://127.0.0.1:0"]);

    /// <summary>True when nobody outside this machine can reach any of them.</summary>
    public bool OnlyLoopback => Urls.All(IsLoopback);

    public static Result<Addresses> Read(IConfiguration from)
    {
        if (from.GetSection("Kestrel:Endpoints").GetChildren().Any())
            return new Issue(IssueKind.Invalid, "Kestrel:Endpoints is not used here; name the addresses in --urls.");
        if (from["urls"] is not { } text) return new Addresses(Usual());
        var urls = text.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return urls.Length == 0 || urls.Any(u => !IsAddress(u))
            ? new Issue(IssueKind.Invalid, "--urls must be one or more addresses such as http://127.0.0.1:5080, divided by semicolons.")
            : new Addresses(urls);
    }

    /// <summary>The URL to show for an address that is listened on: passkeys need a host name, so a loopback address becomes localhost.</summary>
    public static string Shown(string listening)
    {
        var address = BindingAddress.Parse(listening);
        return IsLoopback(listening) ? $"{address.Scheme}://localhost:{address.Port}" : listening.TrimEnd('/');
    }

    /// <summary>The FHIR bases under which a house of these host names may be called, as far as they are known before it listens.</summary>
    public IEnumerable<string> Bases(IReadOnlyList<string> hosts) => (hosts.Count > 0
        ? hosts.SelectMany(host => Urls.Select(url => Port(url) is "80" ? $"http://{host}" : $"http://{host}:{Port(url)}").Append($"https://{host}"))
        : Urls.SelectMany(url => new[] { url.TrimEnd('/'), Shown(url) })).Distinct(StringComparer.Ordinal).Select(url => $"{url}/fhir");

    private static string Port(string url) => BindingAddress.Parse(url).Port.ToString(CultureInfo.InvariantCulture);

    // A browser may try ::1 first for "localhost": listen there too where the machine has it.
    private static string[] Usual() => HasIPv6Loopback()
        ? [$"http://127.0.0.1:{UsualPort}", $"http://[::1]:{UsualPort}"]
        : [$"http://127.0.0.1:{UsualPort}"];

    /// <summary>The first address that cannot be listened on now; null when all can, as far as an address tells.</summary>
    public string? NotFree() => Urls.FirstOrDefault(url =>
    {
        var (host, port) = (BindingAddress.Parse(url).Host, BindingAddress.Parse(url).Port);
        var ip = string.Equals(host, "localhost", StringComparison.OrdinalIgnoreCase) ? IPAddress.Loopback : IPAddress.TryParse(host.Trim('[', ']'), out var named) ? named : null;
        return ip is not null && !CanListen(new(ip, port));
    });

    private static bool HasIPv6Loopback() => Socket.OSSupportsIPv6 && CanListen(new(IPAddress.IPv6Loopback, 0));

    private static bool CanListen(IPEndPoint at)
    {
        try
        {
            using var socket = new Socket(at.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(at);
            socket.Listen();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static bool IsAddress(string url)
    {
        try
        {
            return BindingAddress.Parse(url) is { Scheme: "http", IsUnixPipe: false, IsNamedPipe: false, PathBase: "" };
        }
        catch (FormatException)
        {
            return false;
        }
    }

    // A host name other than localhost makes Kestrel listen on every address of the machine.
    private static bool IsLoopback(string url)
    {
        var host = BindingAddress.Parse(url).Host;
        return string.Equals(host, "localhost", StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(host.Trim('[', ']'), out var ip) && IPAddress.IsLoopback(ip));
    }
}
