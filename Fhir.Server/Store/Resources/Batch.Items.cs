using System.Globalization;
using System.Runtime.CompilerServices;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Json;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Audit;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Rules;

namespace Fhir.Server.Store.Resources;

internal sealed partial class Batch
{
    /// <summary>All writes of one item. An issue in the first write leaves nothing; the queue rolls back what an issue in a later one leaves.</summary>
    public async Task<Result<IReadOnlyList<Written>>> TakeAsync(Pending item)
    {
        item = Indexed(item);
        var by = AtThisMoment(item.By);
        if (item.IsTogether) return await TakeTogetherAsync(item, by);
        var only = item.Writes[0];
        return (await TakeAsync(only, new HashSet<ResourceKey> { only.Write.Key }, by, item.Stop)).Failed(out var issue, out var written) ? In(only.Write, issue) : (Written[])[written];
    }

    // A search parameter that came since its rows were made holds for it too: the reindexing counts on that.
    private Pending Indexed(Pending item)
    {
        var epoch = _parts.Indexer.Numbers.Catalog.Epoch;
        return item.Writes.All(w => w.Write.Kind == WriteKind.Delete || w.Index?.Epoch == epoch) ? item
            : item with { Writes = [.. item.Writes.Select(w => w.Write.Resource is { } resource ? w with { Index = _parts.Indexer.Extract(resource, w.Write.Key) } : w)] };
    }

    // What ended while it waited for its turn has ended; and what the commit before it opened is open, whatever the clock says.
    private AccessContext AtThisMoment(AccessContext by) => by.SeesAll ? by : by with { NowMicros = Math.Max(by.NowMicros, AtMicros) };

    private static Issue? Twice(IReadOnlyList<Prepared> writes) =>
        writes.GroupBy(w => w.Write.Key).FirstOrDefault(g => g.Count() > 1) is { } same
            ? WrittenTwice(same.Last().Write) : null;

    private static Issue WrittenTwice(Write write) => new(IssueKind.Invalid, "A transaction may write a resource only once.", write.Where);

    private static Issue In(Write write, Issue issue) =>
        write.Where is not { } where ? issue : issue with { Where = issue.Where is null ? where : $"{where}.resource.{issue.Where}" };

    private async Task<Result<Written>> TakeAsync(Prepared prepared, IReadOnlySet<ResourceKey> together, AccessContext by, CancellationToken stop)
    {
        var write = prepared.Write;
        if (Refused(write, by) is { } refused) return refused;
        if (!by.SeesAll || RulesFor(write.Key.Type).Any()) await _bulk.WriteBeforeAsync(_session, stop);   // rules and rights look at rows
        if (write.Criteria is not null && write.Kind == WriteKind.Create)
        {
            if ((await MatchAsync(write, by, stop)).Failed(out var issue, out var match)) return issue;
            if (match is not null) return new Written(WriteOutcome.Existing, match);
        }
        else if (write.Criteria is not null)
        {
            if ((await SettleAsync(prepared, by, stop)).Failed(out var issue, out var settled)) return issue;
            if (_together && settled?.There is { } there && _touched.Contains(there)) return WrittenTwice(write);
            return settled is null ? new Written(WriteOutcome.Unchanged, null) : await TakeAsync(settled, together, by, stop);
        }
        if (write.Key.Type == "AuditEvent") return (Uncovered(write, 0, prepared.Index, by) ?? await NamesAsync(write.Resource!, together, by, stop)) is { } not ? not : AppendAudit(write, by);

        var before = write.Kind == WriteKind.Create && IsNew(write.Key) ? null : await FindAsync(write.Key, stop);
        if (await MayAsync(write, before, by, stop) is { } no) return no;
        if (write.Kind == WriteKind.Delete && before is not { Live: 1 }) return new Written(WriteOutcome.Unchanged, null);
        if ((Unmatched(write, before) ?? Stale(write, before)) is { } stale) return stale;
        if (write.Kind == WriteKind.Delete && !_together && _parts.Settings.ReferentialIntegrity && await ReferredToAsync(write.Key, before!.Rid, by, stop) is { } referred) return referred;
        await TakeContextAsync(prepared, stop);
        if (await GuardAsync(prepared, before, together, by, stop) is { } guarded) return guarded;
        return await WriteAsync(prepared, before, by, stop);
    }

