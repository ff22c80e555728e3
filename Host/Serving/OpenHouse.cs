using Fhir.Server.Api.Audit;
using Fhir.Server.Api.Blobs;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Resources;
using Host.Demo;
using Host.Settings;

namespace Host.Serving;

/// <summary>One house with all that it holds: the data folder, the record and the application behind its door. It lets go of them in the right order.</summary>
public sealed class OpenHouse : IAsyncDisposable
{
    private readonly WriterLock? _writer;
    private readonly WebApplication _app;
    private bool _started;

    private OpenHouse(HouseSettings settings, WriterLock? writer, Record record)
    {
        (Settings, _writer, Record) = (settings, writer, record);
        _app = House.Build(settings, record, Door);
        _app.Lifetime.ApplicationStopping.Register(Door.Close);
    }

    public HouseSettings Settings { get; }
    public Record Record { get; }
    public Door Door { get; } = new();
    public IServiceProvider Services => _app.Services;
    public CancellationToken Stopping => _app.Lifetime.ApplicationStopping;

    /// <summary>Claims the folder and opens the record, or says in one sentence why not; nothing is served yet.</summary>
    public static async Task<Result<OpenHouse>> OpenAsync(HouseSettings settings, string? holder, CancellationToken stop)
    {
        if ((await ClaimAsync(settings)).Failed(out var issue, out var claim)) return issue;
        if (holder is not null) claim.Writer?.Name(holder);
        if (!(await Record.OpenAsync(settings, stop)).Failed(out issue, out var record)) return new OpenHouse(settings, claim.Writer, record);
        claim.Writer?.Dispose();
        return issue;
    }

    /// <summary>The sentence that stops the start when other nodes have another key for the attachments in this database.</summary>
    public Task<Issue?> OtherKeyAsync(CancellationToken stop) => BlobKeyCheck.RefusedAsync(Record.Database, Services.GetRequiredService<BlobKey>(), stop);

    public async Task<Issue?> SeedAsync(CancellationToken stop) =>
        Settings.Demo && (await Services.GetRequiredService<DemoClinic>().SeedAsync(stop)).Failed(out var issue, out _)
            ? new(issue.Kind, $"The demo clinic could not be seeded: {issue.Where} {issue.Text}")
            : null;

    public async Task StartAsync(CancellationToken stop)
    {
        _started = true;   // also when it fails halfway: what began must be stopped
        await Services.GetRequiredService<PatientKeys>().FillAsync(() => Services.GetRequiredService<PatientIndex>().ForgetAsync(stop), stop);
        await _app.StartAsync(stop);
    }

    /// <summary>Tells others where the writer of this folder can be reached.</summary>
    public void Name(string address) => _writer?.Name(address);

    /// <summary>Tells everything inside that the end is near: connections to the hub close.</summary>
    public void BeginToStop() => _app.Lifetime.StopApplication();

    public async ValueTask DisposeAsync()
    {
        if (_started) await _app.StopAsync();
        await _app.DisposeAsync();
        await Record.DisposeAsync();
        _writer?.Dispose();
    }

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
}
