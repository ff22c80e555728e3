using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;

namespace Fhir.Messaging.Threads;

/// <summary>The extensions that only the house writes.</summary>
public static class OwnExtensions
{
    private static readonly string[] All =
        [ClinicUrls.ThreadSeq, ClinicUrls.ThreadLastSeq, ClinicUrls.ThreadUnread, ClinicUrls.ThreadLastMessage, ClinicUrls.MessageReadBy, ClinicUrls.Delivery];

    public static bool Is(Element extension) => extension.Name == "extension" && All.Contains(extension["url"].Text);

    /// <summary>An issue when a caller brings one in something new: a seq is given, never taken.</summary>
    public static Issue? ForgedIn(Element resource) =>
        resource.Each("extension").FirstOrDefault(Is) is { } forged ? new Issue(IssueKind.Invalid, "This extension is set by the server only.", forged.Location) : null;

    /// <summary>The seq that a stored message carries, or null.</summary>
    public static string? SeqOf(Element message) =>
        message.Each("extension").Where(e => e["url"].Text == ClinicUrls.ThreadSeq).Select(e => e["value"].Text).FirstOrDefault();
}
