using System.Text.RegularExpressions;

namespace Guards;

/// <summary>Copies of the built test projects, in which one library at a time is exchanged. They lie in the checkout, for tests look for it above them.</summary>
public sealed partial class Lane(string folder)
{
    /// <summary>Where the compiler puts what it made, before it takes its place.</summary>
    public string Made(string library) => Path.Combine(Directory.CreateDirectory(Path.Combine(folder, "made")).FullName, library);

    /// <summary>Runs the tests that must notice; until the first of them does.</summary>
    public Task<Command> RunAsync(Guard guard) =>
        Command.RunAsync(TestsOf(guard.Project), [Path.Combine(TestsOf(guard.Project), $"{guard.Project}.dll"), "-noLogo", "-noColor", "-stopOnFail", .. guard.Method is null ? (string[])["-class", guard.Class] : ["-method", $"{guard.Class}.{guard.Method}"]]);

    public async Task<Command> RunWithAsync(string made, Guard guard)
    {
        var whole = Path.Combine(TestsOf(guard.Project), Path.GetFileName(made));
        var kept = made + ".whole";
        File.Copy(whole, kept, overwrite: true);
        File.Copy(made, whole, overwrite: true);
        try
        {
            return await RunAsync(guard);
        }
        finally
        {
            File.Copy(kept, whole, overwrite: true);
        }
    }

    /// <summary>How many tests failed; nothing when none was run, which shows nothing.</summary>
    public static int? FailedIn(Command run)
    {
        var total = Total().Match(run.Output);
        return total.Success && total.Groups["total"].Value != "0" ? Number(total, "failed") + Number(total, "errors") : null;
    }

    private static int Number(Match match, string name) => int.Parse(match.Groups[name].Value, System.Globalization.CultureInfo.InvariantCulture);

    private string TestsOf(string project)
    {
        var (from, to) = (Path.Combine(Workshop.Checkout, "tests", project, "bin", Workshop.Configuration, "net10.0"), Path.Combine(folder, project));
        if (Directory.Exists(to)) return to;
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
        return to;
    }

    [GeneratedRegex(@"Total: (?<total>\d+), Errors: (?<errors>\d+), Failed: (?<failed>\d+)")]
    private static partial Regex Total();
}
