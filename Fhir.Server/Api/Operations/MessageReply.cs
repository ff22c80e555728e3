using System.Security.Cryptography;
using System.Text;
using Fhir.Server.Api.Http;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Json;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;

namespace Fhir.Server.Api.Operations;

/// <summary>The answer to a message: a message too — https://hl7.org/fhir/R4/messageheader-definitions.html#MessageHeader.response</summary>
internal sealed class MessageReply(MessageText asked, string baseUrl)
{
    /// <summary>It was stored. The same message gets the same answer, to the byte.</summary>
    public FhirBody Ok(MessageTaken taken, ResourceVersion? stored, Element focus)
    {
        var header = Header(NameOf($"{taken.Id}\nheader"), "ok");
        foreach (var one in focus.Each("focus")) header.Add(one.Copy());
        return Message(NameOf($"{taken.Id}\nbundle"), taken.AtMicros, header, default, stored is null ? [] : [stored.Rid]);
    }

    /// <summary>It was not: transient = the same message may be taken later.</summary>
    public FhirBody Failed(bool transient, ReadOnlyMemory<byte> outcome, long atMicros)
    {
        var (header, details) = (Header(Guid.NewGuid(), transient ? "transient-error" : "fatal-error"), $"urn:uuid:{Guid.NewGuid()}");
        header["response"].Add("details").Add("reference", details);
        return Message(Guid.NewGuid(), atMicros, header, new() { FullUrl = details, Resource = outcome }, []);
    }

    private Element Header(Guid id, string code)
    {
        var header = Element.Of("MessageHeader");
        header.Add("id", id.ToString());
        header.Add(asked.Header["event"].Copy());
        if (asked.Header["source"]["endpoint"].Text is { } back) header.Add("destination").Add("endpoint", back);
        var source = header.Add("source");
        source.Add("name", "Samenspraak");
        source.Add("endpoint", $"{baseUrl}/$process-message");
        var response = header.Add("response");
        response.Add("identifier", asked.Header["id"].Text ?? IdIn(asked.Id));
        response.Add("code", code);
        return header;
    }

    // Without an id the header is called by its fullUrl, which may be no id at all.
    private static string IdIn(string? fullUrl) => fullUrl?.Split(':', '/')[^1] is { } last && Interactions.Update.IsId(last) ? last : MessageOnce.Hash(fullUrl ?? "");

    private static FhirBody Message(Guid name, long atMicros, Element header, BundleEntry? outcome, IReadOnlyList<long> returned)
    {
        var first = new BundleEntry { FullUrl = $"urn:uuid:{header["id"].Text}", Resource = JsonWriter.Write(header) };
        return FhirBody.Of(BundleJson.Write("message", json =>
        {
            json.WriteStartObject("identifier");
            json.WriteString("system", "urn:ietf:rfc:3986");
            json.WriteString("value", $"urn:uuid:{name}");
            json.WriteEndObject();
            json.WriteString("timestamp", Micros.Instant(atMicros));
        }, outcome is null ? [first] : [first, outcome]), returned);
    }

    private static Guid NameOf(string text) => new(SHA256.HashData(Encoding.UTF8.GetBytes(text))[..16]);
}
