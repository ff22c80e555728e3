using System.Net.Http.Json;
using System.Text.Json;

namespace Scenarios.Stage;

/// <summary>The real server as its own process, on a data folder of its own, with the demo clinic; and the people in it.</summary>
public sealed class Clinic : IAsyncDisposable
{
    private readonly Dictionary<string, Person> _people = new(StringComparer.Ordinal);
    private readonly List<string> _logs = [];
    private readonly HttpClient _http = new();
    private RunningProcess? _server;

    public string DataFolder { get; } = Directory.CreateTempSubdirectory("samenspraak-scenario-").FullName;
    public string Url { get; private set; } = "";
    public RunningProcess Server => _server!;
    private IReadOnlyList<string> Settings { get; init; } = [];

    /// <summary>All that the server has written to its log so far, over all its starts.</summary>
    public string Log => string.Join('\n', [.. _logs, _server?.Said]);

    public static Task<Clinic> OpenAsync(PracticeSystem? practiceSystem = null) =>
        OpenAsync(practiceSystem is null ? [] : [$"--Demo:PracticeSystem={practiceSystem.Address}"]);

    public static async Task<Clinic> OpenAsync(params IReadOnlyList<string> settings)
    {
        var clinic = new Clinic { Settings = settings };
        await clinic.StartAsync();
        return clinic;
    }

    public async Task StartAsync()
    {
        _server = RunningProcess.Start("dotnet", [Checkout.Host, "--urls", "http://127.0.0.1:0", $"--Data:Folder={DataFolder}", .. Settings]);
        Url = (await _server.LineAsync("ready at ")).Split(' ')[2].Replace("localhost", "127.0.0.1", StringComparison.Ordinal);
        foreach (var person in _people.Values) person.Moved(new Uri(Url));
    }

    public async Task<int> StopAsync()
    {
        var code = await Server.StopAsync();
        _logs.Add(Server.Said);
        return code;
    }

    public async Task KillAsync()
    {
        await Server.KillAsync();
        _logs.Add(Server.Said);
    }

    /// <summary>Runs a command of the program on this clinic's data folder.</summary>
    public async Task<(int Code, string Said)> CommandAsync(params string[] words)
    {
        await using var command = RunningProcess.Start("dotnet", [Checkout.Host, .. words, $"--Data:Folder={DataFolder}", .. Settings]);
        var code = await command.ExitAsync();
        return (code, command.Said);
    }

    public Task<Person> DrJansen => PersonAsync("dr.jansen");
    public Task<Person> DrDeVries => PersonAsync("dr.devries");
    public Task<Person> DrBakker => PersonAsync("dr.bakker");
    public Task<Person> Assistant => PersonAsync("s.dewit");
    public Task<Person> Privacy => PersonAsync("privacy");
    public Task<Person> Admin => PersonAsync("admin");
    public Task<Person> HisDeLinde => PersonAsync("his-delinde");
    public Task<Person> Integrator => PersonAsync("integrator");

    public async Task<Person> PersonAsync(string name)
    {
        if (_people.TryGetValue(name, out var known)) return known;
        return _people[name] = new Person(name, new Uri(Url), await TokenAsync(name));
    }

    // People sign in, systems get their token from the command line.
    private async Task<string> TokenAsync(string name)
    {
        if (name is "his-delinde" or "integrator")
        {
            var (code, said) = await CommandAsync("token", "--user", name);
            Assert.Equal(0, code);
            return said.Trim();
        }
        using var answer = await _http.PostAsJsonAsync($"{Url}/demo/sign-in", new { user = name });
        answer.EnsureSuccessStatusCode();
        return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("access_token").GetString()!;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var person in _people.Values) person.Dispose();
        if (_server is not null) await _server.DisposeAsync();
        _http.Dispose();
        Directory.Delete(DataFolder, recursive: true);
    }
}
