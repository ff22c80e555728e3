using System.Net.Sockets;
using Fhir.Server.Core.Outcomes;
using Host.Demo;
using Host.Settings;

namespace Host.Serving;

/// <summary>The house while it runs: it holds the data folder, listens, and lets go of all of it in the right order.</summary>
public sealed class Running : IAsyncDisposable
{
    private readonly WriterLock? _writer;
    private readonly Record _record;
    private readonly WebApplication _app;
    private bool _started;

    private Running(WriterLock? writer, Record record, WebApplication app) => (_writer, _record, _app) = (writer, record, app);

    /// <summary>The address it listens on, as people write it.</summary>
    public string Url => House.UrlOf(_app);
    /// <summary>The same for programs: an address, no name.</summary>
    public string Address => _app.Urls.First();
    public IServiceProvider Services => _app.Services;

    /// <summary>Starts it, or says in one sentence why not. <paramref name="holder"/> is what others find in writer.lock; null = the address.</summary>
    public static async Task<Result<Running>> StartAsync(HouseSettings settings, string? holder, CancellationToken stop)
    {
        if ((await ClaimAsync(settings)).Failed(out var issue, out var claim)) return issue;
        if (holder is not null) claim.Writer?.Name(holder);
        if ((await Record.OpenAsync(settings, stop)).Failed(out issue, out var record)) return Freed(claim.Writer, issue);
        var running = new Running(claim.Writer, record, House.Build(settings, record));
        if (await running.OpenAsync(settings, stop) is { } wrong)
        {
            await running.DisposeAsync();
            return wrong;
        }
        if (holder is null) claim.Writer?.Name(running.Url);
        return running;
    }

    public Task UntilStoppedAsync() => _app.WaitForShutdownAsync();

    public async ValueTask DisposeAsync()
    {
        if (_started) await _app.StopAsync();
        await _app.DisposeAsync();
        await _record.DisposeAsync();
        _writer?.Dispose();
    }

    private async Task<Issue?> OpenAsync(HouseSettings settings, CancellationToken stop)
    {
        if (settings.Addresses.NotFree() is { } url) return Unfree(url);   // asked first: the framework would log a page about it
        if (settings.Demo && (await Services.GetRequiredService<DemoClinic>().SeedAsync(stop)).Failed(out var issue, out _))
            return new(issue.Kind, $"The demo clinic could not be seeded: {issue.Where} {issue.Text}");
        try
        {
            _started = true;   // also when it fails halfway: what began must be stopped
            await _app.StartAsync(stop);
            return null;
        }
        catch (Exception taken) when (taken is IOException or SocketException)
        {
            return Unfree(settings.Addresses.Urls[0]);
        }
    }

    private static Issue Unfree(string url) =>
        new(IssueKind.Conflict, $"Cannot listen on {url}: the port is in use or the address is not this machine's; name another in --urls.");

    private sealed record Claim(WriterLock? Writer);

    // PostgreSQL takes several writers; SQLite one.
    private static async Task<Result<Claim>> ClaimAsync(HouseSettings settings)
    {
        try
        {
            DataFolder.Make(settings.DataFolder);
            if (settings.Provider == DatabaseProvider.Postgres) return new Claim(null);
            return (await WriterLock.TakeAsync(settings.DataFolder)).Failed(out var issue, out var writer) ? issue : new Claim(writer);
        }
        catch (Exception wrong) when (wrong is IOException or UnauthorizedAccessException)
        {
            return new Issue(IssueKind.Invalid, $"The data folder {settings.DataFolder} cannot be written.");
        }
    }

    private static Issue Freed(WriterLock? writer, Issue issue)
    {
        writer?.Dispose();
        return issue;
    }
}
