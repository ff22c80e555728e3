using System.Security.Cryptography;
using Fhir.Server.Api.Identity;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Jobs;
using Fhir.Server.Store.Search;

namespace Fhir.Server.Api.Bulk;

/// <summary>Starts an export: the versions that the caller sees now are written down in one statement; bodies are read when a file is.</summary>
public sealed class ExportStart(TenantDatabase database, ResourceSearch search, BulkSettings settings, TimeProvider clock)
{
    /// <summary>True when she has as many jobs as are kept for one caller.</summary>
    public async Task<bool> IsFullAsync(Caller caller, CancellationToken stop) =>
        await JobTable.CountAsync(database, JobOwner.Of(caller), Micros.Of(clock.GetUtcNow()), stop) >= settings.JobsPerCaller;

    /// <summary>What can be searched by now.</summary>
    internal DefinitionSet Definitions => search.Definitions;

    /// <summary>Null when all is indexed that these ask of.</summary>
    internal ValueTask<Issue?> NotYetAsync(IEnumerable<SearchQuery> queries, CancellationToken stop) => search.NotYetAsync(queries, stop);

    /// <summary>The id of the new job.</summary>
    internal Task<string> RunAsync(ExportRequest asked, ExportScope scope, string request, Caller caller, CancellationToken stop) =>
        WriteAsync(Sql.Join(" union ", Selections(asked, scope, caller.Sees)), request, caller, stop, string.Join(',', asked.Elements));

    /// <summary>The same for one search, all its pages at once.</summary>
    public Task<string> RunAsync(SearchQuery query, string request, Caller caller, CancellationToken stop) =>
        WriteAsync(search.Versions(query, caller.Sees, caller.Sees.Sees("r", query.Type)), request, caller, stop);

    /// <summary>For the log: whom the filters name, below zero.</summary>
    internal async Task<IReadOnlyList<long>> ConcernedAsync(IEnumerable<SearchQuery> filters, AccessContext sees, CancellationToken stop)
    {
        var named = new HashSet<long>();
        foreach (var filter in filters) named.UnionWith(await search.ConcernsAsync(filter, sees, inVain: false, stop));
        return [.. named.Select(rid => -rid)];
    }

    private async Task<string> WriteAsync(Sql selection, string request, Caller caller, CancellationToken stop, string elements = "")
    {
        var now = Micros.Of(clock.GetUtcNow());
        var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        var asOf = await MarkAsync(stop);
        await using var session = await database.BesideAsync(stop);
        var n = await JobTable.AddAsync(session, new()
        {
            Id = id, Kind = JobKind.Export, Owner = JobOwner.Of(caller), Request = request, MadeAt = now,
            UntilAt = now + ((long)settings.KeepHours * 3_600_000_000), AsOf = asOf, State = JobState.Done, Elements = elements,
        }, stop);
        await ExportList.WriteAsync(session, n, selection, stop);
        await session.CommitAsync(stop);
        return id;
    }

    // The moment from which the next export goes on. A commit of its own makes sure that whatever is not in the list yet comes later, whoever's clock
    // it comes by; the moment of somebody else's last commit would tell of it.
    private async Task<long> MarkAsync(CancellationToken stop)
    {
        await using var mark = await NumberedCommit.BeginAsync(database, clock, stop);
        await mark.CommitAsync();
        return mark.AtMicros;
    }

    private IEnumerable<Sql> Selections(ExportRequest asked, ExportScope scope, AccessContext sees)
    {
        var also = asked.Since is { } since ? Sql.All([scope.Condition, Sql.Of($"r.at >= {Micros.Of(since)}")]) : scope.Condition;
        foreach (var filter in asked.Filters) yield return Found(filter, sees, also);
        var filtered = asked.Filters.Select(filter => filter.Type!).Distinct(StringComparer.Ordinal).ToList();
        if (asked.Types.Count == 0) yield return Found(Everything(null), sees, Sql.All([also, Others(filtered)]));
        else foreach (var type in asked.Types.Except(filtered, StringComparer.Ordinal)) yield return Found(Everything(type), sees, also);
        if (asked.Since is null) yield break;
        if (asked.Types.Count == 0) yield return Deleted(null, sees, also);
        else foreach (var type in asked.Types) yield return Deleted(type, sees, also);
    }

    private Sql Found(SearchQuery query, AccessContext sees, Sql also) => search.Versions(query, sees, Sql.All([also, sees.Sees("r", query.Type)]));

    // A delete says nothing that a filter could be asked about: it is told of every type that is exported.
    private static Sql Deleted(string? type, AccessContext sees, Sql also) => Sql.Of(
        $"""
        select r.rid, r.typ, r.ver, r.live from res r where r.live = 0 and {(type is null ? Sql.True : Sql.Of($"r.typ = {AccessTable.Number(type)}"))} and {also}
        and {sees.Sees("r", type, Permission.Search)} and {sees.Sees("r", type)}
        """);

    private static Sql Others(IReadOnlyList<string> filtered) =>
        filtered.Count == 0 ? Sql.True : Sql.Of($"not ({Sql.In("r.typ", [.. filtered.Select(type => (long)AccessTable.Number(type))])})");

    private static SearchQuery Everything(string? type) =>
        SearchQuery.Parse(type, [], DefinitionSet.R4).Failed(out var issue, out var all) ? throw new InvalidOperationException(issue.Text) : all;
}
