using System.Globalization;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;

namespace Fhir.Messaging.Documents;

/// <summary>The objects of a PDF and where they lie — ISO 32000-1, 7.5 (file structure)</summary>
internal sealed class PdfFile
{
    private readonly MemoryStream _bytes = new();
    private readonly List<long> _offsets = [];

    // The second line's high bytes tell tools that carry the file that it is binary.
    public PdfFile() => _bytes.Write([.. "%PDF-1.7\n%"u8, 0xE2, 0xE3, 0xCF, 0xD3, (byte)'\n']);

    /// <summary>A number for an object that is written later.</summary>
    public int Reserve()
    {
        _offsets.Add(0);
        return _offsets.Count;
    }

    public int Add(string body) => Write(Reserve(), body);

    public int Write(int id, string body)
    {
        _offsets[id - 1] = _bytes.Length;
        Ascii($"{id} 0 obj\n{body}\nendobj\n");
        return id;
    }

    public int AddStream(string entries, ReadOnlySpan<byte> content)
    {
        var packed = Deflated(content);
        var id = Reserve();
        _offsets[id - 1] = _bytes.Length;
        Ascii($"{id} 0 obj\n<< {entries} /Length {packed.Length} /Filter /FlateDecode >>\nstream\n");
        _bytes.Write(packed);
        Ascii($"\nendstream\nendobj\n");
        return id;
    }

    /// <summary>Closes the file. Its id comes from its content: the same summary gives the same bytes.</summary>
    public byte[] Finish(int catalog, int info)
    {
        var id = Convert.ToHexString(SHA256.HashData(_bytes.ToArray()).AsSpan(0, 16));
        var start = _bytes.Length;
        Ascii($"xref\n0 {_offsets.Count + 1}\n0000000000 65535 f \n");
        foreach (var offset in _offsets) Ascii($"{offset:D10} 00000 n \n");
        Ascii($"trailer\n<< /Size {_offsets.Count + 1} /Root {catalog} 0 R /Info {info} 0 R /ID [<{id}> <{id}>] >>\nstartxref\n{start}\n%%EOF\n");
        return _bytes.ToArray();
    }

    /// <summary>Any text as a PDF string, in UTF-16 with its byte order mark.</summary>
    public static string TextString(string text) => $"<FEFF{Convert.ToHexString(Encoding.BigEndianUnicode.GetBytes(text))}>";

    private static byte[] Deflated(ReadOnlySpan<byte> content)
    {
        using var packed = new MemoryStream();
        using (var zip = new ZLibStream(packed, CompressionLevel.SmallestSize, leaveOpen: true)) zip.Write(content);
        return packed.ToArray();
    }

    private void Ascii(FormattableString text) => _bytes.Write(Encoding.ASCII.GetBytes(text.ToString(CultureInfo.InvariantCulture)));
}
