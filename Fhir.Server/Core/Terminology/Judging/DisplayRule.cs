using Fhir.Server.Core.Outcomes;
using Fhir.Server.Core.Terminology.Wordings;

namespace Fhir.Server.Core.Terminology.Judging;

/// <summary>Whether a display is one of those that the concept has, in a language that was asked for.</summary>
internal static class DisplayRule
{
    public static Finding? Judge(Coded coded, IReadOnlyList<Wording> wordings, Languages? wanted, bool lenient)
    {
        if (coded.Display is not { } display || wordings.Count == 0) return null;
        var good = wordings.Where(w => Fits(w, wanted)).ToList();
        var severity = lenient ? Severity.Warning : Severity.Error;
        if (good.Count == 0) return NoneInLanguage(coded, wordings, wanted!, severity);
        if (good.Find(w => Same(w.Text, display)) is { } said) return said.Retired is null || good.Exists(w => Same(w.Text, display) && w.Retired is null) ? null : Outdated(coded, said, good);
        var onlySpaces = good.Exists(w => Same(Flat(w.Text), Flat(display)));
        return new(severity, "invalid", "invalid-display", Wrong(coded, good, wanted, onlySpaces ? "whitespace in display name" : "Display Name"), coded.At("display"),
            onlySpaces ? "Display_Name_WS_for__should_be_one_of__instead_of" : "Display_Name_for__should_be_one_of__instead_of") { InMessage = true };
    }

    // A display without a language is good for any.
    private static bool Fits(Wording wording, Languages? wanted) => wanted is null || wording.Language is null || wanted.Tags.Count == 0 || wanted.Rank(wording.Language) is not null;

    private static bool Same(string a, string b) => string.Equals(a, b, StringComparison.OrdinalIgnoreCase);

    private static string Flat(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    private static Finding NoneInLanguage(Coded coded, IReadOnlyList<Wording> all, Languages wanted, Severity severity)
    {
        var (name, languages) = ($"{coded.System}#{coded.Code}", wanted.Text);
        return all.Any(w => Same(w.Text, coded.Display!))
            ? new(Severity.Information, "invalid", "invalid-display", $"There are no valid display names found for the code {name} for language(s) '{languages}'. The display is '{coded.Display}' which is a valid display for the default language", coded.At("display"), "NO_VALID_DISPLAY_FOUND_NONE_FOR_LANG_OK") { InMessage = true }
            : new(severity, "invalid", "invalid-display", $"Wrong Display Name '{coded.Display}' for {name}. There are no valid display names found for language(s) '{languages}'. Default display is '{all[0].Text}'", coded.At("display"), "NO_VALID_DISPLAY_FOUND_NONE_FOR_LANG_ERR") { InMessage = true };
    }

    private static string Wrong(Coded coded, List<Wording> good, Languages? wanted, string what)
    {
        var choices = good.Select(w => w.Language is null ? $"'{w.Text}'" : $"'{w.Text}' ({w.Language})").Distinct().ToList();
        var valid = choices.Count == 1 ? $"Valid display is {choices[0]}"
            : $"Valid display is one of {choices.Count} choices: {string.Join(", ", choices.SkipLast(1))} or {choices[^1]}";
        return $"Wrong {what} '{coded.Display}' for {coded.System}#{coded.Code}. {valid} (for the language(s) '{wanted?.Text ?? "--"}')";
    }

    private static Finding Outdated(Coded coded, Wording said, List<Wording> good)
    {
        var others = string.Join(",", good.Where(w => w.Retired is null).Select(w => $"\"{w.Text}\"").Distinct());
        return new(Severity.Warning, "invalid", "display-comment",
            $"'{coded.Display}' is no longer considered a correct display for code '{coded.Code}' (status = {said.Retired}). The correct display is one of {others}.", coded.At("display"), "INACTIVE_DISPLAY_FOUND");
    }
}
