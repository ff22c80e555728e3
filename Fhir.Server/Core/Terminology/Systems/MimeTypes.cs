// https://www.rfc-editor.org/rfc/rfc6838#section-4.2
using System.Text.RegularExpressions;

namespace Fhir.Server.Core.Terminology.Systems;

/// <summary>BCP 13: a media type by its grammar, with or without parameters; and the short names that FHIR lets stand for its own formats.</summary>
internal static partial class MimeTypes
{
    public static bool IsValid(string code) => code is "json" or "xml" or "ttl" || (code.Length <= 255 && Form().IsMatch(code));

    [GeneratedRegex(
        """\A[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}(?:[ ]*;[ ]*[a-z0-9!#$&^_.+*'-]+=(?:[a-z0-9!#$%&^_.+*'`|~:/-]+|"[^"\\]*"))*\z""",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 100)]
    private static partial Regex Form();
}
