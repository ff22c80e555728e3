using Fhir.Server.Core.Outcomes;

namespace Host.CommandLine;

/// <summary>A command line taken apart: the command, what it works on, and its options, of which those with a colon are settings.</summary>
public sealed record Arguments(string Command, IReadOnlyList<string> Subjects, IReadOnlyDictionary<string, string?> Options)
{
    public const string Serve = "serve", Help = "help", Import = "import", Token = "token", VerifyAudit = "verify-audit";

    /// <summary>An option that needs no value: standing there means true.</summary>
    public const string StepUp = "step-up";

    /// <summary>Reads <c>--name value</c>, <c>--name=value</c>, <c>--step-up</c> and bare words; the first bare word is the command.</summary>
    public static Result<Arguments> Read(IReadOnlyList<string> words)
    {
        var options = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        var subjects = new List<string>();
        for (var at = 0; at < words.Count; at++)
        {
            if (words[at] is "--help" or "-h") return new Arguments(Help, [], options);
            if (!words[at].StartsWith("--", StringComparison.Ordinal)) { subjects.Add(words[at]); continue; }
            var (name, value) = words[at].Split('=', 2) is [var n, var v] ? (n[2..], v)
                : IsBareFlag(words, at) ? (StepUp, "true")
                : (words[at][2..], at + 1 < words.Count ? words[++at] : null);
            if (value is null) return Wrong($"--{name} needs a value.");
            options[name] = value;
        }
        return new Arguments(subjects.FirstOrDefault() ?? Serve, [.. subjects.Skip(1)], options).Checked();
    }

    private static bool IsBareFlag(IReadOnlyList<string> words, int at) =>
        words[at].Equals($"--{StepUp}", StringComparison.OrdinalIgnoreCase) && !(at + 1 < words.Count && bool.TryParse(words[at + 1], out _));

    public static Issue Wrong(string sentence) => new(IssueKind.Invalid, $"{sentence} See ./start --help.") { Code = "usage" };

    private Result<Arguments> Checked()
    {
        string[]? own = Command switch
        {
            Serve => [],
            Help => [],
            VerifyAudit => ["tenant"],
            Import => ["practice", "tenant"],
            Token => ["user", "scope", "minutes", "patient", "on-behalf-of", StepUp, "tenant"],
            _ => null,
        };
        if (own is null) return Wrong($"There is no command '{Command}'.");
        if (Command != Import && Subjects.Count > 0) return Wrong($"'{Subjects[0]}' is not expected here.");
        // A misspelt option must not pass in silence; settings have a colon.
        var unknown = Options.Keys.FirstOrDefault(o => !o.Contains(':', StringComparison.Ordinal) && o != "urls" && !own.Contains(o, StringComparer.OrdinalIgnoreCase));
        return unknown is null ? this : Wrong($"There is no option --{unknown}.");
    }
}
