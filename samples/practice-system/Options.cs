using System.Globalization;

namespace PracticeSystem;

/// <summary>How the simulator answers what it gets.</summary>
internal enum Answer { Aa, Ae, Ar, Garbage, None, Late, Half }

/// <summary>The command line, read.</summary>
internal sealed record Options(int Port, string Folder, Answer Answer)
{
    public const string Usage = "usage: run --mllp-port P --folder DIR [--answer aa|ae|ar|garbage|none|late|half]";

    /// <summary>Null when it cannot be understood.</summary>
    public static Options? Read(string[] arguments)
    {
        var (port, folder, answer) = (-1, "", Answer.Aa);
        if (arguments.Length % 2 == 1) return null;
        for (var i = 0; i < arguments.Length; i += 2)
        {
            var understood = arguments[i] switch
            {
                "--mllp-port" => int.TryParse(arguments[i + 1], NumberStyles.None, CultureInfo.InvariantCulture, out port) && port <= 65535,
                "--folder" => (folder = arguments[i + 1]).Length > 0,
                "--answer" => !char.IsAsciiDigit(arguments[i + 1][0]) && Enum.TryParse(arguments[i + 1], ignoreCase: true, out answer),
                _ => false,
            };
            if (!understood) return null;
        }
        return port < 0 || folder.Length == 0 ? null : new Options(port, folder, answer);
    }
}