    // A resource with a new id cannot be there, unless something of this batch referred to it and so reserved its rid.
    private bool IsNew(ResourceKey key) => _planned.Contains(key) || !_newRids.ContainsKey(key);

    private static Issue? Refused(Write write, AccessContext by)
    {
        var may = by.MayWrite(write.Key.Type) || (write.Kind == WriteKind.Update && by.MayReview(write.Key.Type));
        return may && by.Allows(write.Key.Type, Need(write))
            ? null : new Issue(IssueKind.Forbidden, $"You may not {write.Kind.ToString().ToLowerInvariant()} {write.Key.Type} resources.");
    }

    private static Permission Need(Write write) => write.Kind switch { WriteKind.Create => Permission.Create, WriteKind.Update => Permission.Update, WriteKind.Delete => Permission.Delete };

    // Scopes for one patient or with a filter are judged on what was there (the row is seen through them) and on what would be there.
    private static Issue? Uncovered(Write write, long patient, Search.IndexEntries? index, AccessContext by) =>
        index is null || by.Covers(write.Key.Type, Need(write), patient, index.Tokens)
            ? null : new Issue(IssueKind.Forbidden, $"The scopes of this token do not cover a {write.Key.Type} with this content.");

    /// <summary>Who may write this row: those who see it and whose own organisation's it is. Hidden and absent get one answer.</summary>
    private async ValueTask<Issue?> MayAsync(Write write, Row? before, AccessContext by, CancellationToken stop)
    {
        if (write.Kind == WriteKind.Create || (by.SeesAll && (before is null or { Live: < 0 } || by.AllowsWhole(write.Key.Type, Need(write))))) return null;
        var notFound = new Issue(IssueKind.NotFound, $"There is no such {write.Key.Type} to {write.Kind.ToString().ToLowerInvariant()}; a new one is made with POST, and the server gives its id.");
        if (before is null or { Live: < 0 }) return notFound;
        if (_touched.Contains(write.Key)) await FlushAsync(stop);
        var mine = by with { ReadsAlong = false };   // for whom she acts, she reads along; she does not write in that one's place
        var seen = await _session.FirstAsync(Sql.Of($"select 1 from res r where r.rid = {before.Rid} and {mine.Sees("r", write.Key.Type, Need(write))}"), r => r.GetInt64(0), stop);
        if (seen == 0) return notFound;
        if (by.SeesAll) return null;
        var kept = AccessTable.WrittenBy(write.Key.Type) is Keeper.Directory or Keeper.Definition;
        if (before.Confined == Confinement.Review && by.MayReview(write.Key.Type)) return null;
        if (await KeepsItsPatientAsync(write, before, by, stop) || await OwnsTaskAsync(write, before, by, stop)) return null;
        return kept || (before.Home != 0 && before.Home == by.OrganizationRid) ? null : new Issue(IssueKind.Forbidden, $"This {write.Key.Type} belongs to another organisation.");
    }

    // A consent is changed by who keeps the patient's record too, whoever recorded it; which change, a rule of messaging judges.
    private async ValueTask<bool> KeepsItsPatientAsync(Write write, Row before, AccessContext by, CancellationToken stop) =>
        write.Kind == WriteKind.Update && AccessTable.WrittenBy(write.Key.Type) == Keeper.Policy && before is { Live: 1, Patient: > 0 } && by.OrganizationRid != 0
        && await _session.FirstAsync(Sql.Of($"select 1 from res where rid = {before.Patient} and live = 1 and home = {by.OrganizationRid}"), r => r.GetInt64(0), stop) == 1;

