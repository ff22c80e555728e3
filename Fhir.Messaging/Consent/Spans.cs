using System.Collections.Immutable;
using Fhir.Server.Store.Access;

namespace Fhir.Messaging.Consent;

/// <summary>The moments in which something holds: spans in their order that neither touch nor overlap.</summary>
public sealed class Spans
{
    public static readonly Spans None = new([]);
    public static readonly Spans Always = new([Validity.Always]);

    private readonly ImmutableArray<Validity> _spans;

    private Spans(ImmutableArray<Validity> spans) => _spans = spans;

    public static Spans Of(Validity period) => period.From < period.Until ? new([period]) : None;

    public Spans Or(Spans other)
    {
        var merged = new List<Validity>();
        foreach (var span in _spans.Concat(other._spans).OrderBy(s => s.From))
        {
            if (merged.Count > 0 && span.From <= merged[^1].Until) merged[^1] = new(merged[^1].From, Math.Max(merged[^1].Until, span.Until));
            else merged.Add(span);
        }
        return new([.. merged]);
    }

    public Spans And(Spans other) => new([.. from a in _spans
                                             from b in other._spans
                                             let both = new Validity(Math.Max(a.From, b.From), Math.Min(a.Until, b.Until))
                                             where both.From < both.Until
                                             orderby both.From
                                             select both]);

    public Spans But(Spans other) => other._spans.Aggregate(this, (left, gone) => left.And(new Spans([.. Around(gone)])));

    private static IEnumerable<Validity> Around(Validity gone)
    {
        if (gone.From > long.MinValue) yield return new(long.MinValue, gone.From);
        if (gone.Until < long.MaxValue) yield return new(gone.Until, long.MaxValue);
    }

    /// <summary>Until when it goes on holding without a break; 0 when it does not hold at that moment.</summary>
    public long HoldsUntil(long now) => _spans.Where(s => s.Holds(now)).Select(s => s.Until).FirstOrDefault();

    public static Spans Any(IEnumerable<Spans> all) => all.Aggregate(None, (one, next) => one.Or(next));
    public static Spans All(IEnumerable<Spans> all) => all.Aggregate(Always, (one, next) => one.And(next));
}
