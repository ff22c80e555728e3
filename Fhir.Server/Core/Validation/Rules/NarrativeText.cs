using System.Net;
using Fhir.Server.Core.Elements;

namespace Fhir.Server.Core.Validation.Rules;

/// <summary>txt-2: a narrative has text or a picture — https://hl7.org/fhir/R4/narrative.html#Narrative</summary>
internal sealed class NarrativeText : Rule
{
    public override void Check(Element element, Judging judging)
    {
        if (element["div"] is { Text: { } div } where && IsEmpty(div))
            judging.Add(where, "invariant", "txt-2: The narrative has no content.", rule: "txt-2");
    }

    private static bool IsEmpty(string div)
    {
        if (div.Contains("<img", StringComparison.Ordinal)) return false;
        for (int at = 0, end; at < div.Length; at = end + 1)
        {
            var open = div.IndexOf('<', at);
            if (!string.IsNullOrWhiteSpace(WebUtility.HtmlDecode(div[at..(open < 0 ? div.Length : open)]))) return false;
            if (open < 0 || (end = End(div, open)) < 0) return true;
        }
        return true;
    }

    private static int End(string div, int open) =>
        string.CompareOrdinal(div, open, "<!--", 0, 4) == 0 ? div.IndexOf("-->", open, StringComparison.Ordinal) is var end and >= 0 ? end + 2 : -1 : div.IndexOf('>', open);
}
