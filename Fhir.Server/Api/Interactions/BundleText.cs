using System.Text.Json;
using Fhir.Server.Api.Http;
using Fhir.Server.Core.Outcomes;

namespace Fhir.Server.Api.Interactions;

/// <summary>
/// A batch or transaction as it was sent, its resources not read yet: in a batch a broken resource is the failure of its entry and
/// of no other — https://hl7.org/fhir/R4/bundle.html
/// </summary>
public sealed class BundleText
{
    public string? ResourceType { get; private set; }
    public string? Type { get; private set; }
    /// <summary>Bundle.identifier as it was sent; empty = it has none.</summary>
    public ReadOnlyMemory<byte> Identifier { get; private set; }
    public List<EntryText> Entries { get; } = [];
    /// <summary>So large that what is made of its entries is not kept for all of them at once.</summary>
    public bool IsLarge { get; private init; }
    private const int LargeBytes = 4 * 1024 * 1024;

    /// <param name="broken">What is wrong with entries whose resource was lost on the way from XML, by their index.</param>
    public static Result<BundleText> Read(ReadOnlyMemory<byte> json, IReadOnlyDictionary<int, Issue> broken, int most)
    {
        var bundle = new BundleText { IsLarge = json.Length > LargeBytes };
        var reader = new Utf8JsonReader(json.Span, new JsonReaderOptions { MaxDepth = Representation.DeepestBundle });
        try
        {
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartObject) return NoBundle;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName) bundle.Property(ref reader, json);
            foreach (var (index, issue) in broken) bundle.Entries[index].Broken = issue;
            return reader.Read() ? NoBundle : bundle.Entries.Count > most ? TooMany(most) : bundle;
        }
        catch (JsonException malformed)
        {
            return new Issue(IssueKind.Invalid, $"The text is not JSON from line {malformed.LineNumber + 1}, byte {malformed.BytePositionInLine + 1} on.") { Code = "structure" };
        }
        catch (InvalidOperationException)   // a string that is no UTF-8, or has half a surrogate pair
        {
            return NoBundle;
        }
    }

    private static Issue TooMany(int most) => new(IssueKind.Invalid, $"A Bundle has at most {most} entries here.", "Bundle.entry") { Code = "too-long" };
    private static Issue NoBundle => new(IssueKind.Invalid, "Only a Bundle of type batch or transaction is taken here.", "Bundle");

    private void Property(ref Utf8JsonReader reader, ReadOnlyMemory<byte> json)
    {
        if (reader.ValueTextEquals("resourceType"u8)) ResourceType = Text(ref reader);
        else if (reader.ValueTextEquals("type"u8)) Type = Text(ref reader);
        else if (reader.ValueTextEquals("identifier"u8)) Identifier = EntryText.Span(ref reader, json);
        else if (reader.ValueTextEquals("entry"u8)) TakeEntries(ref reader, json);
        else reader.Skip();
    }

    private void TakeEntries(ref Utf8JsonReader reader, ReadOnlyMemory<byte> json)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartArray) throw new JsonException();
        while (reader.Read() && reader.TokenType == JsonTokenType.StartObject) Entries.Add(EntryText.Read(ref reader, json));
    }

    internal static string? Text(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.String) return reader.GetString();
        reader.Skip();
        return null;
    }
}

/// <summary>One entry of it: what is asked, and the text of the resource.</summary>
public sealed class EntryText
{
    public string? FullUrl { get; private set; }
    public string? Method { get; private set; }
    public string? Url { get; private set; }
    public string? IfMatch { get; private set; }
    public string? IfNoneMatch { get; private set; }
    public string? IfNoneExist { get; private set; }
    public ReadOnlyMemory<byte> Resource { get; private set; }
    /// <summary>Why its resource could not be read at all.</summary>
    public Issue? Broken { get; internal set; }

    internal static EntryText Read(ref Utf8JsonReader reader, ReadOnlyMemory<byte> json)
    {
        var entry = new EntryText();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("fullUrl"u8)) entry.FullUrl = BundleText.Text(ref reader);
            else if (reader.ValueTextEquals("request"u8)) entry.Request(ref reader);
            else if (reader.ValueTextEquals("resource"u8)) entry.Resource = Span(ref reader, json);
            else reader.Skip();
        }
        return entry;
    }

    private void Request(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject) throw new JsonException();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("method"u8)) Method = BundleText.Text(ref reader);
            else if (reader.ValueTextEquals("url"u8)) Url = BundleText.Text(ref reader);
            else if (reader.ValueTextEquals("ifMatch"u8)) IfMatch = BundleText.Text(ref reader);
            else if (reader.ValueTextEquals("ifNoneMatch"u8)) IfNoneMatch = BundleText.Text(ref reader);
            else if (reader.ValueTextEquals("ifNoneExist"u8)) IfNoneExist = BundleText.Text(ref reader);
            else reader.Skip();
        }
    }

    internal static ReadOnlyMemory<byte> Span(ref Utf8JsonReader reader, ReadOnlyMemory<byte> json)
    {
        reader.Read();
        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        return json[start..(int)reader.BytesConsumed];
    }
}
