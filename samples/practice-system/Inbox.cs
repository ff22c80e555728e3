using System.Text;

namespace PracticeSystem;

/// <summary>The folder: one file per message, one log line per receipt, on disk before anything is answered.</summary>
internal sealed class Inbox
{
    private readonly string _folder;
    private readonly Lock _oneAtATime = new();

    public Inbox(string folder)
    {
        _folder = Path.GetFullPath(folder);
        Directory.CreateDirectory(_folder);
        foreach (var halfWritten in Directory.EnumerateFiles(_folder, ".*.part")) File.Delete(halfWritten);
    }

    public string Folder => _folder;

    public void Keep(Message message, string answer, DateTimeOffset at)
    {
        lock (_oneAtATime)
        {
            var part = Path.Combine(_folder, $".{message.FileName}.part");
            Write(part, FileMode.Create, message.Bytes);
            File.Move(part, Path.Combine(_folder, message.FileName), overwrite: true);
            var id = string.Concat(message.ControlId.Select(c => char.IsControl(c) || c == ' ' ? '_' : c));
            Write(Path.Combine(_folder, "received.log"), FileMode.Append, Encoding.UTF8.GetBytes($"{at:yyyy-MM-ddTHH:mm:ss.fffzzz} {id} {answer}\n"));
        }
    }

    private static void Write(string path, FileMode mode, byte[] bytes)
    {
        using var file = new FileStream(path, mode, FileAccess.Write, FileShare.Read);
        file.Write(bytes);
        file.Flush(flushToDisk: true);
    }
}
