using System.Collections.Immutable;
using Fhir.Messaging.AddressBook;
using Fhir.Messaging.Consent;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;

namespace Fhir.Messaging.Threads;

/// <summary>The Communication that opens a thread: no payload, no partOf, a topic, a category of ours, a patient, a sender and recipients.</summary>
public sealed record ThreadHeader(ResourceKey Subject, ResourceKey Sender, ImmutableArray<ResourceKey> Recipients, ResourceKey? Consent, string? Category)
{
    private static readonly string[] Categories = ["advice", "referral-question", "work-related", "result", "admin", "handover"];

    /// <summary>Meant as a header: the category says so. What is neither header nor message is an ordinary Communication.</summary>
    public static bool IsMeant(Element communication) =>
        !communication["partOf"].Exists && !communication["payload"].Exists && ThreadCategories.CodesOf(communication).Any();

    public static Result<ThreadHeader> Read(Element communication)
    {
        if (Shape(communication) is { } issue) return issue;
        if (References.Key(communication["subject"]) is not { Type: "Patient" } subject) return Wrong("A thread is about one patient.", "subject");
        if (References.Key(communication["sender"]) is not { Type: "PractitionerRole" } sender) return Wrong("A thread is opened by a PractitionerRole.", "sender");
        var recipients = communication.Each("recipient").Select(References.Key).ToList();
        if (recipients.Count == 0) return Wrong("A thread needs a recipient.", "recipient");
        var odd = recipients.FindIndex(r => r is not { Type: "PractitionerRole" });
        if (odd >= 0) return Wrong($"recipient[{odd}] must be a PractitionerRole of this server.", $"recipient[{odd}]");
        var consents = communication.Each("about").Select(References.Key).OfType<ResourceKey>().Where(k => k.Type == "Consent").ToList();
        if (consents.Count > 1) return Wrong("A thread rests on one consent at most.", "about");
        return new ThreadHeader(subject, sender, [.. recipients.Select(r => r!.Value)], consents.Count == 1 ? consents[0] : null, ThreadCategories.Of(communication));
    }

    private static Issue? Shape(Element header)
    {
        if (header["status"].Text != "in-progress") return Wrong("A new thread has the status in-progress.", "status");
        if (ThreadCategories.CodesOf(header).ToList() is not [var category] || !Categories.Contains(category)) return Wrong($"A thread has one category of {string.Join(", ", Categories)}.", "category");
        if (string.IsNullOrWhiteSpace(header["topic"]["text"].Text)) return Wrong("A thread needs a topic with a text.", "topic");
        return NamesItsPatientPlainly(header) ?? OwnExtensions.ForgedIn(header);
    }

    /// <summary>Everyone in the thread reads the reference itself: a BSN beside it would reach those who may not know it.</summary>
    public static Issue? NamesItsPatientPlainly(Element communication) =>
        communication["subject"]["identifier"].Exists ? Wrong("The patient is named by a reference alone, without an identifier.", "subject.identifier") : null;

    private static Issue Wrong(string text, string element) => new(IssueKind.Invalid, text, $"Communication.{element}");
}
