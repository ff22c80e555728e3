using Fhir.Server.Core.Elements;

namespace Fhir.Messaging.Consent;

/// <summary>What a thread is about, in our own words: part of what a consent may be narrowed to.</summary>
public static class ThreadCategories
{
    public static string? Of(Element header) => CodesOf(header).FirstOrDefault();

    public static IEnumerable<string?> CodesOf(Element header) =>
        header.Each("category").SelectMany(c => c.Each("coding")).Where(c => c["system"].Text == ClinicUrls.ThreadCategory).Select(c => c["code"].Text);
}
