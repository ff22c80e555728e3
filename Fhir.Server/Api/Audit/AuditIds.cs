using System.Buffers.Binary;
using Fhir.Server.Api.Identity;
using Fhir.Server.Store.Database;

namespace Fhir.Server.Api.Audit;

/// <summary>The ids of events as patients see them. The numbers of rows would tell how much happened to others meanwhile.</summary>
public sealed class AuditIds(Seal seal)
{
    private const string Purpose = "audit event", Prefix = "e-";
    private const int Size = 16;

    public string Of(AuditLine line)
    {
        if (line.Act == AuditAct.Append) return line.EventId;
        var block = new byte[Size];
        BinaryPrimitives.WriteInt64BigEndian(block, line.N);
        block[8] = (byte)line.Place.Written;
        return Prefix + Convert.ToHexStringLower(seal.Mask(Purpose, block));
    }

    /// <summary>The stream and number of a row, or null when we never gave such an id.</summary>
    public (bool IsWrite, long N)? Read(string id)
    {
        if (!id.StartsWith(Prefix, StringComparison.Ordinal) || id.Length != Prefix.Length + (2 * Size)) return null;
        var hex = id[Prefix.Length..];
        if (!hex.All(char.IsAsciiHexDigitLower)) return null;
        var block = seal.Unmask(Purpose, Convert.FromHexString(hex));
        return block[8] > 1 || block.AsSpan(9).ContainsAnyExcept((byte)0) ? null : (block[8] == 1, BinaryPrimitives.ReadInt64BigEndian(block));
    }
}
