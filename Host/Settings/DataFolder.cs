namespace Host.Settings;

/// <summary>The folder with the record and the keys: made for its owner alone.</summary>
public static class DataFolder
{
    public static void Make(string path)
    {
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(path);
        else Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }
}
