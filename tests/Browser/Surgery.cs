using System.Net.Http.Json;
using System.Text.Json;
using Benchmarks;
using Scenarios.Stage;

[assembly: AssemblyFixture(typeof(Browser.Surgery))]
[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace Browser;

/// <summary>What every test shares: the product as ./start runs it, De Linde's practice system, and one Chromium.</summary>
public sealed class Surgery : IAsyncLifetime
{
    private static readonly string[] Flags =
        ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

    /// <summary>For what never happens; a busy machine may need most of these milliseconds.</summary>
    private const int Patience = 60_000;

    private readonly string _folder = Directory.CreateTempSubdirectory("samenspraak-browser-").FullName;
    private readonly HttpClient _http = new();
    private ServerProcess? _server;
    private IPlaywright? _playwright;
    private IBrowser? _chromium;
    private string? _missing;

    public PracticeSystem PracticeSystem { get; } = PracticeSystem.Down();
    public Uri Url => _server!.Address;

    /// <summary>The citizen service numbers of the demo clinic: nobody outside the practice may see one.</summary>
    public static IReadOnlyList<string> Bsns { get; } = ReadBsns();

    public async ValueTask InitializeAsync()
    {
        var program = new[] { "chromium", "chromium-browser", "google-chrome" }.Select(InPath).FirstOrDefault(found => found is not null);
        _missing = program is null ? "Chromium is not installed."
            : InPath("node") is null ? "Node.js is not installed: there is no web client to look at."
            : InPath("pdftotext") is null ? "pdftotext is not installed."
            : null;
        if (_missing is not null) return;
        await PracticeSystem.AnswerAsync("aa");
        _server = await ServerProcess.StartAsync(_folder, PracticeSystem.Address);
        _playwright = await Playwright.CreateAsync();
        _chromium = await _playwright.Chromium.LaunchAsync(new() { ExecutablePath = program, Args = Flags, Timeout = 3 * Patience });
        SetDefaultExpectTimeout(Patience);
    }

    /// <summary>A browser of its own for one person; nobody has signed in there yet.</summary>
    public async Task<Desk> DeskAsync(int width = 1440, int height = 900, Wire? wire = null)
    {
        Assert.SkipWhen(_missing is not null, _missing ?? "");
        var context = await _chromium!.NewContextAsync(new()
        {
            BaseURL = (wire?.Address ?? Url).ToString(), ViewportSize = new() { Width = width, Height = height }, Locale = "nl-NL", TimezoneId = "Europe/Amsterdam", ReducedMotion = ReducedMotion.Reduce,
        });
        context.SetDefaultTimeout(Patience);
        return await Desk.OpenAsync(context, wire);
    }

    public Wire Wire()
    {
        Assert.SkipWhen(_missing is not null, _missing ?? "");
        return new(Url);
    }

    /// <summary>Somebody who speaks plain HTTP, to prepare what a test looks at.</summary>
    public async Task<Person> PersonAsync(string name)
    {
        Assert.SkipWhen(_missing is not null, _missing ?? "");
        using var answer = await _http.PostAsJsonAsync(new Uri(Url, "/demo/sign-in"), new { user = name });
        answer.EnsureSuccessStatusCode();
        return new(name, Url, (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("access_token").GetString()!);
    }

    public async ValueTask DisposeAsync()
    {
        if (_chromium is not null) await _chromium.DisposeAsync();
        _playwright?.Dispose();
        if (_server is not null) await _server.DisposeAsync();
        await PracticeSystem.DisposeAsync();
        _http.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static string? InPath(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);

    private static IReadOnlyList<string> ReadBsns()
    {
        using var patients = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Checkout.Root, "samples", "demo-clinic", "patients.json")));
        return [.. from entry in patients.RootElement.GetProperty("entry").EnumerateArray()
                   from identifier in entry.GetProperty("resource").GetProperty("identifier").EnumerateArray()
                   where identifier.GetProperty("system").GetString()!.EndsWith("/bsn", StringComparison.Ordinal)
                   select identifier.GetProperty("value").GetString()];
    }
}
