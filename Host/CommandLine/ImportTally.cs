using System.Diagnostics;
using System.Globalization;
using Fhir.Server.Core.Outcomes;

namespace Host.CommandLine;

/// <summary>What was imported so far: a bar on a terminal, a line for each file that was skipped, a count per type at the end.</summary>
public sealed class ImportTally(int files)
{
    private const int BarWidth = 30;
    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, int> _byType = new(StringComparer.Ordinal);
    private readonly long _started = Stopwatch.GetTimestamp();
    private readonly bool _onTerminal = !Console.IsErrorRedirected;
    private int _done, _skipped;

    public bool AnySkipped => _skipped > 0;

    public void Count(IEnumerable<string> types)
    {
        lock (_lock)
        {
            foreach (var type in types) _byType[type] = _byType.GetValueOrDefault(type) + 1;
        }
    }

    public void FileDone()
    {
        lock (_lock)
        {
            _done++;
            if (_onTerminal) Console.Error.Write(Bar());
        }
    }

    /// <summary>Names what was left out. Texts of issues hold no patient data.</summary>
    public void Skipped(string what, Issue why)
    {
        lock (_lock)
        {
            _skipped++;
            if (_onTerminal) Console.Error.Write("\r\e[K");
            Console.Error.WriteLine($"skipped {what}: {(why.Where is null ? "" : $"{why.Where}: ")}{why.Text}");
        }
    }

    public string Summary()
    {
        var total = _byType.Values.Sum();
        var seconds = Stopwatch.GetElapsedTime(_started).TotalSeconds;
        var lines = _byType.Select(t => string.Create(CultureInfo.InvariantCulture, $"{t.Key,-32}{t.Value,10}"));
        var last = string.Create(CultureInfo.InvariantCulture, $"{total} resources from {files} files in {seconds:F1} s ({total / Math.Max(seconds, 0.001):F0}/s)");
        return $"{(_onTerminal ? "\r\e[K" : "")}{string.Join('\n', lines.Append(last))}{(_skipped > 0 ? string.Create(CultureInfo.InvariantCulture, $", {_skipped} skipped") : "")}";
    }

    private string Bar()
    {
        var full = files == 0 ? BarWidth : BarWidth * _done / files;
        return string.Create(CultureInfo.InvariantCulture, $"\r\e[K[{new string('#', full)}{new string('.', BarWidth - full)}] {_done}/{files} files, {_byType.Values.Sum()} resources");
    }
}
