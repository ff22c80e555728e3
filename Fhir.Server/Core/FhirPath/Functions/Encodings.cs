using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.FhirPath.Operators;
using Fhir.Server.Core.FhirPath.Values;

namespace Fhir.Server.Core.FhirPath.Functions;

/// <summary>https://hl7.org/fhirpath/#additional-string-functions — encode, decode, escape, unescape; what cannot be decoded is empty.</summary>
internal static class Encodings
{
    /// <summary>A function of a string and the name of a format; false when there is no such format.</summary>
    public static Function Of(Func<string, string, (bool Known, string? Text)> coded) => (run, input, arguments, into) =>
    {
        var (text, format) = (run.Text(input), run.Text(arguments[0]));
        if (text is null || format is null) return;
        var (known, result) = coded(text, format);
        if (!known) run.Fail("The format is none that this function knows.");
        else if (result is not null) into.Add(Computed.Of(result));
    };

    public static (bool, string?) Encode(string text, string format) => format switch
    {
        "base64" => (true, Convert.ToBase64String(Encoding.UTF8.GetBytes(text))),
        "urlbase64" => (true, Convert.ToBase64String(Encoding.UTF8.GetBytes(text)).Replace('+', '-').Replace('/', '_')),
        "hex" => (true, Convert.ToHexStringLower(Encoding.UTF8.GetBytes(text))),
        _ => (false, null),
    };

    public static (bool, string?) Decode(string text, string format) => format switch
    {
        "base64" => (true, FromBase64(text)),
        "urlbase64" => (true, FromBase64(text.Replace('-', '+').Replace('_', '/'))),
        "hex" => (true, FromHex(text)),
        _ => (false, null),
    };

    private static string? FromBase64(string text)
    {
        var bytes = new byte[text.Length];
        return Convert.TryFromBase64String(text, bytes, out var written) ? Encoding.UTF8.GetString(bytes, 0, written) : null;
    }

    private static string? FromHex(string text) =>
        text.Length % 2 == 0 && text.All(char.IsAsciiHexDigit) ? Encoding.UTF8.GetString(Convert.FromHexString(text)) : null;

    public static (bool, string?) Escape(string text, string format) => format switch
    {
        "html" => (true, text.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal)
            .Replace(">", "&gt;", StringComparison.Ordinal).Replace("\"", "&quot;", StringComparison.Ordinal).Replace("'", "&#39;", StringComparison.Ordinal)),
        "json" => (true, JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).ToString()),
        _ => (false, null),
    };

    public static (bool, string?) Unescape(string text, string format) => format switch
    {
        "html" => (true, WebUtility.HtmlDecode(text)),
        "json" => (true, FromJson(text)),
        _ => (false, null),
    };

    private static string? FromJson(string text)
    {
        var read = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\') read.Append(text[i]);
            else if (++i >= text.Length) return null;
            else if (text[i] == 'u')
            {
                if (i + 4 >= text.Length || !ushort.TryParse(text.AsSpan(i + 1, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code)) return null;
                read.Append((char)code);
                i += 4;
            }
            else if ("\"\\/bfnrt".IndexOf(text[i], StringComparison.Ordinal) is var at and >= 0) read.Append("\"\\/\b\f\n\r\t"[at]);
            else return null;
        }
        return read.ToString();
    }
}
