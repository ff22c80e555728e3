using System.Text;
using Fhir.Server.Core.Outcomes;

namespace Host.Serving;

/// <summary>
/// <c>writer.lock</c> in the data folder: who writes holds it, with its address in it (SQLite has one writer, SECURITY.md).
/// The lock is the operating system's, so it ends with the process however that ends; the text alone means nothing.
/// </summary>
public sealed class WriterLock : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private readonly FileStream _file;
    private WriterLock(FileStream file) => _file = file;

    /// <summary>The lock, or an issue that names who holds it.</summary>
    public static Result<WriterLock> Take(string dataFolder)
    {
        var path = PathIn(dataFolder);
        try
        {
            return new WriterLock(new FileStream(path, Options()));
        }
        catch (IOException) when (File.Exists(path))
        {
            return HolderOf(dataFolder) is { Length: > 0 } holder
                ? new Issue(IssueKind.Conflict, $"Another writer uses this data folder: {holder}.")
                : new Issue(IssueKind.Conflict, "Another writer uses this data folder.");
        }
    }

    /// <summary>Writes the address under which this writer can be reached; empty while it cannot.</summary>
    public void Name(string holder)
    {
        _file.SetLength(0);
        _file.Write(Encoding.UTF8.GetBytes(holder));
        _file.Flush(flushToDisk: false);
    }

    /// <summary>What the holder wrote, or null when nobody holds the lock.</summary>
    public static string? HolderOf(string dataFolder)
    {
        var path = PathIn(dataFolder);
        if (!File.Exists(path)) return null;
        try
        {
            // Free when it can be had; given back at once.
            using var free = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            return null;
        }
        catch (IOException)
        {
            using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
            return reader.ReadToEnd().Trim();
        }
    }

    public void Dispose()
    {
        _file.SetLength(0);
        _file.Dispose();
    }

    private static string PathIn(string dataFolder) => Path.Combine(dataFolder, "writer.lock");

    private static FileStreamOptions Options() => new()
    {
        Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.None,
        UnixCreateMode = OperatingSystem.IsWindows() ? null : OwnerOnly,
    };
}