    // A task is moved by its owner, in whatever organisation it is kept; which change is a move, a rule of messaging judges.
    private async ValueTask<bool> OwnsTaskAsync(Write write, Row before, AccessContext by, CancellationToken stop) =>
        write is { Kind: WriteKind.Update, Key.Type: "Task" } && before is { Live: 1, Confined: Confinement.None } && by.Actor is not null
        && await ContentAsync(before, stop) is { } task && task["owner"]["reference"].Text?.Split('/') is [var type, var id]
        && by.Is(await RidOrNoneAsync(new(type, id), stop));

    private static Issue? Stale(Write write, Row? before)
    {
        var current = before is { Live: 1 } ? before.Version.ToString(CultureInfo.InvariantCulture) : null;
        if (write.IfMatch is { } wanted && wanted != current)
            return new Issue(IssueKind.Stale, current is null ? "There is no current version to match." : $"The current version is {current}, not the one you name.", "If-Match");
        return write.OnlyIfNew && current is not null ? new Issue(IssueKind.Stale, "There is one already.", "If-None-Match") : null;
    }

    private async Task<Result<Written>> WriteAsync(Prepared prepared, Row? before, AccessContext by, CancellationToken stop)
    {
        var (write, index) = prepared;
        if (write.Kind == WriteKind.Create && before is { Live: >= 0 }) return new Issue(IssueKind.Conflict, "There is one with this id already.");
        var rid = before?.Rid ?? (_planned.Contains(write.Key) ? _newRids[write.Key] : _nextRid++);
        var change = new Change
        {
            Key = write.Key, Rid = rid, Version = (before?.Version ?? 0) + 1, By = by, After = write.Resource,
            Before = before is { Body: not null } && RulesFor(write.Key.Type).Any() ? await ContentAsync(before, stop) : null,
        };
        await KeysAsync(change, write, prepared, before, stop);
        if (Uncovered(write, change.Patient, index, by) is { } uncovered) return uncovered;
        foreach (var rule in RulesFor(write.Key.Type))
            if (await rule.CheckAsync(change, this, stop) is { } issue) return issue;
        if (change.Repeats != 0) return new Written(WriteOutcome.Existing, await RepeatedAsync(change.Repeats, stop));

        var rows = index is null ? null : IndexRows.Of(index, target => target == write.Key ? rid : RidOf(target));
        if (await SameAsync(change, write, before, rows, stop) is { } same) return new Written(WriteOutcome.Existing, same);

        // From here nothing may fail that a caller can cause.
        _written = true;
        _touched.Add(write.Key);
        _newRids[write.Key] = rid;
        foreach (var rule in RulesFor(write.Key.Type)) await rule.ApplyAsync(change, this, stop);
        var text = Finish(change, write);
        var row = RowOf(change, write, before, text);
        await StoreAsync(row, before, index, rows, stop);
        await TakeFilesAsync(row, before, stop);
        Audit(by, (long)row.Method, row.Key, row.Version, row.Patient, null, await IsBehindGlassAsync(row, index, by, stop));
        var outcome = write.Kind == WriteKind.Delete ? WriteOutcome.Deleted : before is { Live: 1 } ? WriteOutcome.Updated : WriteOutcome.Created;
        return new Written(outcome, VersionOf(row, text));
    }

    // An update that changes nothing makes no version. What it would be found by tells the most of them apart without a look at the text.
    private async ValueTask<ResourceVersion?> SameAsync(Change change, Write write, Row? before, IndexRows? rows, CancellationToken stop)
    {
        if (write.Kind != WriteKind.Update || before is not { Live: 1, IndexKeys: { } keys } || rows is null || !rows.Pack().AsSpan().SequenceEqual(keys)) return null;
        if ((change.Home, change.Patient, change.Thread, change.Confined, change.Label) != (before.Home, before.Patient, before.Thread, before.Confined, before.Label)) return null;
        var text = await _session.FirstAsync(Sql.Of($"select bytes from body where b = {before.Body}"), r => (byte[])r.GetValue(0), stop);
        if (JsonReader.Read(text!, _parts.Definitions).Failed(out _, out var stored) || JsonReader.Read(Finish(change, write)!, _parts.Definitions).Failed(out _, out var asked)) return null;
        return Sameness.OfVersions(stored, asked) ? VersionOf(before, text) : null;
    }

