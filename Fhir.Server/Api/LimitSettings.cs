using System.Globalization;
using Fhir.Server.Core.Outcomes;
using Microsoft.Extensions.Configuration;

namespace Fhir.Server.Api;

/// <summary>How much one request may ask for, and how many at once; docs/limits.md says what is answered past each.</summary>
public sealed record LimitSettings
{
    /// <summary>How long a query may take before it is ended.</summary>
    public int QuerySeconds { get; init; } = 30;
    /// <summary>How many requests of known callers may be under way at once on this node.</summary>
    public int RequestsAtOnce { get; init; } = 256;
    /// <summary>How many more may wait for that.</summary>
    public int RequestsWaiting { get; init; } = 1024;
    /// <summary>The part of both that one caller may have, in hundredths.</summary>
    public int CallerPercent { get; init; } = 50;

    /// <summary>The settings under <c>Limits</c>, or the one sentence that says what is wrong with them.</summary>
    public static Result<LimitSettings> Read(IConfiguration from)
    {
        var numbers = new Numbers(from);
        var usual = new LimitSettings();
        var read = new LimitSettings
        {
            QuerySeconds = numbers.Of("Limits:QuerySeconds", usual.QuerySeconds, 1, 3600),
            RequestsAtOnce = numbers.Of("Limits:RequestsAtOnce", usual.RequestsAtOnce, 1, 100_000),
            RequestsWaiting = numbers.Of("Limits:RequestsWaiting", usual.RequestsWaiting, 0, 1_000_000),
            CallerPercent = numbers.Of("Limits:CallerPercent", usual.CallerPercent, 1, 100),
        };
        return numbers.Wrong is { } wrong ? wrong : read;
    }

    private sealed class Numbers(IConfiguration from)
    {
        public Issue? Wrong { get; private set; }

        public int Of(string name, int usual, int least, int most)
        {
            if (from[name] is not { Length: > 0 } text) return usual;
            if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most) return number;
            Wrong ??= new(IssueKind.Invalid, string.Create(CultureInfo.InvariantCulture, $"{name} must be a number from {least} to {most}."));
            return usual;
        }
    }
}
