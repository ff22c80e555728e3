using System.Buffers;
using System.Text.Json;
using Fhir.Server.Api.Http;
using Fhir.Server.Api.Identity;
using Fhir.Server.Api.Interactions;
using Fhir.Server.Core.Outcomes;
using Microsoft.AspNetCore.Http;

namespace Fhir.Server.Api.Bulk;

/// <summary>
/// The file of a batch that was done: its answer as one line of NDJSON. What it asked to read is read now, each with its scope check and its line in
/// the log: nothing of the record is kept in a job.
/// </summary>
internal sealed class BatchAnswer(ReadOnlyMemory<byte> line) : Answer
{
    public override int Status => StatusCodes.Status200OK;

    public override async Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.ContentType = "application/fhir+ndjson";
        await httpContext.Response.Body.WriteAsync(line, httpContext.RequestAborted);
    }

    public static async Task<IResult> OfAsync(byte[] kept, EntryReads reads, Call call, Caller caller, string baseUrl, int most, CancellationToken stop)
    {
        if (BundleText.Read(kept, new Dictionary<int, Issue>(), most).Failed(out var issue, out var bundle)) throw new InvalidDataException(issue.Text);
        using var document = JsonDocument.Parse(kept, new() { MaxDepth = Representation.DeepestBundle });
        var output = new ArrayBufferWriter<byte>(kept.Length + 1024);
        using (var json = new Utf8JsonWriter(output, new() { SkipValidation = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteString("resourceType", "Bundle");
            json.WriteString("type", bundle.Type);
            json.WriteStartArray("entry");
            for (var i = 0; i < bundle.Entries.Count; i++)
            {
                if (bundle.Entries[i].Method is null) document.RootElement.GetProperty("entry")[i].WriteTo(json);
                else if (Entry.Of(bundle.Entries[i], i, inTransaction: false).Failed(out issue, out var entry)) BundleJson.WriteEntry(json, EntryReads.Refused(Refusal.Of(issue)));
                else BundleJson.WriteEntry(json, await reads.AnswerAsync(entry, call, caller, baseUrl, stop));
            }
            json.WriteEndArray();
            json.WriteEndObject();
        }
        return new BatchAnswer(OnOneLine(output));
    }

    // A line break inside a string is escaped, so that each one here stands between two words of JSON.
    private static byte[] OnOneLine(ArrayBufferWriter<byte> text)
    {
        var line = new byte[text.WrittenCount + 1];
        text.WrittenSpan.CopyTo(line);
        line.AsSpan().Replace((byte)'\n', (byte)' ');
        line.AsSpan().Replace((byte)'\r', (byte)' ');
        line[^1] = (byte)'\n';
        return line;
    }
}
