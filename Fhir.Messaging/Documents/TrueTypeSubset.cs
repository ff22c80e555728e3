using System.Buffers.Binary;
using System.Text;

namespace Fhir.Messaging.Documents;

/// <summary>Writes a font file that holds only some glyphs of another, without hinting — https://learn.microsoft.com/typography/opentype/spec/glyf</summary>
internal static class TrueTypeSubset
{
    [Flags]
    private enum Part { WordArguments = 1, Scale = 8, More = 0x20, TwoScales = 0x40, Matrix = 0x80, Instructions = 0x100 }

    /// <summary>Glyph i of the new font is <paramref name="glyphs"/>[i] of the old one; the parts of composite glyphs follow behind.</summary>
    public static byte[] Write(TrueType font, IEnumerable<ushort> glyphs)
    {
        var order = glyphs.ToList();
        var places = order.Select((glyph, i) => (glyph, i)).ToDictionary(p => p.glyph, p => (ushort)p.i);
        using var outlines = new MemoryStream();
        using var offsets = new MemoryStream();
        for (var i = 0; i < order.Count; i++)
        {
            Put32(offsets, (uint)outlines.Length);
            outlines.Write(WithoutHints(font.OutlineOf(order[i]), part => PlaceOf(part, order, places)));
            while (outlines.Length % 4 != 0) outlines.WriteByte(0);
        }
        Put32(offsets, (uint)outlines.Length);
        return Assemble(
        [
            ("glyf", outlines.ToArray()), ("head", Head(font)), ("hhea", WithCount(font.Table("hhea"), 34, order.Count)),
            ("hmtx", Metrics(font, order)), ("loca", offsets.ToArray()), ("maxp", WithCount(font.Table("maxp"), 4, order.Count)),
        ]);
    }

    private static ushort PlaceOf(ushort part, List<ushort> order, Dictionary<ushort, ushort> places)
    {
        if (places.TryGetValue(part, out var place)) return place;
        places[part] = place = (ushort)order.Count;
        order.Add(part);
        return place;
    }

    private static byte[] WithoutHints(ReadOnlySpan<byte> outline, Func<ushort, ushort> placeOf)
    {
        if (outline.IsEmpty) return [];
        var contours = BinaryPrimitives.ReadInt16BigEndian(outline);
        return contours < 0 ? Composite(outline, placeOf) : Simple(outline, 10 + 2 * contours);
    }

    private static byte[] Simple(ReadOnlySpan<byte> outline, int hintsAt)
    {
        var hints = BinaryPrimitives.ReadUInt16BigEndian(outline[hintsAt..]);
        return [.. outline[..hintsAt], 0, 0, .. outline[(hintsAt + 2 + hints)..]];
    }

    private static byte[] Composite(ReadOnlySpan<byte> outline, Func<ushort, ushort> placeOf)
    {
        var result = outline.ToArray();
        var at = 10;
        Part flags;
        do
        {
            flags = (Part)BinaryPrimitives.ReadUInt16BigEndian(outline[at..]);
            BinaryPrimitives.WriteUInt16BigEndian(result.AsSpan(at), (ushort)(flags & ~Part.Instructions));
            BinaryPrimitives.WriteUInt16BigEndian(result.AsSpan(at + 2), placeOf(BinaryPrimitives.ReadUInt16BigEndian(outline[(at + 2)..])));
            at += 4 + (flags.HasFlag(Part.WordArguments) ? 4 : 2)
                + (flags.HasFlag(Part.Scale) ? 2 : flags.HasFlag(Part.TwoScales) ? 4 : flags.HasFlag(Part.Matrix) ? 8 : 0);
        }
        while (flags.HasFlag(Part.More));
        return result[..at];
    }

    private static byte[] Head(TrueType font)
    {
        var head = WithCount(font.Table("head"), 50, 1);   // long offsets in loca
        head.AsSpan(8, 4).Clear();                         // the whole file's checksum: Assemble fills it in
        return head;
    }

    private static byte[] Metrics(TrueType font, List<ushort> order)
    {
        var metrics = new byte[4 * order.Count];
        for (var i = 0; i < order.Count; i++)
        {
            BinaryPrimitives.WriteUInt16BigEndian(metrics.AsSpan(4 * i), font.AdvanceOf(order[i]));
            BinaryPrimitives.WriteUInt16BigEndian(metrics.AsSpan(4 * i + 2), font.BearingOf(order[i]));
        }
        return metrics;
    }

    private static byte[] WithCount(ReadOnlySpan<byte> table, int at, int count)
    {
        var copy = table.ToArray();
        BinaryPrimitives.WriteUInt16BigEndian(copy.AsSpan(at), (ushort)count);
        return copy;
    }

    private static byte[] Assemble((string Tag, byte[] Bytes)[] tables)
    {
        using var file = new MemoryStream();
        file.Write([0, 1, 0, 0, 0, (byte)tables.Length, 0, 64, 0, 2, 0, (byte)(16 * tables.Length - 64)]);   // search hints for 4 to 7 tables
        var (offset, headAt) = (12 + 16 * tables.Length, 0);
        foreach (var (tag, bytes) in tables)
        {
            if (tag == "head") headAt = offset;
            file.Write(Encoding.ASCII.GetBytes(tag));
            Put32(file, Checksum(bytes));
            Put32(file, (uint)offset);
            Put32(file, (uint)bytes.Length);
            offset += (bytes.Length + 3) & ~3;
        }
        foreach (var (_, bytes) in tables)
        {
            file.Write(bytes);
            while (file.Length % 4 != 0) file.WriteByte(0);
        }
        var result = file.ToArray();
        BinaryPrimitives.WriteUInt32BigEndian(result.AsSpan(headAt + 8), unchecked(0xB1B0AFBA - Checksum(result)));
        return result;
    }

    private static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        uint sum = 0;
        for (var i = 0; i < bytes.Length; i++) unchecked { sum += (uint)bytes[i] << (24 - 8 * (i % 4)); }
        return sum;
    }

    private static void Put32(MemoryStream stream, uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        stream.Write(bytes);
    }
}
