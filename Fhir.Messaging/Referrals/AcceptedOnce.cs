using Fhir.Messaging.AddressBook;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Rules;

namespace Fhir.Messaging.Referrals;

/// <summary>
/// A referral is accepted once: of all who take up its Task the first one owns it, and from then on only she moves it —
/// https://hl7.org/fhir/R4/task.html#statemachine
/// </summary>
public sealed class AcceptedOnce : ICommitRule
{
    public IReadOnlySet<string> Types { get; } = new HashSet<string>(StringComparer.Ordinal) { "Task" };

    public ValueTask<Issue?> CheckAsync(Change change, CommitScope scope, CancellationToken stop) => ValueTask.FromResult(Check(change));

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
