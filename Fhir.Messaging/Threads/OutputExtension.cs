using System.Text.Encodings.Web;
using System.Text.Json;
using Fhir.Messaging.Realtime;
using Fhir.Server.Core.Elements;

namespace Fhir.Messaging.Threads;

/// <summary>The JSON of extensions that are added on output; our own values only, encoded all the same.</summary>
internal static class OutputExtension
{
    public static string Parts(params string?[] parts) => $"\"extension\":[{string.Join(',', parts.Where(p => p is not null))}]";

    public static string Reference(string url, string reference, string? display = null) =>
        $$$"""{"url":"{{{url}}}","valueReference":{"reference":{{{Quoted(reference)}}}{{{(display is null ? "" : $",\"display\":{Quoted(display)}")}}}}}""";

    public static string Instant(string url, long micros) => $$"""{"url":"{{url}}","valueInstant":"{{Micros.Instant(micros)}}"}""";
    public static string Code(string url, string code) => $$"""{"url":"{{url}}","valueCode":"{{code}}"}""";
    public static string? Text(string url, string? text) => string.IsNullOrEmpty(text) ? null : $$"""{"url":"{{url}}","valueString":{{Quoted(text)}}}""";

    private static string Quoted(string text) => $"\"{JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\"";
}
