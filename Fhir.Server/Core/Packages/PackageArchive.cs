using System.Formats.Tar;
using System.IO.Compression;
using System.Text.Json;
using Fhir.Server.Core.Outcomes;

namespace Fhir.Server.Core.Packages;

/// <summary>Reads a package's .tgz into memory: nothing is written, links are not followed, and what unpacks to too much is left out.</summary>
internal static class PackageArchive
{
    private const long MaxUnpacked = 1L << 30;
    private const int MaxEntries = 100_000;

    public static Package? Read(string path, List<Issue> issues)
    {
        var name = Path.GetFileName(path);
        try   // .NET's reader of archives tells what is malformed in many ways
        {
            using var packed = File.OpenRead(path);
            return Read(packed, name, issues);
        }
        catch (Exception e) when (e is InvalidDataException or IOException or JsonException or FormatException or OverflowException or InvalidOperationException or ArgumentException)
        {
            issues.Add(new(IssueKind.Invalid, $"{name} is not a package that can be read: it is left out."));
            return null;
        }
    }

    private static Package? Read(Stream packed, string name, List<Issue> issues)
    {
        using var gzip = new GZipStream(packed, CompressionMode.Decompress);
        using var bounded = new BoundedStream(gzip, MaxUnpacked);
        using var tar = new TarReader(bounded);
        var files = new List<PackageFile>();
        ReadOnlyMemory<byte>? description = null;
        for (var count = 0; tar.GetNextEntry() is { } entry; count++)
        {
            if (count == MaxEntries) throw new InvalidDataException("too many entries");
            if (entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile)) continue;
            if (Inside(entry.Name) is not { } inside)
                issues.Add(new(IssueKind.Invalid, $"{name} has a file outside its folder 'package': that file is left out."));
            else if (inside == "package.json") description = Content(entry);
            else if (PackageFile.IsWanted(inside)) files.Add(new($"{name}/{inside}", Content(entry)));
        }
        if (description is { } json) return Package.Described(name, json, files);
        issues.Add(new(IssueKind.Invalid, $"{name} has no package/package.json: it is no FHIR package and is left out."));
        return null;
    }

    // The name below "package/", or null for one that leads elsewhere.
    private static string? Inside(string entry)
    {
        var parts = entry.Split('/').SkipWhile(p => p == ".").ToArray();
        return parts.Length > 1 && !parts.Any(p => p is "" or ".." || p.Contains('\\', StringComparison.Ordinal) || p.Contains(':', StringComparison.Ordinal))
            ? string.Join('/', parts.Skip(1))
            : null;
    }

    private static byte[] Content(TarEntry entry)
    {
        if (entry.Length > PackageFile.MaxLength) throw new InvalidDataException("a file is too large");
        var content = new byte[entry.Length];
        entry.DataStream?.ReadExactly(content);
        return content;
    }
}
