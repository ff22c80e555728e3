// https://www.rfc-editor.org/rfc/rfc5646#section-2.1
using System.Collections.Frozen;
using System.Text.RegularExpressions;

namespace Fhir.Server.Core.Terminology.Systems;

/// <summary>BCP 47: the grammar of a language tag; two-letter languages and regions must be known, longer ones are taken by their form.</summary>
internal static partial class LanguageTags
{
    // ISO 639-1, and at the end what was withdrawn from it but stays valid in tags.
    private const string Table =
        """
        aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv
        cy da de dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr
        ht hu hy hz ia id ie ig ii ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw
        ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv
        ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr
        ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi
        yo za zh zu
        bh in iw ji jw mo sh
        """;

    // Regions of the registry that ISO 3166-1 does not assign (any more).
    private const string MoreRegions = "AC AN BU CP CS DD DG EA EU EZ FX IC NT SU TA TP UN XK YD YU ZR ZZ";

    private static readonly FrozenSet<string> Languages = Words(Table);
    private static readonly FrozenSet<string> Regions = Words(MoreRegions).Concat(CountryCodes.TwoLetters).ToFrozenSet(StringComparer.OrdinalIgnoreCase);
    private static readonly FrozenSet<string> Grandfathered = Words(
        "en-GB-oed i-ami i-bnn i-default i-enochian i-hak i-klingon i-lux i-mingo i-navajo i-pwn i-tao i-tay i-tsu sgn-BE-FR sgn-BE-NL sgn-CH-DE art-lojban cel-gaulish no-bok no-nyn zh-guoyu zh-hakka zh-min zh-min-nan zh-xiang");

    public static bool IsValid(string code)
    {
        if (code.Length > 100) return false;
        if (Grandfathered.Contains(code)) return true;
        if (Tag().Match(code) is not { Success: true } tag) return false;
        var (language, region) = (tag.Groups["language"].Value, tag.Groups["region"].Value);
        return (language.Length != 2 || Languages.Contains(language)) && (region.Length != 2 || Regions.Contains(region));
    }

    private static FrozenSet<string> Words(string text) =>
        text.Split([' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries).ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    [GeneratedRegex(
        @"\A(?:(?<language>[a-z]{2,3}(?:-[a-z]{3}){0,3}|[a-z]{4,8})(?:-[a-z]{4})?(?:-(?<region>[a-z]{2}|[0-9]{3}))?(?:-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*(?:-[a-wy-z0-9](?:-[a-z0-9]{2,8})+)*(?:-x(?:-[a-z0-9]{1,8})+)?|x(?:-[a-z0-9]{1,8})+)\z",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 100)]
    private static partial Regex Tag();
}
