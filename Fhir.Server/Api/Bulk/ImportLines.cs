using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Fhir.Server.Api.Http;
using Fhir.Server.Api.Identity;
using Fhir.Server.Api.Interactions;
using Fhir.Server.Core.Json;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Jobs;
using Fhir.Server.Store.Resources;

namespace Fhir.Server.Api.Bulk;

/// <summary>Reads and writes the lines of a piece, each for itself and many in one commit, on the road of every other write. Done once more it changes nothing: the id of a line that has none follows from its number.</summary>
public sealed class ImportLines(Writing writing)
{
    /// <summary>Reads the lines of a piece: what each asks to write, or why that cannot be.</summary>
    public async Task<IReadOnlyList<(long Line, Result<Write> Write)>> ReadAsync(ImportOrder order, ImportPiece piece, CancellationToken stop)
    {
        var read = new List<(long, Result<Write>)>();
        var (from, number) = (0, piece.FirstLine);
        for (var to = 0; to <= piece.Lines.Length; to++)
        {
            if (to < piece.Lines.Length && piece.Lines[to] != (byte)'\n') continue;
            var text = piece.Lines.AsMemory(from, to - from);
            if (!text.Span.Trim(" \t\r"u8).IsEmpty) read.Add((number, await WriteOf(order, number, text, stop)));
            (from, number) = (to + 1, number + 1);
        }
        return read;
    }

    /// <summary>Writes them; gives the lines that were refused, each with its OperationOutcome.</summary>
    public async Task<IReadOnlyList<(long Line, byte[] Outcome)>> WriteAsync(ImportOrder order, IReadOnlyList<(long Line, Result<Write> Write)> lines, CancellationToken stop)
    {
        var caller = new Caller(order.By, order.By.Who);
        var answers = await Task.WhenAll(lines.Select(line => OneAsync(caller, line.Line, line.Write, stop)));
        return [.. answers.OfType<(long, byte[])>()];
    }

    private async Task<(long, byte[])?> OneAsync(Caller caller, long number, Result<Write> line, CancellationToken stop)
    {
        var refused = line.Failed(out var issue, out var write) || (await writing.CommitAsync([write], caller, stop)).Failed(out issue, out _);
        return refused ? (number, OperationOutcome.Of(Refusal.At(issue!, string.Create(CultureInfo.InvariantCulture, $"line[{number}]"))).ToArray()) : null;
    }

    private async Task<Result<Write>> WriteOf(ImportOrder order, long number, ReadOnlyMemory<byte> line, CancellationToken stop)
    {
        var mayAsk = line.Span.Contains((byte)'?');
        if (RequestBody.Parse(line, inTransaction: mayAsk).Failed(out var issue, out var body)) return issue;
        if (body.Resource.Type == "AuditEvent") return new Issue(IssueKind.Unsupported, "An AuditEvent is appended by its own system and not imported.");
        if ((await writing.FitAsync(body, body.Resource.Type, stop)).Failed(out issue, out body)) return issue;
        var id = body.Resource["id"].Text ?? IdOf(order, number);
        if (!Update.IsId(id)) return new Issue(IssueKind.Invalid, "An id has 1 to 64 letters, digits, - and '.'.", $"{body.Resource.Type}.id");
        var write = Update.WriteOf(new(body.Resource.Type, id), body, new(), order.Home) with { InBulk = true };
        if (!mayAsk) return write;
        return ConditionalReferences.In(body.Resource).Failed(out issue, out var lookups) ? issue : write with { Lookups = lookups };
    }

    private static string IdOf(ImportOrder order, long number) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{order.JobId}/{number}")))[..16]);
}
