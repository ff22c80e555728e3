using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Guards;

/// <summary>A copy of the checkout in a temporary folder, where guards may be taken out.</summary>
public sealed partial class Workshop : IAsyncLifetime
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(15);
    private readonly string _folder = Directory.CreateTempSubdirectory("samenspraak-guards-").FullName;
    private readonly Dictionary<string, bool> _green = new(StringComparer.Ordinal);
    private readonly HashSet<string> _built = new(StringComparer.Ordinal);

    public static string Checkout { get; } = FindCheckout();

    /// <summary>The last words of the last command.</summary>
    public string Said { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        var files = (await RunAsync(Checkout, "git", "ls-files", "--cached", "--others", "--exclude-standard")).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        foreach (var file in files.Where(f => File.Exists(Path.Combine(Checkout, f)) && !f.StartsWith("Workspace/", StringComparison.Ordinal)))
        {
            var to = Path.Combine(_folder, file);
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            File.Copy(Path.Combine(Checkout, file), to);
        }
    }

    /// <summary>With all guards in place the class passes; looked at once for each class.</summary>
    public async Task<bool> IsGreenAsync(Guard guard)
    {
        if (_green.TryGetValue(guard.Class, out var known)) return known;
        return _green[guard.Class] = (_built.Contains(guard.Project) || await BuildAsync(guard)) && await FailedAsync(guard) == 0;
    }

    public async Task<bool> IsRedWithoutAsync(Guard guard)
    {
        var file = Path.Combine(_folder, guard.File);
        var whole = await File.ReadAllTextAsync(file);
        Assert.True(Count(whole, guard.Text) == 1, $"{guard.File} does not hold this once: {guard.Text}");
        await File.WriteAllTextAsync(file, whole.Replace(guard.Text, guard.Instead, StringComparison.Ordinal));
        try
        {
            Assert.True(await BuildAsync(guard), $"It does not build without the guard, which shows nothing.\n{Said}");
            return await FailedAsync(guard) > 0;
        }
        finally
        {
            await File.WriteAllTextAsync(file, whole);
            _built.Clear();
        }
    }

    public static int Count(string text, string part) => text.Split(part).Length - 1;

    private async Task<bool> BuildAsync(Guard guard)
    {
        var done = await RunAsync(_folder, "dotnet", "build", $"tests/{guard.Project}/{guard.Project}.csproj", "-p:RunAnalyzers=false", "-v", "q", "-nologo", "-clp:ErrorsOnly", "-nodeReuse:false");
        if (done.Code == 0) _built.Add(guard.Project);
        return done.Code == 0;
    }

    private async Task<int> FailedAsync(Guard guard)
    {
        var dll = Path.Combine(_folder, "tests", guard.Project, "bin", "Debug", "net10.0", $"{guard.Project}.dll");
        var done = await RunAsync(_folder, "dotnet", dll, "-noLogo", "-noColor", "-stopOnFail", "-class", guard.Class);
        var total = Total().Match(done.Output);
        Assert.True(total.Success && total.Groups["total"].Value != "0", $"{guard.Class} was not run.\n{Said}");
        return int.Parse(total.Groups["failed"].Value, System.Globalization.CultureInfo.InvariantCulture) + int.Parse(total.Groups["errors"].Value, System.Globalization.CultureInfo.InvariantCulture);
    }

    private async Task<(int Code, string Output)> RunAsync(string folder, string command, params string[] arguments)
    {
        var start = new ProcessStartInfo(command, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        start.Environment["SAMENSPRAAK_LONG"] = "";   // the tests that must notice do so in their short form
        using var process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(Longest);
        var (output, error) = (process.StandardOutput.ReadToEndAsync(limit.Token), process.StandardError.ReadToEndAsync(limit.Token));
        try
        {
            await process.WaitForExitAsync(limit.Token);
            var said = await output + await error;
            Said = said.Length > 4000 ? said[^4000..] : said;
            return (process.ExitCode, said);
        }
        catch (OperationCanceledException late)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{command} {string.Join(' ', arguments)} did not end.", late);
        }
    }

    private static string FindCheckout()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "House.slnx"))) folder = folder.Parent ?? throw new InvalidOperationException("House.slnx is in no folder above the tests.");
        return folder.FullName;
    }

    public ValueTask DisposeAsync()
    {
        Directory.Delete(_folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    [GeneratedRegex(@"Total: (?<total>\d+), Errors: (?<errors>\d+), Failed: (?<failed>\d+)")]
    private static partial Regex Total();
}
