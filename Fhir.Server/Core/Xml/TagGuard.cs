namespace Fhir.Server.Core.Xml;

/// <summary>
/// Looks at a text before the platform's reader does: that reads all attributes of a tag at once, and many of them cost it seconds and
/// forty times their size in memory (measured: 400,000 in one tag, 4 MB, 7 s, 180 MB).
/// </summary>
internal static class TagGuard
{
    public const int MostAttributes = 200;

    /// <summary>True when each tag has a bearable number of attributes, as far as the text is XML.</summary>
    public static bool Passes(ReadOnlySpan<byte> xml)
    {
        for (int at; (at = xml.IndexOf((byte)'<')) >= 0;)
        {
            xml = xml[at..];
            if (xml is [_, (byte)'!' or (byte)'?' or (byte)'/', ..]) xml = Behind(xml);
            else if (!TagPasses(ref xml)) return false;
        }
        return true;
    }

    private static ReadOnlySpan<byte> Behind(ReadOnlySpan<byte> xml)
    {
        if (xml.StartsWith("<!--"u8)) return Behind(xml[4..], "-->"u8);
        if (xml.StartsWith("<![CDATA["u8)) return Behind(xml, "]]>"u8);
        return xml[1] == '?' ? Behind(xml, "?>"u8) : xml[2..];
    }

    private static ReadOnlySpan<byte> Behind(ReadOnlySpan<byte> xml, ReadOnlySpan<byte> end) =>
        xml.IndexOf(end) is var at and >= 0 ? xml[(at + end.Length)..] : default;

    private static bool TagPasses(ref ReadOnlySpan<byte> xml)
    {
        for (var attributes = 0; attributes <= MostAttributes; attributes++)
        {
            var at = xml.IndexOfAny((byte)'"', (byte)'\'', (byte)'>');
            var mark = at < 0 ? (byte)'>' : xml[at];
            xml = at < 0 ? default : xml[(at + 1)..];
            if (mark == '>') return true;
            xml = xml[(xml.IndexOf(mark) + 1)..];
        }
        return false;
    }
}
