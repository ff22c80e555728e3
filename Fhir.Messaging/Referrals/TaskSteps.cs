using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Rules;
using static Fhir.Messaging.Referrals.Party;

namespace Fhir.Messaging.Referrals;

/// <summary>
/// Who brings a Task into which status, of a referral and of a Task that another organisation keeps; any other Task is its keeper's —
/// https://hl7.org/fhir/R4/task.html#statemachine
/// </summary>
public sealed class TaskSteps : ICommitRule
{
    private sealed record Step(string[] Into, Party Asked, Party Withdrawn, Party Taken, Party Done);

    private static readonly Step[] Table =
    [
        //  into                                                                        asked           withdrawn     taken up         done
        new(["draft", "requested"],                                                     Keeps,          Keeps,        Own,             Own),
        new(["cancelled"],                                                              Keeps,          Keeps,        Own | Requester, Own),
        new(["entered-in-error"],                                                       Keeps,          Keeps,        Own,             Own),
        new(["received", "rejected"],                                                   Owner | Vacant, Own | Vacant, Owner,           Owner),
        new(["accepted", "ready", "in-progress", "on-hold", "completed", "failed"],     Owner,          Own,          Owner,           Owner),
    ];

    public IReadOnlySet<string> Types { get; } = new HashSet<string>(StringComparer.Ordinal) { "Task" };

    public async ValueTask<Issue?> CheckAsync(Change change, CommitScope scope, CancellationToken stop)
    {
        if (change.By.SeesAll || change.Confined == Confinement.Review) return null;
        var (before, after) = (change.Before ?? Element.None, change.After ?? Element.None);
        var keeps = change.Home != 0 && change.Home == change.By.OrganizationRid;
        if (keeps && !Referral.IsCarriedOutBy(before) && !Referral.IsCarriedOutBy(after)) return null;
        return await JudgeAsync(change, before, after, scope, stop);
    }

    public ValueTask ApplyAsync(Change change, CommitScope scope, CancellationToken stop) => ValueTask.CompletedTask;

    private static async ValueTask<Issue?> JudgeAsync(Change change, Element before, Element after, CommitScope scope, CancellationToken stop)
    {
        var from = Referral.PhaseOf(before);
        var isTaken = from is Phase.Taken or Phase.Done;
        var moves = !before.Exists || before["status"].Text != after["status"].Text;
        if (!moves && (!isTaken || Referral.NamesTheSame(before, after))) return null;
        var party = await Parties.OfAsync(change, isTaken ? before : after, before, scope, stop);
        if (!after.Exists) return !isTaken || party.HasFlag(Own) ? null : Referral.Taken("The referral is accepted already: only its owner moves it.", after);
        if (!moves) return party.HasFlag(Owner) ? null : Referral.Taken("The referral is accepted already: only its owner moves it.", after);
        if (!isTaken && Referral.PhaseOf(after) is Phase.Taken or Phase.Done && await AddressedAsync(change, before, after, scope, stop) is { } addressed) return addressed;
        return (Of(after, from) & party) != Nobody ? null : Refused(isTaken, after);
    }

    // Accepted by somebody; and by nobody in the place of her who was asked.
    private static async ValueTask<Issue?> AddressedAsync(Change change, Element before, Element after, CommitScope scope, CancellationToken stop)
    {
        if (!after["owner"].Exists) return new(IssueKind.Invalid, "A referral is accepted by somebody: the task names its owner.", "Task.owner") { Code = "required" };
        return before["owner"].Exists && !await Parties.IsAsync(change.By, before["owner"], scope, stop)
            ? Referral.Taken("The referral is addressed to somebody else, who accepts or refuses it.", after)
            : null;
    }

    private static Party Of(Element after, Phase from) => Table.FirstOrDefault(s => s.Into.Contains(after["status"].Text, StringComparer.Ordinal)) is not { } step ? Nobody : from switch
    {
        Phase.Asked => step.Asked,
        Phase.Withdrawn => step.Withdrawn,
        Phase.Taken => step.Taken,
        Phase.Done => step.Done,
    };

    private static Issue Refused(bool isTaken, Element after) => isTaken
        ? Referral.Taken("The referral is accepted already: only its owner moves it, and who asked cancels it.", after)
        : new Issue(IssueKind.Conflict, "The owner of a task accepts, refuses and reports; who keeps it asks and withdraws.", "Task.status");
}
