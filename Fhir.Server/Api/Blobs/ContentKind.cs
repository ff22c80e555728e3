namespace Fhir.Server.Api.Blobs;

/// <summary>What a content really is, by its first bytes and never by its name.</summary>
public static class ContentKind
{
    /// <summary>The largest attachment of a conversation.</summary>
    public const int MostBytes = 25 * 1024 * 1024;

    /// <summary>application/pdf, image/png, image/jpeg; null for anything else.</summary>
    public static string? Of(ReadOnlySpan<byte> content) =>
        content.StartsWith("%PDF-"u8) ? "application/pdf"
        : content.StartsWith((ReadOnlySpan<byte>)[0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A]) ? "image/png"
        : content.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF]) ? "image/jpeg"
        : null;
}
