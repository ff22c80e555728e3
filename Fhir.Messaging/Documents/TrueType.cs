using System.Buffers.Binary;
using System.Text;

namespace Fhir.Messaging.Documents;

/// <summary>A TrueType font as far as a PDF needs it — https://learn.microsoft.com/typography/opentype/spec/otff</summary>
internal sealed class TrueType
{
    private readonly byte[] _bytes;
    private readonly Dictionary<string, Range> _tables = [];
    private readonly Dictionary<int, ushort> _glyphs = [];
    private readonly int _unitsPerEm, _longMetrics;
    private readonly bool _longOffsets;

    private TrueType(string name, byte[] bytes)
    {
        (Name, _bytes) = (name, bytes);
        for (var i = 0; i < U16(4); i++) ReadTableEntry(12 + 16 * i);
        var head = Table("head");
        _unitsPerEm = BinaryPrimitives.ReadUInt16BigEndian(head[18..]);
        _longOffsets = head[51] == 1;
        _longMetrics = BinaryPrimitives.ReadUInt16BigEndian(Table("hhea")[34..]);
        Box = [.. new[] { 36, 38, 40, 42 }.Select(at => Scaled(Signed(_tables["head"], at)))];
        Ascent = Scaled(Signed(_tables["hhea"], 4));
        Descent = Scaled(Signed(_tables["hhea"], 6));
        ReadCharacters();
        CapHeight = Scaled(BinaryPrimitives.ReadInt16BigEndian(OutlineOf(GlyphOf(new Rune('H')))[8..]));
    }

    public string Name { get; }
    /// <summary>All measures are in thousandths of the type size, as PDF counts them.</summary>
    public int Ascent { get; }
    public int Descent { get; }
    public int CapHeight { get; }
    public int[] Box { get; }

    /// <summary>Reads an embedded font, such as <c>DejaVuSans</c>.</summary>
    public static TrueType Load(string name)
    {
        using var stream = typeof(TrueType).Assembly.GetManifestResourceStream($"fonts/{name}.ttf")
            ?? throw new InvalidOperationException($"The font {name} is not embedded.");
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return new TrueType(name, bytes);
    }

    /// <summary>0, the ".notdef" box, for a character that the font lacks.</summary>
    public ushort GlyphOf(Rune character) => _glyphs.GetValueOrDefault(character.Value);

    public int WidthOf(ushort glyph) => Scaled(AdvanceOf(glyph));

    public ReadOnlySpan<byte> Table(string tag) => _bytes.AsSpan(_tables[tag]);

    public ReadOnlySpan<byte> OutlineOf(ushort glyph)
    {
        var loca = Table("loca");
        var (from, to) = _longOffsets
            ? (BinaryPrimitives.ReadInt32BigEndian(loca[(4 * glyph)..]), BinaryPrimitives.ReadInt32BigEndian(loca[(4 * glyph + 4)..]))
            : (2 * BinaryPrimitives.ReadUInt16BigEndian(loca[(2 * glyph)..]), 2 * BinaryPrimitives.ReadUInt16BigEndian(loca[(2 * glyph + 2)..]));
        return Table("glyf")[from..to];
    }

    // Glyphs past the last long metric share its advance and have only a bearing.
    public ushort AdvanceOf(ushort glyph) =>
        BinaryPrimitives.ReadUInt16BigEndian(Table("hmtx")[(4 * Math.Min(glyph, _longMetrics - 1))..]);

    public ushort BearingOf(ushort glyph) => BinaryPrimitives.ReadUInt16BigEndian(
        Table("hmtx")[(glyph < _longMetrics ? 4 * glyph + 2 : 4 * _longMetrics + 2 * (glyph - _longMetrics))..]);

    private void ReadTableEntry(int at)
    {
        var from = (int)U32(at + 8);
        _tables[Encoding.ASCII.GetString(_bytes, at, 4)] = from..(from + (int)U32(at + 12));
    }

    // Only the full-Unicode subtable (platform 3, encoding 10, format 12): the fonts we carry have one.
    private void ReadCharacters()
    {
        var cmap = _tables["cmap"].Start.Value;
        for (var entry = cmap + 4; entry < cmap + 4 + 8 * U16(cmap + 2); entry += 8)
        {
            if (U32(entry) != 0x0003_000A) continue;
            var table = cmap + (int)U32(entry + 4);
            for (var group = table + 16; group < table + 16 + 12 * (int)U32(table + 12); group += 12)
            {
                var (first, last, glyph) = ((int)U32(group), (int)U32(group + 4), (int)U32(group + 8));
                for (var c = first; c <= last; c++) _glyphs[c] = (ushort)(glyph + c - first);
            }
        }
    }

    private int Scaled(int units) => (int)Math.Round(units * 1000.0 / _unitsPerEm, MidpointRounding.AwayFromZero);
    private short Signed(Range table, int at) => BinaryPrimitives.ReadInt16BigEndian(_bytes.AsSpan(table)[at..]);
    private ushort U16(int at) => BinaryPrimitives.ReadUInt16BigEndian(_bytes.AsSpan(at));
    private uint U32(int at) => BinaryPrimitives.ReadUInt32BigEndian(_bytes.AsSpan(at));
}
