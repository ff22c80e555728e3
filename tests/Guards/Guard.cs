namespace Guards;

/// <summary>One line that keeps somebody out: what stands where, what takes its place when it is removed, and which tests must notice.</summary>
public sealed record Guard(string Name, string File, string Text, string Instead, string Project, string Class, string? Method, bool IsQuick)
{
    public static IReadOnlyList<Guard> All { get; } = [.. Read(System.IO.File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "guards.txt")))];

    /// <summary>Those of this run: the quick ones, all in the long run, or those that a word stands in (name, file or class).</summary>
    public static IReadOnlyList<Guard> Chosen { get; } = [.. All.Where(g => Word is null ? Workshop.IsLong || g.IsQuick : $"{g.Name} {g.File} {g.Class}".Contains(Word, StringComparison.Ordinal))];

    private static string? Word => Environment.GetEnvironmentVariable("SAMENSPRAAK_GUARD") is { Length: > 0 } word ? word : null;

    /// <summary>How often the text stands in its file: once, or nobody knows which is meant.</summary>
    public int CountIn(string text) => text.Split(Text).Length - 1;

    // Blocks between empty lines; each line is a word, a colon and the rest; ⏎ stands for a new line.
    private static IEnumerable<Guard> Read(string text) =>
        from block in text.ReplaceLineEndings("\n").Split("\n\n", StringSplitOptions.RemoveEmptyEntries)
        let lines = block.Split('\n').Where(l => l.Length > 0 && l[0] != '#').Select(l => l.Split(": ", 2)).ToList()
        where lines.Count > 0
        let words = lines.ToDictionary(l => l[0].TrimEnd(':'), l => l.ElementAtOrDefault(1) ?? "", StringComparer.Ordinal)
        let red = words["red"].Split(' ')
        select new Guard(words["guard"], words["file"], Lines(words["find"]), Lines(words["with"]), red[0], red[1], red.ElementAtOrDefault(2), words.ContainsKey("quick"));

    private static string Lines(string text) => text.Replace('⏎', '\n');
}
