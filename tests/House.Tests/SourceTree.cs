using System.Diagnostics;
using System.Text.RegularExpressions;

namespace House.Tests;

/// <summary>The sources as they lie in the checkout.</summary>
internal static partial class SourceTree
{
    public static string Root { get; } = FindRoot();

    /// <summary>The files that git tracks, or would when added.</summary>
    public static IReadOnlyList<string> Files { get; } = Git("ls-files", "--cached", "--others", "--exclude-standard").Where(f => File.Exists(PathOf(f))).ToList();

    public static string PathOf(string file) => Path.Combine(Root, file);

    public static IEnumerable<SourceFile> CSharpFiles(params string[] under) =>
        from file in Files
        where file.EndsWith(".cs", StringComparison.Ordinal) && (under.Length == 0 || under.Any(u => file.StartsWith(u, StringComparison.Ordinal)))
        select SourceFile.Read(file);

    public static IReadOnlyList<string> Git(params string[] arguments)
    {
        using var git = Process.Start(new ProcessStartInfo("git", ["-C", Root, .. arguments]) { RedirectStandardOutput = true, UseShellExecute = false })!;
        var lines = git.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        git.WaitForExit();
        return lines;
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "House.slnx"))) folder = folder.Parent ?? throw new InvalidOperationException("House.slnx is in no folder above the tests.");
        return folder.FullName;
    }

    internal sealed record SourceFile(string Path, string Namespace, IReadOnlyList<string> Usings, string Text)
    {
        public static SourceFile Read(string path)
        {
            var text = File.ReadAllText(PathOf(path));
            var ns = NamespaceLine().Match(text);
            return new(path, ns.Success ? ns.Groups["name"].Value : "", [.. UsingLine().Matches(text).Select(m => m.Groups["name"].Value)], text);
        }
    }

    [GeneratedRegex(@"^namespace\s+(?<name>[\w.]+)\s*;", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex NamespaceLine();

    [GeneratedRegex(@"^\s*(?:global\s+)?using\s+(?:static\s+)?(?:\w+\s*=\s*)?(?<name>[\w.]+)\s*;", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex UsingLine();
}
