using System.Globalization;
using System.Net.Http.Headers;
using Scenarios.Stage;

namespace Benchmarks;

/// <summary>The product itself as its own process, on a data folder of its own, started with the README's command.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private readonly RunningProcess _process;
    private readonly string _folder;

    private ServerProcess(RunningProcess process, string folder, Uri address, int readyMillis) =>
        (_process, _folder, Address, ReadyMillis) = (process, folder, address, readyMillis);

    /// <summary>Commands run as this program was built, not as ./start would build it.</summary>
    private bool AsBuilt { get; init; }

    /// <summary>What it was told besides, as its commands are.</summary>
    private string[] Settings { get; init; } = [];

    public Uri Address { get; }
    /// <summary>What the server itself printed: from the start of the process to ready.</summary>
    public int ReadyMillis { get; }
    public double ResidentMegabytes => ReadStatus("VmRSS:") / 1024.0;

    /// <summary>True from the moment that the signal is sent.</summary>
    public bool Killed { get; private set; }

    public static async Task<ServerProcess> StartAsync(string folder, string practiceSystem = "mllp://127.0.0.1:9", params string[] settings)
    {
        var process = Start(folder, ["--urls", "http://127.0.0.1:0", $"--Demo:PracticeSystem={practiceSystem}", .. settings]);
        var ready = (await process.LineAsync("ready at ")).Split(' ');   // ready at http://localhost:41234 in 812 ms
        return new(process, folder, new Uri(ready[2].Replace("localhost", "127.0.0.1", StringComparison.Ordinal)), int.Parse(ready[^2], CultureInfo.InvariantCulture)) { Settings = settings };
    }

    /// <summary>The same product in a program that takes these arguments and prints the same line.</summary>
    public static async Task<ServerProcess> StartInAsync(string program, string folder, params string[] arguments)
    {
        var process = RunningProcess.Start("dotnet", [program, .. arguments, folder]);
        var ready = (await process.LineAsync("ready at ")).Split(' ');
        return new(process, folder, new Uri(ready[2].Replace("localhost", "127.0.0.1", StringComparison.Ordinal)), 0) { AsBuilt = true };
    }

    /// <summary>Runs a command of the product on the same folder and gives its standard output.</summary>
    public async Task<string> RunAsync(params string[] words)
    {
        await using var process = AsBuilt ? RunningProcess.Start("dotnet", [Checkout.Host, .. words, $"--Data:Folder={_folder}"]) : Start(_folder, [.. words, .. Settings]);
        return await process.ExitAsync() == 0 ? process.Printed.Trim() : throw new InvalidOperationException($"'{words[0]}' ended with {process.ExitCode}:\n{process.Said}");
    }

    public int Id => _process.Id;

    /// <summary>Gives it a line and waits for the one that begins so.</summary>
    public Task<string> AskAsync(string line, string beginning)
    {
        _process.Say(line);
        return _process.LineAsync(beginning);
    }

    public Task<string> TokenAsync(string user) => RunAsync("token", "--user", user, "--minutes", "120");

    public async Task<HttpClient> ClientAsync(string user) => Client(await TokenAsync(user));

    /// <summary>A client with a token that it was given before: one is good for every server on the folder.</summary>
    public HttpClient Client(string token)
    {
        var client = new HttpClient { BaseAddress = Address };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return client;
    }

    /// <summary>SIGKILL: no warning, no last words.</summary>
    public Task KillAsync()
    {
        Killed = true;
        return _process.KillAsync();   // ./start has become the server itself
    }

    public async ValueTask DisposeAsync()
    {
        Killed = true;
        await _process.DisposeAsync();
    }

    private static RunningProcess Start(string folder, params IEnumerable<string> words) =>
        RunningProcess.Start(Path.Combine(Checkout.Root, "start"), [.. words, $"--Data:Folder={folder}"]);

    private long ReadStatus(string name)
    {
        var line = File.ReadLines($"/proc/{_process.Id}/status").First(l => l.StartsWith(name, StringComparison.Ordinal));
        return long.Parse(line[name.Length..].Replace("kB", "", StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture);
    }
}
