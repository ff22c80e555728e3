using Fhir.Messaging.AddressBook;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Rules;
using Fhir.Server.Store.Search;

namespace Fhir.Messaging.Referrals;

/// <summary>
/// A referral is accepted once: several may be asked, each with a Task of her own, and of those that the keeper of the referral made one
/// is accepted. A part of it goes with the whole, when the same one owns both — https://hl7.org/fhir/R4/task.html#statemachine
/// </summary>
public sealed class AcceptedOnce(ParameterNumbers numbers) : ICommitRule
{
    public IReadOnlySet<string> Types { get; } = new HashSet<string>(StringComparer.Ordinal) { "Task" };

    public async ValueTask<Issue?> CheckAsync(Change change, CommitScope scope, CancellationToken stop)
    {
        var (before, after) = (change.Before ?? Element.None, change.After ?? Element.None);
        if (change.By.SeesAll || !Referral.IsUnderWay(after) || (Referral.IsUnderWay(before) && Referral.NamesTheSame(before, after))) return null;
        foreach (var rid in await TasksOfSameAsync(change, after, scope, stop))
            if (await scope.ReadAsync(rid, stop) is var (key, other) && Referral.IsUnderWay(other) && !((IsPartOf(other, change.Key) || IsPartOf(after, key)) && HaveOneOwner(other, after)))
                return Referral.Taken("The referral is accepted already, by another task.", after);
        return null;
    }

    public ValueTask ApplyAsync(Change change, CommitScope scope, CancellationToken stop) => ValueTask.CompletedTask;

    // By reference or by identifier: the request of the one may be named by the other in either way.
    private async ValueTask<List<long>> TasksOfSameAsync(Change change, Element task, CommitScope scope, CancellationToken stop)
    {
        await scope.FlushAsync(stop);   // others of this very commit count too
        var keys = Referral.Requests(task).ToHashSet();
        var identifiers = Referral.Identifiers(task).ToList();
        foreach (var value in Hashes(identifiers)) keys.UnionWith(await RequestsAsync(value, change.Home, scope, stop));
        var requests = new List<long>();
        foreach (var key in keys)
        {
            if (await RequestAsync(key, change.Home, scope, stop) is not { } rid || await scope.ReadAsync(key, stop) is not { } request) continue;
            requests.Add(rid);
            identifiers.AddRange(request.Each("identifier").Where(i => i["value"].Exists));
        }
        return await scope.Session.QueryAsync(Sql.Of(
            $"""
            select r.rid from res r where r.typ = {AccessTable.Number("Task")} and r.live = 1 and r.home = {change.Home} and r.rid <> {change.Rid} and r.rid in (
              select i.rid from ix_ref i where i.p in ({About}) and {Sql.In("i.t", requests)}
              union select i.rid from ix_tok i where i.p in ({About}) and {Sql.In("i.v", [.. Hashes(identifiers)])}) order by r.rid
            """), r => r.GetInt64(0), stop);
    }

    private static readonly Sql About = Sql.Raw("select p from param where name in ('Task.focus', 'Task.based-on')");

    private static ValueTask<long?> RequestAsync(ResourceKey key, long home, CommitScope scope, CancellationToken stop) => scope.Session.FirstAsync(
        Sql.Of($"select rid from res where typ = {AccessTable.Number(key.Type)} and fid = {key.Id} and home = {home}"), r => (long?)r.GetInt64(0), stop);

    private static ValueTask<List<ResourceKey>> RequestsAsync(long identifier, long home, CommitScope scope, CancellationToken stop) => scope.Session.QueryAsync(Sql.Of(
        $"""
        select r.fid from ix_tok i join res r on r.rid = i.rid and r.live = 1 and r.home = {home}
        where i.p in (select p from param where name = 'ServiceRequest.identifier') and i.v = {identifier}
        """), r => new ResourceKey("ServiceRequest", r.GetString(0)), stop);

    // One without a system may be the one with any; so it is found by its value.
    private IEnumerable<long> Hashes(IEnumerable<Element> identifiers) => identifiers.SelectMany(i => (i["system"].Text, i["value"].Text!) switch
    {
        (null, var value) => (long[])[numbers.Identifier(null, value)],
        (var system, var value) => [numbers.Identifier(system, value), numbers.Identifier("", value)],
    }).Distinct();

    private static bool IsPartOf(Element task, ResourceKey whole) => task.Each("partOf").Any(p => References.KeyAtEnd(p["reference"].Text) == whole);

    private static bool HaveOneOwner(Element one, Element other) => References.Key(one["owner"]) is { } owner && owner == References.Key(other["owner"]);
}
