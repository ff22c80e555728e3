using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Threading.Channels;

namespace Guards;

/// <summary>Takes the guards out one after another, in two lanes; the checkout's own sources and builds are not touched.</summary>
public sealed class Workshop : IAsyncLifetime
{
    private readonly string _folder = Path.Combine(AppContext.BaseDirectory, "lanes");
    private readonly Channel<Lane> _free = Channel.CreateUnbounded<Lane>();
    private readonly ConcurrentDictionary<(string, string, string?), Lazy<Task<Command>>> _whole = new();
    private readonly ConcurrentDictionary<string, Lazy<Task<Compiler>>> _compilers = new(StringComparer.Ordinal);
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private Dictionary<string, Task<string?>> _complaints = [];

    public static bool IsLong => Environment.GetEnvironmentVariable("SAMENSPRAAK_LONG") == "1";

    public static string Checkout { get; } = FindCheckout();

    /// <summary>Debug or Release: as this was built, so were the tests that it runs.</summary>
    public static string Configuration { get; } = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;

    public ValueTask InitializeAsync()
    {
        if (Directory.Exists(_folder)) Directory.Delete(_folder, recursive: true);
        foreach (var lane in (string[])["1", "2"]) _free.Writer.TryWrite(new Lane(Path.Combine(_folder, lane)));
        _complaints = Guard.Chosen.ToDictionary(g => g.Name, InLaneAsync, StringComparer.Ordinal);
        return ValueTask.CompletedTask;
    }

    /// <summary>What is wrong with a guard; nothing when some test goes red without it.</summary>
    public Task<string?> ComplaintAsync(string name) => _complaints[name];

    private async Task<string?> InLaneAsync(Guard guard)
    {
        var lane = await _free.Reader.ReadAsync();
        try
        {
            return await TryAsync(guard, lane) is { } complaint ? $"{guard.Name}: {complaint}" : null;
        }
        finally
        {
            _free.Writer.TryWrite(lane);
        }
    }

    private async Task<string?> TryAsync(Guard guard, Lane lane)
    {
        var file = Path.Combine(Checkout, guard.File);
        var whole = await File.ReadAllTextAsync(file);
        if (guard.CountIn(whole) != 1) return $"{guard.File} does not hold this once: {guard.Text}";
        var project = Compiler.ProjectOf(file);
        var compiler = await OnceAsync(_compilers, project, Compiler.OfAsync);
        var made = lane.Made(Path.GetFileNameWithoutExtension(Directory.GetFiles(project, "*.csproj")[0]) + ".dll");
        // Made in the same way with the guard in place the tests are green: so it is the guard that they miss.
        var before = await OnceAsync(_whole, (project, guard.Class, guard.Method), async _ => await compiler.CompileAsync(file, whole, made) is { Code: not 0 } broken ? broken : await lane.RunWithAsync(made, guard));
        if (Lane.FailedIn(before) != 0) return $"{guard.Class} is not green with the guard in place.\n{before.LastWords}";
        var compiled = await compiler.CompileAsync(file, whole.Replace(guard.Text, guard.Instead, StringComparison.Ordinal), made);
        if (compiled.Code != 0) return $"It does not compile without the guard, which shows nothing.\n{compiled.LastWords}";
        var without = await lane.RunWithAsync(made, guard);
        return Lane.FailedIn(without) switch
        {
            null => $"{guard.Class} was not run.\n{without.LastWords}",
            0 => $"{guard.Class} stays green without the guard: {guard.Text}",
            _ => null,
        };
    }

    private static Task<T> OnceAsync<K, T>(ConcurrentDictionary<K, Lazy<Task<T>>> known, K key, Func<K, Task<T>> make) where K : notnull =>
        known.GetOrAdd(key, k => new Lazy<Task<T>>(() => make(k))).Value;

    private static string FindCheckout()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "House.slnx"))) folder = folder.Parent ?? throw new InvalidOperationException("House.slnx is in no folder above the tests.");
        return folder.FullName;
    }

    public async ValueTask DisposeAsync()
    {
        var complaints = await Task.WhenAll(_complaints.Values);
        Directory.Delete(_folder, recursive: true);
        if (!IsLong || Environment.GetEnvironmentVariable("SAMENSPRAAK_FIGURES") is not { Length: > 0 } folder) return;
        var told = string.Create(CultureInfo.InvariantCulture, $"Guards (K5): {complaints.Length} removed in turn in {_clock.Elapsed.TotalSeconds:N0} s; without {complaints.Count(c => c is null)} of them some test went red.\n");
        await File.WriteAllTextAsync(Path.Combine(folder, "guards.md"), told);
    }
}
