using System.Runtime.InteropServices;
using System.Text;
using Fhir.Server.Core.Outcomes;
using Microsoft.Win32.SafeHandles;

namespace Host.Serving;

/// <summary>
/// <c>writer.lock</c> in the data folder: who writes holds it, with its address in it (SQLite has one writer, SECURITY.md).
/// The lock is the operating system's, so it ends with the process however that ends; the text alone means nothing.
/// </summary>
public sealed class WriterLock : IDisposable
{
    /// <summary>What an import writes into it instead of an address: it cannot be reached, and ends by itself.</summary>
    public const string Import = "import";
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);
    private readonly FileStream _file;
    private WriterLock(FileStream file) => _file = file;

    /// <summary>The lock, or an issue that names who holds it. Waits for an import to end, and for a server that is just starting.</summary>
    public static async Task<Result<WriterLock>> TakeAsync(string dataFolder)
    {
        var tries = 0;
        while (true)
        {
            if (Try(dataFolder) is { } taken) return taken;
            var holder = TextIn(dataFolder);
            // The first tries are for a look at the lock by HolderOf, which holds it for a moment.
            var patience = holder switch { Import => TimeSpan.FromMinutes(30), "" => TimeSpan.FromSeconds(20), _ => TimeSpan.FromSeconds(0.5) };
            if (holder == Import && tries == 0) await Console.Error.WriteLineAsync("Waiting for an import into this data folder to end ...");
            if (Pause * tries++ > patience) return new Issue(IssueKind.Conflict, $"Another writer uses this data folder{(holder.Length == 0 ? "" : $": {holder}")}.");
            await Task.Delay(Pause);
        }
    }

    /// <summary>Writes the address under which this writer can be reached; empty while it cannot.</summary>
    public void Name(string holder)
    {
        _file.SetLength(0);
        _file.Write(Encoding.UTF8.GetBytes(holder));
        _file.Flush(flushToDisk: false);
    }

    /// <summary>What the holder wrote (empty while it starts), or null when nobody holds the lock.</summary>
    public static string? HolderOf(string dataFolder)
    {
        if (!File.Exists(PathIn(dataFolder))) return null;
        using var free = Try(dataFolder);
        return free is null ? TextIn(dataFolder) : null;
    }

    private static WriterLock? Try(string dataFolder)
    {
        if (Open(PathIn(dataFolder)) is not { } file) return null;
        if (!OperatingSystem.IsWindows() && Flock(file.SafeFileHandle, ExclusiveAtOnce) != 0)
        {
            file.Dispose();
            return null;
        }
        file.SetLength(0);   // what stood there is from a process that is gone
        return new(file);
    }

    // On Windows this alone keeps a second writer out; elsewhere .NET's own file locking is off (Directory.Build.props),
    // because it would keep readers of the address out too.
    private static FileStream? Open(string path)
    {
        var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.Read };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        try
        {
            return new FileStream(path, options);
        }
        catch (IOException) when (OperatingSystem.IsWindows() && File.Exists(path))
        {
            return null;
        }
    }

    private const int ExclusiveAtOnce = 2 | 4;   // LOCK_EX | LOCK_NB, flock(2)

    [DllImport("libc", EntryPoint = "flock"), DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern int Flock(SafeFileHandle file, int operation);

    private static string TextIn(string dataFolder)
    {
        using var reader = new StreamReader(new FileStream(PathIn(dataFolder), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
        return reader.ReadToEnd().Trim();
    }

    public void Dispose()
    {
        _file.SetLength(0);
        _file.Dispose();
    }

    private static string PathIn(string dataFolder) => Path.Combine(dataFolder, "writer.lock");
}
