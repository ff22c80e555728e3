using System.Globalization;

namespace Benchmarks;

/// <summary>CPU time of a process from Linux's /proc/PID/stat, in ticks of 10 ms.</summary>
internal sealed record ProcessTime(int Id, int Parent, TimeSpan Own, TimeSpan Children)
{
    public static ProcessTime? TryRead(string file)
    {
        try
        {
            var text = File.ReadAllText(file);
            var part = text[(text.LastIndexOf(')') + 2)..].Split(' ');   // from the third field on
            TimeSpan Ticks(int at) => TimeSpan.FromMilliseconds(10 * (Number(part[at]) + Number(part[at + 1])));
            return new(int.Parse(text[..text.IndexOf(' ', StringComparison.Ordinal)], CultureInfo.InvariantCulture), (int)Number(part[1]), Ticks(11), Ticks(13));
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);
}
