using System.Security.Cryptography;
using System.Text;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;

namespace Fhir.Server.Store.Search;

/// <summary>Where the next page begins: behind the row with these values. It counts for one query of one caller, and holds the t beyond which rows are newer than the first page.</summary>
internal sealed record PageToken(long Ceiling, bool ByRid, IReadOnlyList<object?> Last)
{
    private const string Purpose = "search-page";

    public string Close(Seal seal, SearchQuery query, AccessContext sees)
    {
        using var stream = new MemoryStream();
        using (var writer = new BinaryWriter(stream))
        {
            writer.Write(BoundTo(seal, query, sees));
            writer.Write(Ceiling);
            writer.Write(ByRid);
            writer.Write((byte)Last.Count);
            foreach (var value in Last) Write(writer, value);
        }
        return seal.Close(Purpose, stream.ToArray());
    }

    /// <summary>Null for a token that was not made by this server for this query and caller.</summary>
    public static PageToken? Open(string token, Seal seal, SearchQuery query, AccessContext sees)
    {
        if (seal.Open(Purpose, token) is not { } content) return null;
        using var reader = new BinaryReader(new MemoryStream(content));
        if (!reader.ReadBytes(SHA256.HashSizeInBytes).AsSpan().SequenceEqual(BoundTo(seal, query, sees))) return null;
        var (ceiling, byRid) = (reader.ReadInt64(), reader.ReadBoolean());
        var last = new object?[reader.ReadByte()];
        for (var i = 0; i < last.Length; i++) last[i] = Read(reader);
        return new(ceiling, byRid, last);
    }

    private static byte[] BoundTo(Seal seal, SearchQuery query, AccessContext sees)
    {
        var parts = query.Used.SelectMany(p => new[] { p.Key, p.Value })
            .Concat([query.Type ?? "", query.Within?.ToString() ?? "", sees.Who, sees.Client ?? "", sees.Actor?.ToString() ?? "", sees.Organization?.ToString() ?? "", seal.Epoch.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        return SHA256.HashData(Encoding.UTF8.GetBytes(string.Concat(parts.Select(p => $"{p.Length}:{p}"))));
    }

    private static void Write(BinaryWriter writer, object? value)
    {
        writer.Write(value switch { null => (byte)0, long => (byte)1, string => (byte)2, _ => (byte)3 });
        if (value is long number) writer.Write(number);
        else if (value is string text) writer.Write(text);
        else if (value is byte[] bytes)
        {
            writer.Write(bytes.Length);
            writer.Write(bytes);
        }
    }

    private static object? Read(BinaryReader reader) => reader.ReadByte() switch
    {
        0 => null,
        1 => reader.ReadInt64(),
        2 => reader.ReadString(),
        _ => reader.ReadBytes(reader.ReadInt32()),
    };
}
