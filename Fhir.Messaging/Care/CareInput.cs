using System.Collections.Frozen;
using System.Globalization;
using Fhir.Server.Api.Operations;
using Fhir.Server.Core.Outcomes;
using Microsoft.AspNetCore.Http;

namespace Fhir.Messaging.Care;

/// <summary>How long an operation may be asked for: the parameter's name, what it is when absent, and the most.</summary>
internal sealed record SpanAsked(string Name, int Usual, int Most);

/// <summary>What both operations ask: which patient (an identifier and the birth date), why (a code and words), and for how long.</summary>
internal sealed record CareInput(string System, string Value, string BirthDate, string Reason, string Text, int Span)
{
    private const int LongestText = 2000;

    /// <summary><paramref name="reasons"/> = the code system that the reason comes from.</summary>
    public static async Task<Result<CareInput>> ReadAsync(HttpRequest request, string reasons, SpanAsked span, CancellationToken stop) =>
        (await Parameters.ReadAsync(request, ["identifier", "birthDate", "reason", "text", span.Name], stop)).Failed(out var issue, out var input) ? issue : Read(input, reasons, span);

    private static Result<CareInput> Read(Parameters input, string reasons, SpanAsked span)
    {
        if (input.ValueOrNone("identifier", "Identifier").Failed(out var issue, out var identifier)) return issue;
        if (identifier["system"].Text is not { Length: > 0 } system || identifier["value"].Text is not { Length: > 0 } value) return Wrong("identifier", "needs a system and a value.");
        if (input.ValueOrNone("birthDate", "date").Failed(out issue, out var born)) return issue;
        if (!DateOnly.TryParseExact(born.Text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _)) return Wrong("birthDate", "is needed, in full.");
        if (ReasonOf(input, reasons).Failed(out issue, out var reason)) return issue;
        if (input.String("text").Failed(out issue, out var text)) return issue;
        if (string.IsNullOrWhiteSpace(text) || text.Length > LongestText) return Wrong("text", $"says why in words, {LongestText} characters at most.");
        if (SpanOf(input, span).Failed(out issue, out var length)) return issue;
        return new CareInput(system, value, born.Text!, reason, text, length);
    }

    private static Result<string> ReasonOf(Parameters input, string reasons)
    {
        if (input.ValueOrNone("reason", "Coding").Failed(out var issue, out var coding)) return issue;
        var ours = coding["system"].Text is { } system && system == reasons && coding["code"].Text is { } code && Codes(reasons).Contains(code);
        return ours ? coding["code"].Text! : Wrong("reason", $"is one of {string.Join(", ", Codes(reasons).Order(StringComparer.Ordinal))}, of {reasons}.");
    }

    private static Result<int> SpanOf(Parameters input, SpanAsked span)
    {
        if (!input.Has(span.Name)) return span.Usual;
        if (input.Integer(span.Name).Failed(out var issue, out var length)) return issue;
        return length >= 1 && length <= span.Most ? length : Wrong(span.Name, $"is from 1 to {span.Most}.");
    }

    private static readonly FrozenDictionary<string, FrozenSet<string>> CodesOf = ClinicDefinitions.All().Where(d => d.Resource.Type == "CodeSystem")
        .ToFrozenDictionary(d => d.Resource["url"].Text!, d => d.Resource.Each("concept").Select(c => c["code"].Text!).ToFrozenSet(StringComparer.Ordinal), StringComparer.Ordinal);

    private static FrozenSet<string> Codes(string system) => CodesOf[system];

    private static Issue Wrong(string name, string how) => new(IssueKind.Invalid, $"The parameter {name} {how}", $"Parameters.parameter.where(name='{name}')") { Code = "value" };
}
