using System.Collections.Concurrent;
using Scenarios.Stage;

namespace Crash;

/// <summary>32 writers, and the ledger of what they were answered.</summary>
internal sealed class Crowd
{
    private readonly ConcurrentDictionary<string, ConcurrentDictionary<string, int?>> _threads = new(StringComparer.Ordinal);
    private List<IWriter>? _writers;

    private int Acknowledged => _threads.Values.Sum(ledger => ledger.Values.Count(seq => seq is not null));

    /// <summary>All that was acknowledged is there, and what was not is there whole or not at all.</summary>
    public async Task CheckAsync(HttpClient integrator, HttpClient clinician)
    {
        _writers ??= await WritersAsync(clinician);
        await Task.WhenAll(_writers.Select(writer => writer.CheckAsync(integrator, clinician)));   // each looks at its own
        await Task.WhenAll(_threads.Select(thread => Messenger.CheckThreadAsync(clinician, thread.Key, thread.Value)));
    }

    public Task WriteAsync(HttpClient integrator, HttpClient clinician, Func<bool> isOver) =>
        Task.WhenAll(_writers!.Select(async w => { while (!isOver()) await w.WriteAsync(integrator, clinician); }));

    /// <summary>Waits for so many messages more.</summary>
    public Task HasWrittenAsync(int more)
    {
        var before = Acknowledged;
        return Eventually.Async(() => Task.FromResult(Acknowledged), now => now >= before + more, "the writing", seconds: 300);
    }

    public void MustHaveWritten(int messages) => Assert.True(Acknowledged >= messages, "Too little was written for the kills to mean anything.");

    private async Task<List<IWriter>> WritersAsync(HttpClient clinician)
    {
        for (var i = 0; i < 3; i++) _threads[await KillTests.OpenThreadAsync(clinician)] = new(StringComparer.Ordinal);
        var ids = _threads.Keys.ToList();
        return [.. Enumerable.Range(0, 32).Select(i => (IWriter)((i % 4) switch
        {
            0 => new Creator(),
            1 => new Updater(i),
            2 => new Transactor(),
            _ => new Messenger(ids[i / 4 % ids.Count], _threads[ids[i / 4 % ids.Count]]),
        }))];
    }
}

internal static class Seed
{
    /// <summary>Random moments; the seed is printed.</summary>
    public static Random New()
    {
        var seed = Environment.TickCount;
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        return new(seed);
    }
}
