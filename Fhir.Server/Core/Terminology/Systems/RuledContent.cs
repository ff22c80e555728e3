// https://hl7.org/fhir/R4/terminologies-systems.html
using System.Collections.Frozen;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.FhirPath.Values;

namespace Fhir.Server.Core.Terminology.Systems;

/// <summary>A code system that is checked by a rule or a short table, since it has no end or changes outside FHIR.</summary>
internal sealed class RuledContent(string url, Func<string, bool> isCode, IEnumerable<string>? codes = null, bool caseSensitive = true) : CodeContent(url, null)
{
    private readonly Lazy<IReadOnlyList<Concept>?> _all = new(() => codes is null ? null : [.. codes.Order(StringComparer.Ordinal).Select(Made)]);

    private static readonly FrozenDictionary<string, RuledContent> Known = new RuledContent[]
    {
        new("http://unitsofmeasure.org", Ucum.IsValid),
        new("urn:ietf:bcp:13", MimeTypes.IsValid, caseSensitive: false),
        new("urn:ietf:bcp:47", LanguageTags.IsValid, caseSensitive: false),
        new("urn:ietf:rfc:3986", code => Uri.IsWellFormedUriString(code, UriKind.Absolute)),
        new("urn:iso:std:iso:3166", CountryCodes.AnyForm.Contains, CountryCodes.AnyForm),
        new("urn:iso:std:iso:3166:-1", CountryCodes.AnyForm.Contains, CountryCodes.AnyForm),
        new("urn:iso:std:iso:3166-1:alpha-2", CountryCodes.TwoLetters.Contains, CountryCodes.TwoLetters),
        new("urn:iso:std:iso:3166:-2", IsSubdivision),
        new("urn:iso:std:iso:4217", CurrencyCodes.All.Contains, CurrencyCodes.All),
    }.ToFrozenDictionary(c => c.Url, StringComparer.Ordinal);

    public static RuledContent? Of(string url) => Known.GetValueOrDefault(url);

    public override bool IsComplete => true;
    public override bool IsCaseSensitive => caseSensitive;
    public override IReadOnlyList<Concept>? All => _all.Value;
    public override Concept? Find(string code) => isCode(code) ? Made(code) : null;
    public override Membership Has(string code) => isCode(code) ? Membership.In : Membership.Out;

    private static Concept Made(string code) => new(code, null, Element.None);

    // The parts of countries are thousands and change each year: the country must be known, the rest has its form.
    private static bool IsSubdivision(string code) =>
        code.Length is >= 4 and <= 6 && code[2] == '-' && CountryCodes.TwoLetters.Contains(code[..2]) && code.AsSpan(3).IndexOfAnyExcept(Subdivision) < 0;

    private static readonly System.Buffers.SearchValues<char> Subdivision = System.Buffers.SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");
}
