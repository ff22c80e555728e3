using System.Collections.Concurrent;
using System.Globalization;
using Fhir.Server.Api.Identity;
using Fhir.Server.Core.Outcomes;
using Host.Serving;
using Host.Settings;

namespace Host.CommandLine;

/// <summary><c>./start import</c>: sends files to the FHIR API, of the server that holds the data folder or of one that runs only for this (docs/adr/0001).</summary>
public static class Import
{
    private static readonly ParallelOptions AtOnce = new() { MaxDegreeOfParallelism = Math.Clamp(Environment.ProcessorCount, 2, 8) };

    private const int MostAgain = 2_000;   // lines of one load that are kept for a second chance

    public static async Task<Result<int>> RunAsync(Arguments arguments, HouseSettings settings)
    {
        if (arguments.Subjects.Count == 0) return Arguments.Wrong("Name the files or folders to import.");
        var practice = arguments.Options.GetValueOrDefault("practice") ?? (settings.Demo ? "de-linde" : null);
        if (practice is null) return Arguments.Wrong("Outside demo mode, say whose the patients are: --practice NAME.");
        var (files, absent) = ImportFiles.Find(arguments.Subjects);
        var tally = new ImportTally(files.Count);
        foreach (var word in absent) tally.Skipped(word, new(IssueKind.NotFound, "there is no such file or folder."));
        return files.Count == 0 ? 1 : await AtServerAsync(settings, door => SendAllAsync(door, practice, files, tally));
    }

    private static async Task<Result<int>> AtServerAsync(HouseSettings settings, Func<ImportDoor, Task<Result<int>>> send)
    {
        // The integrator, whose token the import uses, exists in demo mode; a house of our own lets it in for the import.
        var own = settings with
        {
            Addresses = Addresses.AnyPort,
            Api = settings.Api with { Demo = true, MaxBodyBytes = 1L << 30 },
        };
        DataFolder.Make(settings.DataFolder);
        var tokens = TokenIssuer.In(own.Api, TimeProvider.System);
        if (await RunningServerAsync(settings) is { } there) return await AtDoorAsync(settings, there, tokens, send);
        if ((await Running.StartAsync(new([own]), WriterLock.Import, CancellationToken.None)).Failed(out var issue, out var alone))
            return await RunningServerAsync(settings) is { } faster ? await AtDoorAsync(settings, faster, tokens, send) : issue;   // both were started at the same moment
        await using (alone) return await AtDoorAsync(settings, new(alone.Address), tokens, send);
    }

    private static async Task<Result<int>> AtDoorAsync(HouseSettings settings, Uri server, TokenIssuer tokens, Func<ImportDoor, Task<Result<int>>> send)
    {
        using var door = new ImportDoor(server, settings.Hosts.FirstOrDefault(), tokens);
        return await send(door);
    }

    /// <summary>The address of the server that holds the folder, or null when none does (or an import, for which <see cref="WriterLock"/> waits).</summary>
    private static async Task<Uri?> RunningServerAsync(HouseSettings settings)
    {
        if (settings.Provider != DatabaseProvider.Sqlite) return null;
        for (var tries = 0; tries < 200; tries++)
        {
            var holder = WriterLock.HolderOf(settings.DataFolder);
            if (holder is null or WriterLock.Import) return null;
            if (Uri.TryCreate(holder, UriKind.Absolute, out var address)) return address;
            await Task.Delay(100);   // it is just starting
        }
        return null;
    }

    private static async Task<Result<int>> SendAllAsync(ImportDoor door, string practice, IReadOnlyList<string> files, ImportTally tally)
    {
        if (await door.ChooseAsync(practice, CancellationToken.None) is { } wrong) return wrong;
        var (again, lines) = (new ConcurrentBag<Parcel>(), new ConcurrentBag<Load>());
        await Parallel.ForEachAsync(files, AtOnce, async (file, stop) =>
        {
            if (ImportFiles.IsLines(file)) await SendLinesAsync(door, file, tally, lines, stop);
            else if ((await ImportFiles.ReadAsync(file, stop)).Failed(out var broken, out var parcel)) tally.Skipped(file, broken);
            else if (await SendAsync(door, parcel, tally, stop) is not null) again.Add(parcel);
            tally.FileDone();
        });
        // What was refused may refer to what another file brought: it gets a second chance, in order.
        foreach (var parcel in again.OrderBy(p => p.From, StringComparer.Ordinal))
            if (await SendAsync(door, parcel, tally, CancellationToken.None) is { } issue) tally.Skipped(parcel.From, issue);
        foreach (var load in lines.OrderBy(l => l.File, StringComparer.Ordinal).ThenBy(l => l.Lines[0].Line)) await SendAsync(door, load, tally, null, CancellationToken.None);
        await Console.Out.WriteLineAsync(tally.Summary());
        return tally.AnySkipped ? 1 : 0;
    }

    // NDJSON goes the road of $import (docs/bulk.md).
    private static async Task SendLinesAsync(ImportDoor door, string file, ImportTally tally, ConcurrentBag<Load> again, CancellationToken stop)
    {
        if (await LineFile.MisfitAsync(file, stop) is { } broken)
        {
            tally.Skipped(file, broken);
            return;
        }
        await foreach (var load in LineFile.LoadsAsync(file, stop)) await SendAsync(door, load, tally, again, stop);
    }

    /// <summary>What is refused goes to the lines that are sent again; null = it is named.</summary>
    private static async Task SendAsync(ImportDoor door, Load load, ImportTally tally, ConcurrentBag<Load>? again, CancellationToken stop)
    {
        if ((await door.ImportAsync(load.Text, stop)).Failed(out var issue, out var refused))
        {
            tally.Skipped(load.Place(load.Lines[0].Line), issue);
            return;
        }
        tally.Count(load.Lines.Where((_, i) => !refused.ContainsKey(i + 1)).Select(line => line.Type));
        if (refused.Count > 0 && refused.Count <= MostAgain && again is not null) again.Add(load.Only(refused.Keys.Select(i => load.Lines[i - 1].Line).ToHashSet()));
        else foreach (var (i, why) in refused.OrderBy(r => r.Key)) tally.Skipped(load.Place(load.Lines[i - 1].Line), why);
    }

    /// <summary>Null when it was taken; entries of a batch that were refused are named by themselves.</summary>
    private static async Task<Issue?> SendAsync(ImportDoor door, Parcel parcel, ImportTally tally, CancellationToken stop)
    {
        if ((await door.SendAsync(parcel, stop)).Failed(out var issue, out var answers)) return issue;
        tally.Count(parcel.Types.Where((type, i) => type is not null && answers.ElementAtOrDefault(i) is null).Select(type => type!));
        for (var i = 0; i < answers.Count; i++)
            if (answers[i] is { } refused) tally.Skipped(string.Create(CultureInfo.InvariantCulture, $"{parcel.From}, entry {i}"), refused);
        return null;
    }
}
