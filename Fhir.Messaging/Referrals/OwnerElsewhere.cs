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

    public ValueTask<Issue?> CheckAsync(Change change, CommitScope scope, CancellationToken stop) => ValueTask.FromResult(Check(change, scope));

    public ValueTask ApplyAsync(Change change, CommitScope scope, CancellationToken stop) => ValueTask.CompletedTask;

    private static Issue? Check(Change change, CommitScope scope)
    {
        if (change.By.SeesAll || change.Confined == Confinement.Review || (change.Home != 0 && change.Home == change.By.OrganizationRid)) return null;
        if (change is not { Before: { } before, After: { } after } || !Unchanged.But(before, after, Hers) || !Unchanged.But(before["meta"], after["meta"], "versionId", "lastUpdated", "source"))
            return new Issue(IssueKind.Conflict, "Of a task that another organisation keeps its owner changes the status, its reason, the business status, notes and output.", "Task");
        if (!Unchanged.Continues(before.Each("note"), after.Each("note"))) return Rewritten("Task.note");
        if (!Unchanged.Continues(before.Each("output"), after.Each("output"))) return Rewritten("Task.output");
        return after.Each("note").Skip(before.Each("note").Count()).FirstOrDefault(note => !IsOf(change.By, note, scope.AtMicros)) is { } strange
            ? new Issue(IssueKind.Conflict, "A note that she adds is her own: its author is left out or is a reference to her and no more, and its time has come.", strange.Location)
            : null;
    }

    private static Issue Rewritten(string place) => new(IssueKind.Conflict, "What stands in a task that another organisation keeps stays as it is; what its owner adds comes behind it.", place);

    private static bool IsOf(AccessContext by, Element note, long now) =>
        (note["author"] is not { Exists: true } author || IsHer(by, author))
        && (note["time"].Text is not { } time || (Validity.Begin(time) is { } begins && begins <= now + ClocksDiffer));

    private static bool IsHer(AccessContext by, Element author) =>
        author.Type == "Reference" && author.Children.All(c => c.Name is "reference" or "type") && References.Key(author) is { } key && (key == by.Actor || key.ToString() == by.Who);
}
