using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Fhir.Server.Api.Http;

/// <summary>What an Accept header prefers — https://www.rfc-editor.org/rfc/rfc9110#name-accept</summary>
internal static class AcceptHeader
{
    // How much a format is wanted: by its quality, then by how plainly it was named, then by its place in the header.
    private sealed record Wish(double Quality, int Plainness, int Place) : IComparable<Wish>
    {
        public int CompareTo(Wish? other) => other is null ? 1 : (Quality, Plainness, -Place).CompareTo((other.Quality, other.Plainness, -other.Place));
    }

    /// <summary>The format that is wanted most; JSON where both are as welcome; null where neither is.</summary>
    public static Format? Best(StringValues accept)
    {
        if (!MediaTypeHeaderValue.TryParseList(accept, out var ranges)) return null;
        var (json, xml) = (WishFor(Format.Json, ranges), WishFor(Format.Xml, ranges));
        if (json.Quality <= 0 && xml.Quality <= 0) return null;
        return xml.CompareTo(json) > 0 ? Format.Xml : Format.Json;
    }

    // The plainest name counts, even when something vaguer is wanted more: "application/fhir+xml;q=0.1, */*".
    private static Wish WishFor(Format format, IList<MediaTypeHeaderValue> ranges)
    {
        var best = new Wish(0, -1, 0);
        for (var i = 0; i < ranges.Count; i++)
        {
            var plainness = Plainness(format, ranges[i]);
            var wish = new Wish(plainness < 0 ? 0 : ranges[i].Quality ?? 1, plainness, i);
            if (wish.Plainness > best.Plainness || (wish.Plainness == best.Plainness && wish.Quality > best.Quality)) best = wish;
        }
        return best;
    }

    // A browser asks for HTML and would take XML: it gets JSON.
    private static int Plainness(Format format, MediaTypeHeaderValue range)
    {
        if (range.MediaType.Value is not { } type || !Formats.FitsR4(range)) return -1;
        if (Formats.OfType(type) == format) return 2;
        return type.ToLowerInvariant() switch
        {
            "*/*" => 0,
            "application/*" or "text/*" => 1,
            "text/html" => format == Format.Json ? 1 : -1,
            _ => -1,
        };
    }
}
