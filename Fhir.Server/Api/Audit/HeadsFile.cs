using System.Runtime.CompilerServices;
using System.Text;

namespace Fhir.Server.Api.Audit;

/// <summary>The signed heads outside the database: a file of lines that is only appended to. What stands behind the last line's end was cut off while it was written.</summary>
public sealed class HeadsFile(string path)
{
    public bool Exists => File.Exists(path);

    public void Append(string line)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.ReadWrite };
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(folder);
        else
        {
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }
        using var file = new FileStream(path, options);
        file.Position = EndOfLastLine(file);
        file.Write(Encoding.UTF8.GetBytes(line + "\n"));
        file.SetLength(file.Position);
        file.Flush(flushToDisk: true);
    }

    private static long EndOfLastLine(FileStream file)
    {
        for (var at = file.Length; at > 0; at--)
        {
            file.Position = at - 1;
            if (file.ReadByte() == '\n') return at;
        }
        return 0;
    }

    /// <summary>All lines that came to their end; none when there is no file.</summary>
    public async IAsyncEnumerable<string> LinesAsync([EnumeratorCancellation] CancellationToken stop)
    {
        if (!Exists) yield break;
        await using var file = new FileStream(path, new FileStreamOptions { Mode = FileMode.Open, Access = FileAccess.Read, Share = FileShare.ReadWrite | FileShare.Delete });
        var left = EndOfLastLine(file);
        file.Position = 0;
        using var reader = new StreamReader(file, Encoding.UTF8);
        while (left > 0 && await reader.ReadLineAsync(stop) is { } line)
        {
            left -= Encoding.UTF8.GetByteCount(line) + 1;
            yield return line;
        }
    }
}
