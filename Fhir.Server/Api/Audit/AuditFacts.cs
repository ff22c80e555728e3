using System.Collections.Immutable;
using System.Text.Json;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;

namespace Fhir.Server.Api.Audit;

/// <summary>What the resources that some lines name are, and whose; rows keep their numbers only.</summary>
public sealed class AuditFacts
{
    private const int AtOnce = 1000;
    private const long Several = -1;
    private readonly Dictionary<long, (ResourceKey Key, ImmutableArray<long> Patients)> _byRid = [];
    private readonly Dictionary<ResourceKey, long> _rids = [];

    public static async Task<AuditFacts> OfAsync(IReadOnlyCollection<AuditLine> lines, TenantDatabase database, CancellationToken stop)
    {
        var facts = new AuditFacts();
        await using var session = await database.ReadAsync(snapshot: false, stop);
        var named = lines.SelectMany(Named).Distinct().Select(key => ((long)AccessTable.Number(key.Type), key.Id)).ToList();
        var found = named.Count == 0 ? [] : await session.QueryPairsAsync("select rid, typ, fid, patient from res", named, Row, stop);
        await facts.TakeAsync(found, session, stop);
        await facts.LoadAsync(lines.SelectMany(l => l.PatientRid > 0 ? l.Returned.Append(l.PatientRid) : l.Returned.Concat(l.Concerned)), session, stop);
        await facts.LoadAsync(facts._byRid.Values.SelectMany(f => f.Patients).ToList(), session, stop);
        return facts;
    }

    /// <summary>What stands behind a rid; null when nothing does.</summary>
    public ResourceKey? KeyOf(long rid) => _byRid.TryGetValue(rid, out var known) ? known.Key : null;

    /// <summary>Its rid, 0 when nothing bears that name.</summary>
    public long RidOf(string? reference) => KeyIn(reference) is { } key ? _rids.GetValueOrDefault(key) : 0;

    /// <summary>The patients of a resource: none, one or several.</summary>
    public ImmutableArray<long> PatientsOf(long rid) => _byRid.TryGetValue(rid, out var known) ? known.Patients : [];

    /// <summary>Whom a line concerns: the patients of what it was about, of what left with the answer or was only asked for, and a patient who did it herself.</summary>
    public IEnumerable<long> PatientsOf(AuditLine line) => RidsOf(line).SelectMany(rid => PatientsOf(rid)).Distinct();

    /// <summary>All that a line names, by which it concerns somebody; 0 = what bears no such name.</summary>
    internal IEnumerable<long> RidsOf(AuditLine line) =>
        Named(line).Select(key => _rids.GetValueOrDefault(key)).Concat(line.Returned).Concat(line.Concerned).Concat(line.PatientRid > 0 ? [line.PatientRid] : []);

    // What a line names in words: what it was about, who did it, and what a posted event says.
    private static IEnumerable<ResourceKey> Named(AuditLine line)
    {
        if (line.Key is { } about) yield return about;
        if (KeyIn(line.By.Who) is { Type: "Patient" } self) yield return self;
        if (KeyIn(line.By.PractitionerRole) is { } role) yield return role;
        if (line.Body is not { } body) yield break;
        foreach (var key in InEvent(body)) yield return key;
    }

    /// <summary>The resources that a posted AuditEvent names as its entities.</summary>
    internal static IReadOnlyList<ResourceKey> InEvent(byte[] body)
    {
        using var json = JsonDocument.Parse(body);
        if (!json.RootElement.TryGetProperty("entity", out var entities)) return [];
        return [.. entities.EnumerateArray().Select(e => e.TryGetProperty("what", out var what) && what.TryGetProperty("reference", out var r) ? KeyIn(r.GetString()) : null).OfType<ResourceKey>()];
    }

    /// <summary><c>Patient/1</c>, with or without a version; null for anything else: by a whole address it may be another server's.</summary>
    internal static ResourceKey? KeyIn(string? reference)
    {
        var parts = reference?.Split("/_history/")[0].Split('/');
        return parts is [var type, { Length: > 0 } id] && AccessTable.Number(type) >= 0 ? new(type, id) : null;
    }

    private async Task LoadAsync(IEnumerable<long> rids, Session session, CancellationToken stop)
    {
        foreach (var some in rids.Where(rid => !_byRid.ContainsKey(rid)).Distinct().Chunk(AtOnce))
            await TakeAsync(await session.QueryAsync(Sql.Of($"select rid, typ, fid, patient from res where {Sql.In("rid", some)}"), Row, stop), session, stop);
    }

    private async Task TakeAsync(IReadOnlyList<(long Rid, ResourceKey Key, long Patient)> rows, Session session, CancellationToken stop)
    {
        var several = rows.Where(r => r.Patient == Several).Select(r => r.Rid).ToList();
        var many = several.Count == 0 ? [] : await session.QueryAsync(Sql.Of($"select rid, patient from res_patient where {Sql.In("rid", several)}"), r => (r.GetInt64(0), r.GetInt64(1)), stop);
        var of = many.ToLookup(m => m.Item1, m => m.Item2);
        foreach (var (rid, key, patient) in rows)
        {
            _byRid[rid] = (key, key.Type == "Patient" ? [rid] : patient == Several ? [.. of[rid]] : patient > 0 ? [patient] : []);
            _rids[key] = rid;
        }
    }

    private static (long, ResourceKey, long) Row(System.Data.Common.DbDataReader r) =>
        (r.GetInt64(0), new ResourceKey(AccessTable.Name(r.GetInt32(1)), r.GetString(2)), r.IsDBNull(3) ? 0 : r.GetInt64(3));
}
