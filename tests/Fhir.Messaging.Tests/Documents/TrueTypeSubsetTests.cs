using System.Buffers.Binary;
using System.Text;
using Fhir.Messaging.Documents;

namespace Fhir.Messaging.Tests.Documents;

public sealed class TrueTypeSubsetTests
{
    [Theory]
    [InlineData("DejaVuSans")]
    [InlineData("DejaVuSans-Bold")]
    public void An_accented_letter_brings_its_parts_and_points_at_them(string name)
    {
        var font = TrueType.Load(name);
        var accented = font.GlyphOf(new Rune('é'));
        Assert.Equal(-1, BinaryPrimitives.ReadInt16BigEndian(font.OutlineOf(accented)));   // made of parts
        var subset = TrueTypeSubset.Write(font, [0, accented]);

        Assert.Equal(4, BinaryPrimitives.ReadUInt16BigEndian(TableOf(subset, "maxp")[4..]));
        var outlines = TableOf(subset, "glyf");
        var offsets = TableOf(subset, "loca");
        var composite = outlines[BinaryPrimitives.ReadInt32BigEndian(offsets[4..])..];
        Assert.Equal(2, BinaryPrimitives.ReadUInt16BigEndian(composite[12..]));            // its first part is now glyph 2
        var part = BinaryPrimitives.ReadInt32BigEndian(offsets[8..]);
        var letter = font.OutlineOf(font.GlyphOf(new Rune('e')));
        Assert.Equal(letter[..10].ToArray(), outlines[part..(part + 10)].ToArray());       // contours and box of the "e"
    }

    [Fact]
    public void The_checksums_add_up()
    {
        var subset = TrueTypeSubset.Write(TrueType.Load("DejaVuSans"), [0, 36, 37, 38]);
        uint sum = 0;
        for (var i = 0; i < subset.Length; i += 4) sum = unchecked(sum + BinaryPrimitives.ReadUInt32BigEndian(subset.AsSpan(i)));
        Assert.Equal(0xB1B0AFBA, sum);
    }

    private static ReadOnlySpan<byte> TableOf(ReadOnlySpan<byte> font, string tag)
    {
        for (var entry = 12; ; entry += 16)
        {
            if (!font.Slice(entry, 4).SequenceEqual(Encoding.ASCII.GetBytes(tag))) continue;
            return font.Slice(BinaryPrimitives.ReadInt32BigEndian(font[(entry + 8)..]), BinaryPrimitives.ReadInt32BigEndian(font[(entry + 12)..]));
        }
    }
}