    private IEnumerable<ICommitRule> RulesFor(string type) => _parts.Rules.Where(rule => rule.Types.Contains(type));

    // Access keys: the home stays what it was; patients come from the new content, and from the old one when it is deleted.
    private async ValueTask KeysAsync(Change change, Write write, Prepared prepared, Row? before, CancellationToken stop)
    {
        (change.Home, change.Patient, change.Thread, change.Confined) = (before?.Home ?? 0, before?.Patient ?? 0, before?.Thread ?? 0, before?.Confined ?? Confinement.None);
        if (change.Home == 0) change.Home = write.Home is not { } named ? change.By.OrganizationRid : named == change.Key ? change.Rid : await RidAsync(named, stop);
        if (write.Thread is { } thread) change.Thread = await RidAsync(thread, stop);
        change.Label = write.Resource is { } resource ? Labels.Of(resource) : before?.Label ?? 0;
        if (prepared.Index is not { } index) return;
        await ReserveAsync([.. index.Patients.Where(p => p != write.Key), .. index.Targets.Where(t => t != write.Key)], stop);
        if (change.Confined is Confinement.None or Confinement.Home) change.Confined = index.NamesPatientsBeside ? Confinement.Home : Confinement.None;
        change.Patient = index.Patients.Count switch { 0 => 0, 1 => PatientRid(index.Patients.First(), change), _ => -1 };
    }

    private long PatientRid(ResourceKey patient, Change change) => patient == change.Key ? change.Rid : RidOf(patient);

    private byte[]? Finish(Change change, Write write)
    {
        if (write.Resource is not { } resource) return null;
        var splice = new JsonSplice(write.Json, resource).Id(change.Key.Id).Version(change.Version.ToString(CultureInfo.InvariantCulture), Instant(AtMicros));
        foreach (var (url, value) in change.Extensions) splice.Extension(url, value);
        return splice.ToBytes();
    }

    private Row RowOf(Change change, Write write, Row? before, byte[]? text)
    {
        long? body = text is null ? null : _nextBody++;
        if (text is not null) _bulk.Add(Bodies, [body, text]);
        return new()
        {
            Rid = change.Rid, Key = change.Key, Version = change.Version, T = T, At = AtMicros, Live = text is null ? 0 : 1,
            Method = text is null ? WriteMethod.Delete : before is { Live: 1 } || write.Kind == WriteKind.Update ? WriteMethod.Update : WriteMethod.Create,
            Home = change.Home, Patient = change.Patient, Thread = change.Thread, Confined = change.Confined, Label = change.Label, Body = body,
        };
    }

    private async ValueTask StoreAsync(Row row, Row? before, Search.IndexEntries? index, IndexRows? rows, CancellationToken stop)
    {
        row = row with { Has = index?.Has ?? 0, IndexKeys = rows?.Pack() };
        if (index is not null) _parts.Indexer.Words.Add(index.Words, _parts.Indexer.Numbers.Hash, _words, _bulk.Add);
        if (before is null)
        {
            _bulk.Add(Row.Table, row.Columns());
            if (row.IndexKeys is { } keys) _bulk.Add(Row.KeysTable, [row.Rid, keys]);
            rows?.Insert(row.Rid, _bulk);
            if (rows is not null) await TakePartsAsync(rows, null, row.Rid, stop);
        }
        else
        {
            if (before.Live < 0) await FlushAsync(stop);   // the row may still be held back: reserved by this very batch
            if (row.Label > before.Label) _bulk.Before(Sql.Of($"update res_hist set label = {row.Label} where rid = {row.Rid} and label < {row.Label}"));   // what is sensitive now was so before
            if (before.Live >= 0) _bulk.Add(Row.HistoryTable, (before with { Label = Math.Max(before.Label, row.Label) }).HistoryColumns());
            _bulk.Before(row.Update());
            _bulk.Before(Row.Keys(row.Rid, row.IndexKeys));
            var (now, was) = (rows ?? IndexRows.Unpack(null), IndexRows.Unpack(before.IndexKeys));
            foreach (var gone in now.Replace(was, row.Rid, _bulk)) _bulk.Before(gone);
            await TakePartsAsync(now, was, row.Rid, stop);
        }
        await PatientsAsync(row, before, index, stop);
    }

