namespace Fhir.Server.Api.Audit;

/// <summary>The rids of a row, packed: differences as variable-length numbers, in the order they left; below zero those that did not leave.</summary>
public static class RidList
{
    public static byte[]? Pack(IReadOnlyList<long> rids)
    {
        if (rids.Count == 0) return null;
        var packed = new byte[rids.Count * 10];
        var (length, last) = (0, 0L);
        foreach (var rid in rids)
        {
            var difference = rid - last;
            var left = (ulong)((difference << 1) ^ (difference >> 63));
            for (; left >= 0x80; left >>= 7) packed[length++] = (byte)(left | 0x80);
            packed[length++] = (byte)left;
            last = rid;
        }
        return packed[..length];
    }

    /// <summary>What left, and what it concerned besides.</summary>
    public static (IReadOnlyList<long> Returned, IReadOnlyList<long> Concerned) Sides(IReadOnlyList<long> rids) =>
        rids.All(rid => rid > 0) ? (rids, []) : ([.. rids.Where(rid => rid > 0)], [.. rids.Where(rid => rid < 0).Select(rid => -rid)]);

    public static IReadOnlyList<long> Unpack(ReadOnlySpan<byte> packed)
    {
        var rids = new List<long>();
        var (at, last) = (0, 0L);
        while (at < packed.Length)
        {
            var (value, shift) = (0UL, 0);
            byte one;
            do
            {
                one = packed[at++];
                value |= (ulong)(one & 0x7F) << shift;
                shift += 7;
            } while (one >= 0x80 && at < packed.Length);
            last += (long)(value >> 1) ^ -(long)(value & 1);
            rids.Add(last);
        }
        return rids;
    }
}
