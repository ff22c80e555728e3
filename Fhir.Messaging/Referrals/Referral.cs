using Fhir.Messaging.AddressBook;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;

namespace Fhir.Messaging.Referrals;

/// <summary>How far a Task is. Asked: nobody has taken it up. Withdrawn: nobody is asked (any more). Taken: somebody works on it.</summary>
internal enum Phase { Asked, Withdrawn, Taken, Done }

/// <summary>What a Task says of the referral that it carries out.</summary>
internal static class Referral
{
    /// <summary>It carries out a ServiceRequest: the one in focus, or one that it is based on. What is named by an identifier alone, and not said to be anything else, may be one.</summary>
    public static bool IsCarriedOutBy(Element task) => About(task).Any(r =>
        References.KeyAtEnd(r["reference"].Text)?.Type == "ServiceRequest" || r["type"].Text == "ServiceRequest" || (IsLogical(r) && !r["type"].Exists));

    public static Phase PhaseOf(Element task) => task["status"].Text switch
    {
        null or "requested" or "received" or "rejected" => Phase.Asked,
        "draft" or "cancelled" or "entered-in-error" => Phase.Withdrawn,
        "completed" or "failed" => Phase.Done,
        _ => Phase.Taken,
    };

    /// <summary>Taken up, and not given up again.</summary>
    public static bool IsUnderWay(Element task) => task.Exists && (PhaseOf(task) == Phase.Taken || task["status"].Text == "completed") && IsCarriedOutBy(task);

    public static IEnumerable<Element> About(Element task) => task.Each("basedOn").Append(task["focus"]).Where(r => r.Exists);

    public static IEnumerable<ResourceKey> Requests(Element task) => About(task).Select(r => References.KeyAtEnd(r["reference"].Text)).OfType<ResourceKey>().Where(k => k.Type == "ServiceRequest").Distinct();

    public static IEnumerable<Element> Identifiers(Element task) => About(task).Select(r => r["identifier"]).Where(i => i["value"].Exists);

    /// <summary>Whom and what it is about, as it names them; who asked.</summary>
    public static bool NamesTheSame(Element before, Element after) => Names(before).SequenceEqual(Names(after));

    public static Issue Taken(string text, Element after) => new(IssueKind.Conflict, text, after.Exists ? "Task.owner" : "Task");

    private static bool IsLogical(Element reference) => !reference["reference"].Exists && reference["identifier"]["value"].Exists;

    private static IEnumerable<(string, string?, string?, string?, string?)> Names(Element task) =>
        ((string[])["owner", "requester", "focus", "basedOn", "partOf"]).SelectMany(name => task.Each(name)
            .Select(r => (name, r["type"].Text, r["reference"].Text, r["identifier"]["system"].Text, r["identifier"]["value"].Text)));
}
