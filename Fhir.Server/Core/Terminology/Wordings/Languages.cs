// https://www.rfc-editor.org/rfc/rfc9110#name-accept-language
using System.Globalization;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;

namespace Fhir.Server.Core.Terminology.Wordings;

/// <summary>The languages that displays are wanted in, the dearest first.</summary>
public sealed class Languages
{
    private readonly List<string> _tags;

    private Languages(string text, List<string> tags, bool isStrict) => (Text, _tags, IsStrict) = (text, tags, isStrict);

    /// <summary>As it was asked, to be told back.</summary>
    public string Text { get; }
    /// <summary>True for <c>*;q=0</c>: a display in any other language is not wanted.</summary>
    public bool IsStrict { get; }
    public IReadOnlyList<string> Tags => _tags;

    /// <summary>Those of the parameter displayLanguage, else of the request, else that of the definition; null when nobody says any.</summary>
    internal static Result<Languages?> Of(Question question, Element definition)
    {
        if ((question.Text("displayLanguage") ?? question.AcceptLanguage ?? definition["language"].Text) is not { } text) return (Languages?)null;
        return Read(text).Failed(out var issue, out var languages) ? issue : languages;
    }

    /// <summary>Reads <c>nl-BE, fr;q=0.5</c>. Empty gives no languages at all; nothing that looks like a tag is an issue.</summary>
    public static Result<Languages> Read(string text)
    {
        var (found, strict) = (new List<(string Tag, double Weight)>(), false);
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var pieces = part.Split(';', StringSplitOptions.TrimEntries);
            var weight = WeightOf(pieces);
            if (pieces[0] == "*") strict |= weight == 0;
            else if (!Systems.LanguageTags.IsValid(pieces[0])) return new Issue(IssueKind.Invalid, $"Invalid displayLanguage: '{text}'") { Code = "processing", Rule = "invalid-display" };
            else if (weight > 0) found.Add((pieces[0], weight));
        }
        return new Languages(text, [.. found.OrderByDescending(l => l.Weight).Select(l => l.Tag)], strict);
    }

    /// <summary>How dear a language is: 0 the dearest, null when it is not asked for. <c>de</c> is content with <c>de-CH</c>, after <c>de</c> itself.</summary>
    public int? Rank(string? tag)
    {
        if (tag is null) return null;
        for (var i = 0; i < _tags.Count; i++)
        {
            if (tag.Equals(_tags[i], StringComparison.OrdinalIgnoreCase)) return 2 * i;
            if (tag.StartsWith(_tags[i] + "-", StringComparison.OrdinalIgnoreCase)) return 2 * i + 1;
        }
        return null;
    }

    private static double WeightOf(string[] pieces) =>
        pieces.Skip(1).FirstOrDefault(p => p.StartsWith("q=", StringComparison.OrdinalIgnoreCase)) is { } q
        && double.TryParse(q.AsSpan(2), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var weight) ? weight : 1;
}
