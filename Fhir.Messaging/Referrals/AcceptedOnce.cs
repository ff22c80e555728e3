using Fhir.Messaging.AddressBook;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Rules;

namespace Fhir.Messaging.Referrals;

/// <summary>
/// A referral is accepted once: of all who take up its Task, or one of its Tasks, the first one owns it, and from then on only she moves it —
/// https://hl7.org/fhir/R4/task.html#statemachine
/// </summary>
public sealed class AcceptedOnce : ICommitRule
{
    public IReadOnlySet<string> Types { get; } = new HashSet<string>(StringComparer.Ordinal) { "Task" };

    public async ValueTask<Issue?> CheckAsync(Change change, CommitScope scope, CancellationToken stop) => Check(change) ?? await TakenByAnotherTaskAsync(change, scope, stop);

    public ValueTask ApplyAsync(Change change, CommitScope scope, CancellationToken stop) => ValueTask.CompletedTask;

    private static Issue? Check(Change change)
    {
        if (change.By.SeesAll) return null;
        var (before, after) = (change.Before ?? Element.None, change.After ?? Element.None);
        if (Fulfils(before) && !IsOpen(before))
            return SaysTheSame(before, after) || IsOwner(change.By, before) ? null : Taken("The referral is accepted already: only its owner moves it.", after);
        if (!Fulfils(after) || IsOpen(after)) return null;
        if (!after["owner"].Exists) return new(IssueKind.Invalid, "A referral is accepted by somebody: the task names its owner.", "Task.owner") { Code = "required" };
        return Fulfils(before) && before["owner"].Exists && OwnerOf(before) != OwnerOf(after)
            ? Taken("The referral is addressed to somebody else, who accepts or refuses it.", after)
            : null;
    }

    // Several may be asked, each with a Task of her own: of those that the keeper of the referral made, one is accepted. A part of it goes with the whole.
    private static async ValueTask<Issue?> TakenByAnotherTaskAsync(Change change, CommitScope scope, CancellationToken stop)
    {
        var (before, after) = (change.Before ?? Element.None, change.After ?? Element.None);
        if (change.By.SeesAll || !IsUnderWay(after) || (IsUnderWay(before) && AboutOf(before).SequenceEqual(AboutOf(after)))) return null;
        foreach (var rid in await TasksOfSameAsync(change, after, scope, stop))
            if (await scope.ReadAsync(rid, stop) is var (key, other) && IsUnderWay(other) && !IsPartOf(other, change.Key) && !IsPartOf(after, key))
                return Taken("The referral is accepted already, by another task.", after);
        return null;
    }

    private static async ValueTask<List<long>> TasksOfSameAsync(Change change, Element task, CommitScope scope, CancellationToken stop)
    {
        var all = new List<long>();
        await scope.FlushAsync(stop);   // others of this very commit count too
        foreach (var request in AboutOf(task).Select(References.KeyAtEnd).Where(k => k is { Type: "ServiceRequest" }).Distinct())
            all.AddRange(await scope.Session.QueryAsync(Sql.Of(
                $"""
                select r.rid from res s join ix_ref i on i.t = s.rid and i.p in (select p from param where name in ('Task.focus', 'Task.based-on'))
                join res r on r.rid = i.rid and r.live = 1 and r.home = s.home
                where s.typ = {AccessTable.Number("ServiceRequest")} and s.fid = {request!.Value.Id} and s.home = {change.Home} and r.rid <> {change.Rid} order by r.rid
                """), r => r.GetInt64(0), stop));
        return all;
    }

    private static bool IsPartOf(Element task, ResourceKey whole) => task.Each("partOf").Any(p => References.KeyAtEnd(p["reference"].Text) == whole);

    // Taken up, and not given up again.
    private static bool IsUnderWay(Element task) => task["status"].Text is "accepted" or "ready" or "in-progress" or "on-hold" or "completed" && Fulfils(task);

    private static Issue Taken(string text, Element after) => new(IssueKind.Conflict, text, after.Exists ? "Task.owner" : "Task");

    // It carries out a ServiceRequest: the one in focus, or one that it is based on.
    private static bool Fulfils(Element task) =>
        task.Each("basedOn").Append(task["focus"]).Any(r => References.KeyAtEnd(r["reference"].Text)?.Type == "ServiceRequest" || r["type"].Text == "ServiceRequest");

    // Nobody has taken it up yet, or refused it.
    private static bool IsOpen(Element task) => task["status"].Text is null or "draft" or "requested" or "received" or "cancelled" or "rejected" or "entered-in-error";

    private static bool SaysTheSame(Element before, Element after) =>
        after.Exists && before["status"].Text == after["status"].Text && OwnerOf(before) == OwnerOf(after) && AboutOf(before).SequenceEqual(AboutOf(after));

    private static (string?, string?, string?) OwnerOf(Element task) =>
        (task["owner"]["reference"].Text, task["owner"]["identifier"]["system"].Text, task["owner"]["identifier"]["value"].Text);

    private static IEnumerable<string?> AboutOf(Element task) => task.Each("basedOn").Append(task["focus"]).Select(r => r["reference"].Text);

    // In her role, by an assistant on her behalf, as a person, or as one of the organisation that owns it.
    private static bool IsOwner(AccessContext by, Element task) => References.Key(task["owner"]) is { } owner
        && (owner == by.Actor || owner == by.OnBehalfOf || owner == by.Organization);
}
