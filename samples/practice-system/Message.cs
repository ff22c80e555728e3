using System.Security.Cryptography;
using System.Text;

namespace PracticeSystem;

/// <summary>As much of an HL7 message as a receiver needs to file it and to answer it.</summary>
internal sealed record Message(byte[] Bytes)
{
    private readonly string[] _header = Encoding.Latin1.GetString(Bytes).Split('\r', '\n')[0] is ['M', 'S', 'H', var separator, ..] line ? line.Split(separator) : [];

    /// <summary>MSH-10, as it came.</summary>
    public string ControlId => _header.Length > 9 ? _header[9] : "";

    /// <summary>A file name that stays in its folder, whatever MSH-10 says.</summary>
    public string FileName
    {
        get
        {
            var safe = string.Concat(ControlId.Take(64).Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' ? c : '_')).TrimStart('.');
            return safe == ControlId && safe.Length > 0 ? $"{safe}.hl7" : $"{safe}-{Convert.ToHexStringLower(SHA256.HashData(Bytes).AsSpan(0, 4))}.hl7";
        }
    }

    /// <summary>An acknowledgment with the sender's own separators.</summary>
    public byte[] Acknowledge(string code, DateTimeOffset at)
    {
        var (bar, marks) = _header.Length > 1 ? (Encoding.Latin1.GetString(Bytes, 3, 1), _header[1]) : ("|", "^~\\&");
        var component = marks[..1];
        string At(int field) => _header.Length > field ? _header[field] : "";
        List<string[]> segments =
        [
            ["MSH", marks, "PRACTICE-SIMULATOR", At(5), At(2), At(3), $"{at:yyyyMMddHHmmss}", "", $"ACK{component}R01", $"ACK{at.Ticks}", "P", "2.4"],
            ["MSA", code, ControlId, .. code == "AA" ? Array.Empty<string>() : ["Not taken, as told on the command line"]],
        ];
        if (code == "AE") segments.Add(["ERR", string.Join(component, "PID", "1", "3", "204")]);
        if (code == "AR") segments.Add(["ERR", string.Join(component, "MSH", "1", "12", "203")]);
        return Encoding.Latin1.GetBytes(string.Concat(segments.Select(fields => string.Join(bar, fields) + "\r")));
    }
}
