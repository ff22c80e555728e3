using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Fhir.Server.Api.Http;
using Fhir.Server.Core.Elements;
using Fhir.Server.Store.Jobs;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Fhir.Server.Api.Bulk;

/// <summary>The files of a job that is done — https://hl7.org/fhir/uv/bulkdata/export.html#response---complete-status. How many lines a file has is not told: it is judged anew when it is read.</summary>
public sealed class Manifest(Job job, bool refused, IReadOnlyList<ExportPiece> pieces) : Answer
{
    /// <summary>The file of what an import refused.</summary>
    public const string Refused = "refused";

    /// <summary>Of a batch: one file, of its answer or of why all of it was refused.</summary>
    public static Manifest OfBatch(Job job, bool refused) => new(job, refused, []) { Answered = !refused };

    private bool? Answered { get; init; }

    public override int Status => StatusCodes.Status200OK;

    /// <summary>The pieces by the last part of their address.</summary>
    public static IEnumerable<(string Name, ExportPiece Piece)> Parts(IEnumerable<ExportPiece> pieces) =>
        pieces.GroupBy(piece => (piece.Type, piece.Deleted)).SelectMany(same => same.Select((piece, i) => (string.Create(CultureInfo.InvariantCulture, $"{(piece.Deleted ? "deleted-" : "")}{i + 1}"), piece)));

    public override Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.Headers.Expires = HeaderUtilities.FormatDate(Micros.At(job.UntilAt));
        response.ContentType = "application/json";
        var text = Write($"{Base.Of(httpContext)}/{Jobs.AddressOf(job.Id)}");
        response.ContentLength = text.Length;
        return response.Body.WriteAsync(text, httpContext.RequestAborted).AsTask();
    }

    private ReadOnlyMemory<byte> Write(string address)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        json.WriteString("transactionTime", Micros.Instant(job.AsOf));
        json.WriteString("request", job.Request);
        json.WriteBoolean("requiresAccessToken", true);
        foreach (var (name, deleted) in new[] { ("output", false), ("deleted", true) })
        {
            json.WriteStartArray(name);
            foreach (var (part, piece) in Parts(pieces).Where(p => p.Piece.Deleted == deleted)) File(json, deleted ? "Bundle" : piece.Type, $"{address}/{piece.Type}/{part}");
            if (Answered == true && !deleted) File(json, "Bundle", $"{address}/answer");
            json.WriteEndArray();
        }
        json.WriteStartArray("error");
        if (refused) File(json, "OperationOutcome", Answered is null ? $"{address}/OperationOutcome/{Refused}" : $"{address}/answer");
        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenMemory;
    }

    private static void File(Utf8JsonWriter json, string type, string url)
    {
        json.WriteStartObject();
        json.WriteString("type", type);
        json.WriteString("url", url);
        json.WriteEndObject();
    }
}
