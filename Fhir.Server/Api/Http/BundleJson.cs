using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Fhir.Server.Store.Access;

namespace Fhir.Server.Api.Http;

/// <summary>One entry of a Bundle that leaves — https://hl7.org/fhir/R4/bundle.html. The resource is copied as it is.</summary>
public sealed record BundleEntry
{
    public string? FullUrl { get; init; }
    public ReadOnlyMemory<byte> Resource { get; init; }
    /// <summary>match, include or outcome.</summary>
    public string? SearchMode { get; init; }
    public (string Method, string Url)? Request { get; init; }
    public EntryResponse? Response { get; init; }
    /// <summary>For the audit; 0 = it tells of no resource.</summary>
    public long Rid { get; init; }

    /// <summary>A resource that a search found.</summary>
    public static BundleEntry Found(ResourceVersion version, string baseUrl, string mode) =>
        new() { FullUrl = $"{baseUrl}/{version.Key}", Resource = version.Body, SearchMode = mode, Rid = version.Rid };
}

/// <summary>What happened to an entry: the headers that a request of its own would have got.</summary>
public sealed record EntryResponse(int Status)
{
    public string? Location { get; init; }
    public string? ETag { get; init; }
    public DateTimeOffset? LastModified { get; init; }
    public ReadOnlyMemory<byte> Outcome { get; init; }
}

/// <summary>Writes Bundles.</summary>
public static class BundleJson
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    public static FhirBody Answer(string type, long? total, IReadOnlyList<(string Relation, string Url)> links, IReadOnlyList<BundleEntry> entries, IReadOnlyList<long>? concerned = null) =>
        FhirBody.Of(Write(type, total, links, entries), [.. entries.Where(e => e.Rid != 0).Select(e => e.Rid), .. (concerned ?? []).Select(rid => -rid)]);

    public static ReadOnlyMemory<byte> Write(string type, long? total, IReadOnlyList<(string Relation, string Url)> links, IReadOnlyList<BundleEntry> entries)
    {
        var buffer = new ArrayBufferWriter<byte>(256 + entries.Sum(e => e.Resource.Length + 256));
        using var json = new Utf8JsonWriter(buffer, Options);
        json.WriteStartObject();
        json.WriteString("resourceType"u8, "Bundle"u8);
        json.WriteString("type"u8, type);
        if (total is { } number) json.WriteNumber("total"u8, number);
        if (links.Count > 0) WriteLinks(json, links);
        if (entries.Count > 0) WriteEntries(json, entries);
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenMemory;
    }

    /// <summary>A Bundle that says more of itself than its type (a document, a message): head writes that.</summary>
    public static ReadOnlyMemory<byte> Write(string type, Action<Utf8JsonWriter> head, IReadOnlyList<BundleEntry> entries)
    {
        var buffer = new ArrayBufferWriter<byte>(512 + entries.Sum(e => e.Resource.Length + 256));
        using var json = new Utf8JsonWriter(buffer, Options);
        json.WriteStartObject();
        json.WriteString("resourceType"u8, "Bundle"u8);
        head(json);
        json.WriteString("type"u8, type);
        WriteEntries(json, entries);
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenMemory;
    }

    private static void WriteLinks(Utf8JsonWriter json, IReadOnlyList<(string Relation, string Url)> links)
    {
        json.WriteStartArray("link"u8);
        foreach (var (relation, url) in links)
        {
            json.WriteStartObject();
            json.WriteString("relation"u8, relation);
            json.WriteString("url"u8, url);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void WriteEntries(Utf8JsonWriter json, IReadOnlyList<BundleEntry> entries)
    {
        json.WriteStartArray("entry"u8);
        foreach (var entry in entries) WriteEntry(json, entry);
        json.WriteEndArray();
    }

    internal static void WriteEntry(Utf8JsonWriter json, BundleEntry entry)
    {
        json.WriteStartObject();
        if (entry.FullUrl is { } fullUrl) json.WriteString("fullUrl"u8, fullUrl);
        Raw(json, "resource", entry.Resource);
        if (entry.SearchMode is { } mode)
        {
            json.WriteStartObject("search"u8);
            json.WriteString("mode"u8, mode);
            json.WriteEndObject();
        }
        if (entry.Request is var (method, url))
        {
            json.WriteStartObject("request"u8);
            json.WriteString("method"u8, method);
            json.WriteString("url"u8, url);
            json.WriteEndObject();
        }
        if (entry.Response is { } response) WriteResponse(json, response);
        json.WriteEndObject();
    }

    private static void WriteResponse(Utf8JsonWriter json, EntryResponse response)
    {
        json.WriteStartObject("response"u8);
        json.WriteString("status"u8, StatusLine.Of(response.Status));
        if (response.Location is { } location) json.WriteString("location"u8, location);
        if (response.ETag is { } etag) json.WriteString("etag"u8, etag);
        if (response.LastModified is { } modified) json.WriteString("lastModified"u8, modified.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.ffffffZ", CultureInfo.InvariantCulture));
        Raw(json, "outcome", response.Outcome);
        json.WriteEndObject();
    }

    private static void Raw(Utf8JsonWriter json, string name, ReadOnlyMemory<byte> value)
    {
        if (value.IsEmpty) return;
        json.WritePropertyName(name);
        json.WriteRawValue(value.Span, skipInputValidation: true);
    }
}

/// <summary><c>201 Created</c>, as entries and histories tell it.</summary>
public static class StatusLine
{
    public static string Of(int status) => $"{status.ToString(CultureInfo.InvariantCulture)} {Microsoft.AspNetCore.WebUtilities.ReasonPhrases.GetReasonPhrase(status)}".TrimEnd();
}