    private async ValueTask TakePartsAsync(IndexRows rows, IndexRows? before, long owner, CancellationToken stop)
    {
        if (!rows.HasParts(before)) return;
        if (before is not null) await FlushAsync(stop);   // its parts may be held back: written by this very batch
        await rows.ReplacePartsAsync(before, owner, _bulk, _session, async () => --(_inside ??= await LastInsideAsync(_session, stop)).Value, stop);
    }

    /// <summary>The rids of what stands inside others go down from zero.</summary>
    internal static async ValueTask<StrongBox<long>> LastInsideAsync(Session session, CancellationToken stop) =>
        new(await session.FirstAsync(Sql.Of($"select coalesce(min(rid), 0) from contained"), r => r.GetInt64(0), stop));

    private static readonly Table PatientTable = new("res_patient", new("patient", ColumnKind.Long), new("rid", ColumnKind.Long));

    private async ValueTask PatientsAsync(Row row, Row? before, Search.IndexEntries? index, CancellationToken stop)
    {
        if (index is null) return;   // a deleted resource keeps its patients: its history is judged by them
        if (row.Patient != -1) return;   // those of earlier versions stay too: history is judged by them
        var patients = index.Patients.Select(patient => patient == row.Key ? row.Rid : RidOf(patient)).ToList();
        if (before is { Live: >= 0 }) _bulk.Before(Sql.Of($"delete from res_patient where rid = {row.Rid} and {Sql.In("patient", patients)}"));
        foreach (var patient in patients) _bulk.Add(PatientTable, [patient, row.Rid]);
    }

    private Written AppendAudit(Write write, AccessContext by)
    {
        var text = new JsonSplice(write.Json, write.Resource!).Id(write.Key.Id).Version("1", Instant(AtMicros)).ToBytes();
        _written = true;
        Audit(by, 9, write.Key, 1, 0, text, isBehindGlass: false);
        return new(WriteOutcome.Created, new(write.Key, 1, Micros.At(AtMicros), WriteMethod.Create, PostedEvent.Shown(text, AuditAgent.Of(by))));
    }

    private void Audit(AccessContext by, long act, ResourceKey key, int version, long patient, byte[]? body, bool isBehindGlass)
    {
        if (AuditSwitch.Off) return;
        _bulk.Add(AuditTables.Writes, _audit.Append([null, T, AtMicros, _parts.Agents.KeyOf(AuditAgent.Of(by)), by.Request, act, (long)AccessTable.Number(key.Type), key.Id, (long)version, patient == 0 ? null : patient, isBehindGlass ? AuditTables.BrokenGlass : 0L, body, null]));
    }

    // Only who has broken glass is asked whom it is about.
    private async ValueTask<bool> IsBehindGlassAsync(Row row, Search.IndexEntries? index, AccessContext by, CancellationToken stop)
    {
        if (by.Glass.IsDefaultOrEmpty || row.Patient == 0) return false;
        if (row.Patient > 0) return by.IsBehindGlass(row.Patient);
        if (index is not null) return index.Patients.Any(patient => by.IsBehindGlass(patient == row.Key ? row.Rid : RidOf(patient)));
        return (await _session.QueryAsync(Sql.Of($"select patient from res_patient where rid = {row.Rid}"), r => r.GetInt64(0), stop)).Exists(by.IsBehindGlass);
    }

    private static ResourceVersion VersionOf(Row row, ReadOnlyMemory<byte> text) =>
        new(row.Key, row.Version, Micros.At(row.At), row.Method, row.Live == 1 ? text : default) { Rid = row.Rid, T = row.T };

    private static string Instant(long micros) => Micros.At(micros).ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
}
