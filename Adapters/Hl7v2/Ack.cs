using System.Collections.Frozen;
using System.Text.RegularExpressions;
using Fhir.Messaging.Delivery;

namespace Adapters.Hl7v2;

/// <summary>Reads the partner's acknowledgment — HL7 v2.4, 2.16.8 (MSA) and 2.16.5 (ERR)</summary>
public static partial class Ack
{
    // HL7 table 0357
    private static readonly FrozenDictionary<string, string> Errors = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["100"] = "segment sequence error", ["101"] = "required field missing", ["102"] = "data type error", ["103"] = "table value not found",
        ["200"] = "unsupported message type", ["201"] = "unsupported event code", ["202"] = "unsupported processing id", ["203"] = "unsupported version",
        ["204"] = "unknown key identifier", ["205"] = "duplicate key identifier", ["206"] = "application record locked", ["207"] = "application internal error",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Accepted only by an AA or CA for this very message; anything that is not a clear answer to it is a Retry.</summary>
    public static LineAnswer Read(ReadOnlySpan<byte> answer, string messageId)
    {
        if (Hl7Message.Parse(answer).Failed(out _, out var ack)) return new(LineResult.Retry, "The answer is not an HL7 message.");
        if (ack["MSA-1"].Length == 0) return new(LineResult.Retry, "The answer is not an acknowledgment.");
        if (!string.Equals(ack["MSA-2"], messageId, StringComparison.Ordinal)) return new(LineResult.Retry, "The answer is to another message.");
        return ack["MSA-1"] switch
        {
            "AA" or "CA" => new(LineResult.Accepted, ack["MSA-1"]),
            "AE" or "AR" or "CE" or "CR" => new(LineResult.Rejected, Reason(ack)),
            _ => new(LineResult.Retry, "The answer has an unknown acknowledgment code."),
        };
    }

    // Only codes and places: the partner's own words may name the patient.
    private static string Reason(Hl7Message ack)
    {
        string[] codes = [ack["ERR-1.4"], ack["ERR-3"], ack["MSA-6"], ack["ERR-5"], ack["MSA-3"]];
        var code = codes.FirstOrDefault(text => Code().IsMatch(text));
        var place = new[] { ("ERR-1.1", "ERR-1.3"), ("ERR-2.1", "ERR-2.3") }
            .Select(at => $"{ack[at.Item1]}-{ack[at.Item2]}").FirstOrDefault(text => Field().IsMatch(text));
        return ack["MSA-1"] + (code is null ? "" : $" {code}")
            + (code is not null && Errors.TryGetValue(code, out var meaning) ? $": {meaning}" : "")
            + (place is null ? "" : $" ({place})");
    }

    // Too short for a name, a birth date or a BSN.
    [GeneratedRegex("^[A-Z]{0,2}[0-9]{1,4}$", RegexOptions.NonBacktracking)]
    private static partial Regex Code();

    [GeneratedRegex("^[A-Z][A-Z0-9]{2}-[0-9]{1,2}$", RegexOptions.NonBacktracking)]
    private static partial Regex Field();
}
