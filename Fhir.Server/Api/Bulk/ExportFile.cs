using System.Buffers;
using System.Text.Json;
using Fhir.Server.Api.Blobs;
using Fhir.Server.Api.Http;
using Fhir.Server.Api.Interactions;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Jobs;
using Microsoft.AspNetCore.Http;

namespace Fhir.Server.Api.Bulk;

/// <summary>One file as NDJSON: bodies in short queries, each judged anew. Told = what the log says left; nothing else does.</summary>
internal sealed class ExportFile(Job job, ExportPiece piece, IReadOnlyList<long> told, Func<AccessContext> sees, TenantDatabase database, BinaryData binaries) : Answer
{
    private const int AtOnce = 500;

    private readonly List<string> _elements = [.. job.Elements.Split(',', StringSplitOptions.RemoveEmptyEntries).Where(e => !e.Contains('.', StringComparison.Ordinal) || e.StartsWith($"{piece.Type}.", StringComparison.Ordinal))];

    public override int Status => StatusCodes.Status200OK;
    public override IReadOnlyList<long> Returned => told;

    public override async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.ContentType = "application/fhir+ndjson";
        var (known, line) = (told.ToHashSet(), new ArrayBufferWriter<byte>(256 * 1024));
        for (var from = piece.From; from <= piece.To; from += AtOnce)
        {
            var some = piece with { From = from, To = Math.Min(from + AtOnce - 1, piece.To) };
            var found = await ExportList.BodiesAsync(database, job.N, some, sees(), httpContext.RequestAborted);
            await AppendAsync([.. found.Where(version => known.Contains(version.Rid))], line, httpContext.RequestAborted);
            if (line.WrittenCount > 0) await response.Body.WriteAsync(line.WrittenMemory, httpContext.RequestAborted);
            line.ResetWrittenCount();
        }
    }

    private async ValueTask AppendAsync(IReadOnlyList<ResourceVersion> versions, ArrayBufferWriter<byte> line, CancellationToken stop)
    {
        if (piece.Deleted)
        {
            if (versions.Count > 0) Deletes(versions, line);
            return;
        }
        foreach (var version in versions) Append(Part((await binaries.PutBackAsync(version, stop)).Body).Span, line);
    }

    // Elements that are named for other types only leave this one whole.
    private ReadOnlyMemory<byte> Part(ReadOnlyMemory<byte> body) => _elements.Count == 0 ? body : Subset.Of(body, null, _elements);

    // A line break inside a string is escaped, so that each one here stands between two words of JSON.
    private static void Append(ReadOnlySpan<byte> body, ArrayBufferWriter<byte> line)
    {
        var room = line.GetSpan(body.Length + 1);
        body.CopyTo(room);
        if (body.IndexOfAny((byte)'\n', (byte)'\r') >= 0)
        {
            room[..body.Length].Replace((byte)'\n', (byte)' ');
            room[..body.Length].Replace((byte)'\r', (byte)' ');
        }
        room[body.Length] = (byte)'\n';
        line.Advance(body.Length + 1);
    }

    // https://hl7.org/fhir/uv/bulkdata/export.html: deleted resources are told as the entries of a transaction
    private static void Deletes(IReadOnlyList<ResourceVersion> versions, ArrayBufferWriter<byte> line)
    {
        using (var json = new Utf8JsonWriter(line))
        {
            json.WriteStartObject();
            json.WriteString("resourceType", "Bundle");
            json.WriteString("type", "transaction");
            json.WriteStartArray("entry");
            foreach (var version in versions)
            {
                json.WriteStartObject();
                json.WriteStartObject("request");
                json.WriteString("method", "DELETE");
                json.WriteString("url", version.Key.ToString());
                json.WriteEndObject();
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteEndObject();
        }
        line.Write("\n"u8);
    }
}
