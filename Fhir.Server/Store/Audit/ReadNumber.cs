using System.Globalization;

namespace Fhir.Server.Store.Audit;

/// <summary>The n of a row of the read stream: its chain (one per writer, from 1) and its gapless place in it. Chain 0 = from before the chains.</summary>
[System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Auto)]
public readonly record struct ReadNumber(long Chain, long Seq)
{
    private const int SeqBits = 40;

    public long N => (Chain << SeqBits) | Seq;

    public static ReadNumber Of(long n) => new(n >> SeqBits, n & ((1L << SeqBits) - 1));

    /// <summary><c>r-2-17</c>, the id of the row as an AuditEvent; <c>r-17</c> for one from before the chains.</summary>
    public override string ToString() => Chain == 0 ? string.Create(CultureInfo.InvariantCulture, $"r-{Seq}") : string.Create(CultureInfo.InvariantCulture, $"r-{Chain}-{Seq}");

    /// <summary>The other way round; null when it is no such id.</summary>
    public static ReadNumber? Parse(string id) => id.Split('-') switch
    {
        ["r", var seq] when Number(seq) is { } s => new(0, s),
        ["r", var chain, var seq] when Number(chain) is > 0 and < 1L << 22 and var c && Number(seq) is { } s => new(c, s),
        _ => null,
    };

    private static long? Number(string text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number < 1L << SeqBits ? number : null;
}
