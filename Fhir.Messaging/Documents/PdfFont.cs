using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Fhir.Messaging.Documents;

/// <summary>A font inside one PDF: gives each used character a code and embeds just those glyphs — ISO 32000-1, 9.7 (composite fonts)</summary>
internal sealed class PdfFont(TrueType face)
{
    // A code belongs to a character, not to a glyph: two characters drawn as the same box can still be copied out as themselves.
    private readonly Dictionary<Rune, ushort> _codes = [];
    private readonly List<Rune> _characters = [];

    public double WidthOf(Rune character, double size) => face.WidthOf(face.GlyphOf(character)) * size / 1000;

    public double WidthOf(ReadOnlySpan<char> text, double size)
    {
        var width = 0.0;
        foreach (var character in text.EnumerateRunes()) width += WidthOf(character, size);
        return width;
    }

    /// <summary>The text as a hexadecimal PDF string of two-byte codes.</summary>
    public string Encode(string text)
    {
        var codes = new StringBuilder("<");
        foreach (var character in text.EnumerateRunes()) codes.Append(CodeOf(character).ToString("X4", CultureInfo.InvariantCulture));
        return codes.Append('>').ToString();
    }

    public int WriteTo(PdfFile file)
    {
        var glyphs = _characters.Select(face.GlyphOf).Prepend((ushort)0).Distinct().ToList();
        var name = SubsetName();
        var program = TrueTypeSubset.Write(face, glyphs);
        var programId = file.AddStream(Invariant($"/Length1 {program.Length}"), program);
        var descriptor = file.Add(Invariant($"<< /Type /FontDescriptor /FontName /{name} /Flags 4 /FontBBox [{string.Join(' ', face.Box)}] /ItalicAngle 0 /Ascent {face.Ascent} /Descent {face.Descent} /CapHeight {face.CapHeight} /StemV 80 /FontFile2 {programId} 0 R >>"));
        var map = file.AddStream("", GlyphMap(glyphs));
        var widths = string.Join(' ', _characters.Select(c => face.WidthOf(face.GlyphOf(c))));
        var descendant = file.Add(Invariant($"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /{name} /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> /FontDescriptor {descriptor} 0 R /DW {face.WidthOf(0)} /W [1 [{widths}]] /CIDToGIDMap {map} 0 R >>"));
        var toUnicode = file.AddStream("", Encoding.ASCII.GetBytes(ToUnicode()));
        return file.Add(Invariant($"<< /Type /Font /Subtype /Type0 /BaseFont /{name} /Encoding /Identity-H /DescendantFonts [{descendant} 0 R] /ToUnicode {toUnicode} 0 R >>"));
    }

    private ushort CodeOf(Rune character)
    {
        if (_codes.TryGetValue(character, out var code)) return code;
        if (_characters.Count == ushort.MaxValue) return 0;   // two bytes are full: shown as the box
        _characters.Add(character);
        return _codes[character] = (ushort)_characters.Count;
    }

    private byte[] GlyphMap(List<ushort> glyphs)
    {
        var places = glyphs.Select((glyph, i) => (glyph, i)).ToDictionary(p => p.glyph, p => (ushort)p.i);
        var map = new byte[2 * (_characters.Count + 1)];
        for (var i = 0; i < _characters.Count; i++)
            BinaryPrimitives.WriteUInt16BigEndian(map.AsSpan(2 * (i + 1)), places[face.GlyphOf(_characters[i])]);
        return map;
    }

    private string ToUnicode()
    {
        var map = new StringBuilder("/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n");
        foreach (var block in _characters.Select((character, i) => (character, code: i + 1)).Chunk(100))
        {
            map.Append(CultureInfo.InvariantCulture, $"{block.Length} beginbfchar\n");
            foreach (var (character, code) in block)
                map.Append(CultureInfo.InvariantCulture, $"<{code:X4}> <{Convert.ToHexString(Encoding.BigEndianUnicode.GetBytes(character.ToString()))}>\n");
            map.Append("endbfchar\n");
        }
        return map.Append("endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n").ToString();
    }

    // Six letters mark a subset; they differ where the subset differs.
    private string SubsetName()
    {
        uint hash = 2166136261;
        foreach (var character in _characters) hash = unchecked((hash ^ (uint)character.Value) * 16777619);
        var tag = string.Create(6, hash, static (letters, rest) =>
        {
            for (var i = 0; i < letters.Length; i++, rest /= 26) letters[i] = (char)('A' + rest % 26);
        });
        return $"{tag}+{face.Name}";
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
