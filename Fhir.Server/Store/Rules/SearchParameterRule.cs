using System.Collections.Frozen;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Search;

namespace Fhir.Server.Store.Rules;

/// <summary>
/// An active SearchParameter becomes one that this database indexes by — https://hl7.org/fhir/R4/searchparameter.html. Its number is new whenever what it
/// finds changes, so that rows made by another expression never answer for it.
/// </summary>
public sealed class SearchParameterRule : ICommitRule
{
    private const int Most = 64;

    public IReadOnlySet<string> Types { get; } = FrozenSet.ToFrozenSet(["SearchParameter"], StringComparer.Ordinal);

    public async ValueTask<Issue?> CheckAsync(Change change, CommitScope scope, CancellationToken stop)
    {
        if (change.After is not { } resource) return null;
        if (CustomParameter.Read(resource, DefinitionSet.R4).Failed(out var issue, out var wanted)) return issue;
        if (wanted.Count == 0) return null;
        var others = await scope.Session.QueryAsync(Sql.Of($"select typ, code from custom_parameter where rid <> {change.Rid}"), r => (r.GetInt32(0), r.GetString(1)), stop);
        if (wanted.FirstOrDefault(w => others.Contains((AccessTable.Number(w.Base), w.Code))) is { } taken) return new Issue(IssueKind.Conflict, $"Another SearchParameter has that code for {taken.Base}.", "code");
        return others.Count + wanted.Count > Most ? new Issue(IssueKind.Unsupported, $"There are at most {Most} search parameters of one's own, each base type counted.", "base") { Code = "too-costly" } : null;
    }

    public async ValueTask ApplyAsync(Change change, CommitScope scope, CancellationToken stop)
    {
        var wanted = change.After is { } resource && !CustomParameter.Read(resource, DefinitionSet.R4).Failed(out _, out var read) ? read.Select(Row).ToHashSet() : [];
        var there = await scope.Session.QueryAsync(Sql.Of($"select p, typ, code, kind, expression, targets, url from custom_parameter where rid = {change.Rid}"),
            r => (P: r.GetInt64(0), Row: new Own(r.GetInt64(1), r.GetString(2), r.GetInt64(3), r.GetString(4), r.GetString(5), r.GetString(6))), stop);
        foreach (var gone in there.Where(own => !wanted.Remove(own.Row)))
        {
            await scope.Session.ExecuteAsync(Sql.Of($"delete from custom_parameter where p = {gone.P}"), stop);
            await scope.Session.ExecuteAsync(Sql.Of($"delete from reindex where name = {ParameterNumbers.Progress((int)gone.P)}"), stop);
        }
        foreach (var own in wanted) await AddAsync(own, change.Rid, scope.Session, stop);
    }

    // Its number stays in param for ever: it is never given again.
    private static async ValueTask AddAsync(Own own, long rid, Session session, CancellationToken stop)
    {
        var p = await session.FirstAsync(Sql.Of($"select max(p) + 1 from param"), r => r.GetInt64(0), stop);
        var progress = ParameterNumbers.Progress((int)p);
        await session.ExecuteAsync(Sql.Of($"insert into param(p, name) values({p}, {progress})"), stop);
        await session.ExecuteAsync(Sql.Of($"insert into custom_parameter(p, rid, typ, code, kind, expression, targets, url) values({p}, {rid}, {own.Type}, {own.Code}, {own.Kind}, {own.Expression}, {own.Targets}, {own.Url})"), stop);
        await session.ExecuteAsync(Sql.Of($"insert into reindex(name, last, top) values({progress}, 0, -1)"), stop);   // the reindexing begins when this commit is done
    }

    private static Own Row(SearchParameterDefinition definition) =>
        new(AccessTable.Number(definition.Base), definition.Code, (long)definition.Type, definition.Expression!, string.Join(' ', definition.Targets), definition.Url);

    private sealed record Own(long Type, string Code, long Kind, string Expression, string Targets, string Url);
}
