using System.Text.Json;
using Fhir.Server.Core.Outcomes;

namespace Fhir.Server.Core.Packages;

/// <summary>Finds what is in a folder: packages, archives of packages (.tgz), and loose files, in folders of any depth.</summary>
internal static class PackageFolder
{
    private const int MaxDepth = 8;

    public static List<Package> Read(string folder, List<Issue> issues)
    {
        var found = new List<Package>();
        var loose = new List<PackageFile>();
        Visit(folder, "", found, loose, issues);
        if (loose.Count > 0) found.Add(Package.Loose(Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))), loose));
        return found;
    }

    private static void Visit(string folder, string below, List<Package> found, List<PackageFile> loose, List<Issue> issues)
    {
        foreach (var home in (string[])[folder, Path.Combine(folder, "package")])
        {
            if (!File.Exists(Path.Combine(home, "package.json"))) continue;
            if (Describe(home, below.Length == 0 ? Path.GetFileName(folder) : below, issues) is { } package) found.Add(package);
            return;
        }
        loose.AddRange(FilesIn(folder, below, issues));
        foreach (var archive in Directory.EnumerateFiles(folder, "*.tgz").Order(StringComparer.Ordinal))
            if (PackageArchive.Read(archive, issues) is { } package) found.Add(package);
        foreach (var inner in FoldersIn(folder, below))
            Visit(inner, Join(below, Path.GetFileName(inner)), found, loose, issues);
    }

    private static Package? Describe(string home, string name, List<Issue> issues)
    {
        var files = FilesBelow(home, "", issues);
        try
        {
            return Package.Described(name, File.ReadAllBytes(Path.Combine(home, "package.json")), [.. files]);
        }
        catch (JsonException)
        {
            issues.Add(new(IssueKind.Invalid, $"{Join(name, "package.json")} is not JSON: the package is left out."));
            return null;
        }
    }

    private static IEnumerable<PackageFile> FilesBelow(string folder, string below, List<Issue> issues) => FilesIn(folder, below, issues)
        .Concat(FoldersIn(folder, below).SelectMany(inner => FilesBelow(inner, Join(below, Path.GetFileName(inner)), issues)));

    private static IEnumerable<string> FoldersIn(string folder, string below) => below.Count(c => c == '/') >= MaxDepth
        ? []
        : Directory.EnumerateDirectories(folder).Where(d => !Path.GetFileName(d).StartsWith('.')).Order(StringComparer.Ordinal);

    private static IEnumerable<PackageFile> FilesIn(string folder, string below, List<Issue> issues)
    {
        foreach (var file in Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal))
        {
            var name = Join(below, Path.GetFileName(file));
            if (!PackageFile.IsWanted(name)) continue;
            if (new FileInfo(file).Length <= PackageFile.MaxLength) yield return new(name, File.ReadAllBytes(file));
            else issues.Add(new(IssueKind.Unsupported, $"{name} is too large for a definition: it is left out."));
        }
    }

    private static string Join(string folder, string name) => folder.Length == 0 ? name : $"{folder}/{name}";
}
