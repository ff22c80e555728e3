namespace Adapters.Hl7v2;

/// <summary>The Dutch citizen service number; its check is the "elfproef".</summary>
internal static class Bsn
{
    public static bool IsSystem(string system) => system is "http://fhir.nl/fhir/NamingSystem/bsn" or "urn:oid:2.16.840.1.113883.2.4.6.3";

    /// <summary>Nine digits, weighed 9 to 2 and −1 for the last, add up to a multiple of 11; not all are 0.</summary>
    public static bool IsValid(string number) =>
        number.Length == 9 && number.All(char.IsAsciiDigit) && number != "000000000"
        && number.Select((digit, i) => (digit - '0') * (i == 8 ? -1 : 9 - i)).Sum() % 11 == 0;
}
