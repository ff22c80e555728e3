using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Database;

namespace Fhir.Server.Store.Search.Types;

/// <summary>token — https://hl7.org/fhir/R4/search.html#token</summary>
internal sealed record Token(string? System, string? Code)
{
    /// <summary>Reads <c>code</c>, <c>system|code</c>, <c>|code</c> (no system) and <c>system|</c> (any code).</summary>
    public static Result<Token> Parse(string text) => SearchText.Split(text, '|') switch
    {
        [""] or ["", ""] => new Issue(IssueKind.Invalid, "A token needs a system, a code or both."),
        [var code] => new Token(null, code),
        [var system, ""] => new Token(system, null),
        [var system, var code] => new Token(system, code),
        _ => new Issue(IssueKind.Invalid, "A token has at most one '|'."),   // never echo the text: it may name a patient
    };

    /// <summary>The tokens that a stored element answers to.</summary>
    public static IEnumerable<Token> In(Element element, DefinitionSet definitions) => element.Type switch
    {
        "Coding" => [new(element["system"].Text, element["code"].Text)],
        "Identifier" => [new(element["system"].Text, element["value"].Text)],
        "CodeableConcept" => element.Each("coding").SelectMany(coding => In(coding, definitions)),
        "ContactPoint" => [new(null, element["value"].Text)],
        "code" => [new(SystemOf(element, definitions), element.Text)],
        _ => [new(null, element.Text)],
    };

    /// <summary>Makes the index rows; false when the element holds no token.</summary>
    public static bool Index(Element element, int p, IndexEntries to, SearchCatalog catalog)
    {
        var some = false;
        foreach (var token in In(element, catalog.Definitions))
        {
            foreach (var value in token.Hashes(catalog.Hash))
            {
                to.Tokens.Add((p, value));
                some = true;
            }
        }
        if (element.Type == "Identifier") IndexOfType(element, p, to, catalog.Hash);
        CodeText.Index(element, p, to, catalog.Hash);
        return some;
    }

    /// <summary>The hash that a search looks for; also one of those that are indexed.</summary>
    public long Hash(KeyedHash hash) => (System, Code) switch
    {
        (null, { } code) => hash.Of('c', code),
        ("", { } code) => hash.Of('n', code),
        ({ } system, null) => hash.Of('s', system),
        ({ } system, { } code) => hash.Of('b', system, code),
        (null, null) => 0,
    };

    /// <summary>The hashes by which a stored token is found as part of a composite: with its system, and without.</summary>
    public IEnumerable<long> CodeHashes(KeyedHash hash) =>
        string.IsNullOrEmpty(Code) ? [] : [hash.Of('c', Code), new Token(System ?? "", Code).Hash(hash)];

    private IEnumerable<long> Hashes(KeyedHash hash) =>
        string.IsNullOrEmpty(System) ? CodeHashes(hash) : CodeHashes(hash).Append(hash.Of('s', System));

    // An element of type code has no system of its own, but that of the value set it must come from.
    private static string? SystemOf(Element code, DefinitionSet definitions) =>
        code.Text is { } text && code.Parent?.Definition.Element(code.Name)?.RequiredValueSet is { } valueSet ? definitions.RequiredCodes(valueSet)?.SystemOf(text) : null;

    private static void IndexOfType(Element identifier, int p, IndexEntries to, KeyedHash hash)
    {
        if (identifier["value"].Text is not { } value) return;
        foreach (var coding in identifier["type"].Each("coding"))
            if (coding["code"].Text is { } code) to.Tokens.Add((p, OfType(hash, coding["system"].Text ?? "", code, value)));
    }

    internal static long OfType(KeyedHash hash, string system, string code, string value) => hash.Of(hash.Of('o', system, code), hash.Of('v', value));
}

/// <summary>A searched token.</summary>
internal sealed record TokenValue(Token Token) : SearchValue("ix_tok")
{
    public static Result<SearchValue> Parse(string text) =>
        Token.Parse(text).Failed(out var issue, out var token) ? issue : new TokenValue(token);

    public override bool IsPoint => true;
    public override long? Point(Lookup lookup) => Token.Hash(lookup.Hash);
    public override Sql Where(SearchParameter parameter, Lookup lookup) => Sql.Of($"i.v = {Token.Hash(lookup.Hash)}");
}

/// <summary>Any of many codes: those of a value set, or those above or below one.</summary>
internal sealed record CodesValue(IReadOnlyList<Token> AnyOf) : SearchValue("ix_tok")
{
    public override Sql Where(SearchParameter parameter, Lookup lookup) => Sql.In("i.v", [.. AnyOf.Select(token => token.Hash(lookup.Hash)).Distinct()]);
}

/// <summary>An identifier of a type: <c>:of-type=system|code|value</c>.</summary>
internal sealed record OfTypeValue(string System, string Code, string Value) : SearchValue("ix_tok")
{
    public static Result<SearchValue> Parse(string text) => SearchText.Split(text, '|') switch
    {
        [var system, var code, var value] when code.Length > 0 && value.Length > 0 => new OfTypeValue(system, code, value),
        _ => new Issue(IssueKind.Invalid, "An identifier of a type is written as system|code|value."),
    };

    public override bool IsPoint => true;
    public override long? Point(Lookup lookup) => Token.OfType(lookup.Hash, System, Code, Value);
    public override Sql Where(SearchParameter parameter, Lookup lookup) => Sql.Of($"i.v = {Point(lookup)}");
}
