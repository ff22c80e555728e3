using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;

namespace Benchmarks;

/// <summary>The product itself as its own process, on a data folder of its own, started with the README's command.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly string _folder;

    private ServerProcess(Process process, string folder, Uri address, int readyMillis) =>
        (_process, _folder, Address, ReadyMillis) = (process, folder, address, readyMillis);

    public Uri Address { get; }
    /// <summary>What the server itself printed: from the start of the process to ready.</summary>
    public int ReadyMillis { get; }
    public double ResidentMegabytes => ReadStatus("VmRSS:") / 1024.0;

    /// <summary>True from the moment that the signal is sent.</summary>
    public bool Killed { get; private set; }

    public static string Root { get; } = FindRoot(AppContext.BaseDirectory);

    public static async Task<ServerProcess> StartAsync(string folder, string practiceSystem = "mllp://127.0.0.1:9")
    {
        var port = FreePort();
        var process = Process.Start(new ProcessStartInfo(Path.Combine(Root, "start"), ["--urls", $"http://127.0.0.1:{port}", $"--Data:Folder={folder}", $"--Demo:PracticeSystem={practiceSystem}"])
        {
            RedirectStandardOutput = true, UseShellExecute = false,
        })!;
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (!line.StartsWith("ready at ", StringComparison.Ordinal)) continue;
            _ = process.StandardOutput.BaseStream.CopyToAsync(Stream.Null);
            return new(process, folder, new Uri($"http://127.0.0.1:{port}"), int.Parse(line.Split(' ')[^2], CultureInfo.InvariantCulture));
        }
        throw new InvalidOperationException("The server did not start.");
    }

    /// <summary>Runs a command of the product on the same folder and gives its standard output.</summary>
    public async Task<string> RunAsync(params string[] words)
    {
        using var process = Process.Start(new ProcessStartInfo(Path.Combine(Root, "start"), [.. words, $"--Data:Folder={_folder}"]) { RedirectStandardOutput = true, UseShellExecute = false })!;
        var text = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? text.Trim() : throw new InvalidOperationException($"'{words[0]}' ended with {process.ExitCode}.");
    }

    public Task<string> TokenAsync(string user) => RunAsync("token", "--user", user, "--minutes", "120");

    public async Task<HttpClient> ClientAsync(string user)
    {
        var client = new HttpClient { BaseAddress = Address };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", await TokenAsync(user));
        return client;
    }

    private long ReadStatus(string name)
    {
        var line = File.ReadLines($"/proc/{_process.Id}/status").First(l => l.StartsWith(name, StringComparison.Ordinal));
        return long.Parse(line[name.Length..].Replace("kB", "", StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture);
    }

    private static string FindRoot(string from) => File.Exists(Path.Combine(from, "start")) ? from : FindRoot(Path.GetDirectoryName(from.TrimEnd('/'))!);

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>SIGKILL: no warning, no last words.</summary>
    public async Task KillAsync()
    {
        Killed = true;
        _process.Kill();   // ./start has become the server itself
        await _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!Killed) await KillAsync();
        _process.Dispose();
    }
}
