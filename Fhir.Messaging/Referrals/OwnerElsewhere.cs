using Fhir.Messaging.AddressBook;
using Fhir.Messaging.Threads;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Rules;

namespace Fhir.Messaging.Referrals;

/// <summary>
/// Of a Task that another organisation keeps its owner says how far it is and adds what came of it, and changes nothing else; what
/// stood in notes and output stays, in its place — https://hl7.org/fhir/R4/task.html#statemachine
/// </summary>
public sealed class OwnerElsewhere : ICommitRule
{
    private const long ClocksDiffer = 60_000_000;   // µs
    private static readonly string[] Hers = ["status", "statusReason", "businessStatus", "note", "output", "lastModified"];

    public IReadOnlySet<string> Types { get; } = new HashSet<string>(StringComparer.Ordinal) { "Task" };

    public async ValueTask<Issue?> CheckAsync(Change change, CommitScope scope, CancellationToken stop)
    {
        if (change.By.SeesAll || change.Confined == Confinement.Review) return null;
        return change.Home != 0 && change.Home == change.By.OrganizationRid ? await KeeperAsync(change, scope, stop) : Elsewhere(change, scope);
    }

    // Who keeps a referral that somebody has taken up leaves her report as it is.
    private static async ValueTask<Issue?> KeeperAsync(Change change, CommitScope scope, CancellationToken stop) =>
        change is not { Before: { } before, After: { } after } || !Referral.IsCarriedOutBy(before) || Referral.PhaseOf(before) is not (Phase.Taken or Phase.Done)
            || await Parties.IsAsync(change.By, before["owner"], scope, stop) ? null : Report(before, after);

    public ValueTask ApplyAsync(Change change, CommitScope scope, CancellationToken stop) => ValueTask.CompletedTask;

    private static Issue? Elsewhere(Change change, CommitScope scope)
    {
        if (change is not { Before: { } before, After: { } after } || !Unchanged.But(before, after, Hers) || !Unchanged.But(before["meta"], after["meta"], "versionId", "lastUpdated", "source"))
            return new Issue(IssueKind.Conflict, "Of a task that another organisation keeps its owner changes the status, its reason, the business status, notes and output.", "Task");
        if (Report(before, after) is { } rewritten) return rewritten;
        return after.Each("note").Skip(before.Each("note").Count()).FirstOrDefault(note => !IsOf(change.By, note, scope.AtMicros)) is { } strange
            ? new Issue(IssueKind.Conflict, "A note that she adds is her own: its author is left out or is a reference to her and no more, and its time has come.", strange.Location)
            : null;
    }

    private static Issue? Report(Element before, Element after) =>
        !Unchanged.Continues(before.Each("note"), after.Each("note")) ? Rewritten("Task.note") : !Unchanged.Continues(before.Each("output"), after.Each("output")) ? Rewritten("Task.output") : null;

    private static Issue Rewritten(string place) => new(IssueKind.Conflict, "What stands in notes and output of somebody else's task stays as it is; what is added comes behind it.", place);

    private static bool IsOf(AccessContext by, Element note, long now) =>
        (note["author"] is not { Exists: true } author || IsHer(by, author))
        && (note["time"].Text is not { } time || (Validity.Begin(time) is { } begins && begins <= now + ClocksDiffer));

    private static bool IsHer(AccessContext by, Element author) =>
        author.Type == "Reference" && author.Children.All(c => c.Name is "reference" or "type") && References.Key(author) is { } key && (key == by.Actor || key.ToString() == by.Who);
}
