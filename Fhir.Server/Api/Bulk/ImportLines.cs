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

/// <summary>Writes the lines of a piece, each for itself and many in one commit, on the road of every other write. Done once more it changes nothing: the id of a line that has none follows from its number.</summary>
public sealed class ImportLines(Writing writing)
{
    /// <summary>The lines that were refused, each with its OperationOutcome.</summary>
    public async Task<IReadOnlyList<(long Line, byte[] Outcome)>> WriteAsync(ImportOrder order, ImportPiece piece, CancellationToken stop)
    {
        var caller = new Caller(order.By, order.By.Who);
        var parts = new List<(long Number, ReadOnlyMemory<byte> Text)>();
        var (from, number) = (0, piece.FirstLine);
        for (var to = 0; to <= piece.Lines.Length; to++)
        {
            if (to < piece.Lines.Length && piece.Lines[to] != (byte)'\n') continue;
            var text = piece.Lines.AsMemory(from, to - from);
            if (!text.Span.Trim(" \t\r"u8).IsEmpty) parts.Add((number, text));
            (from, number) = (to + 1, number + 1);
        }
        var answers = await Task.WhenAll(parts.Select(part => OneAsync(order, caller, part.Number, part.Text, stop)));
        return [.. answers.OfType<(long, byte[])>()];
    }

    private async Task<(long, byte[])?> OneAsync(ImportOrder order, Caller caller, long number, ReadOnlyMemory<byte> line, CancellationToken stop)
    {
        var refused = (await WriteOf(order, number, line, stop)).Failed(out var issue, out var write) || (await writing.CommitAsync([write], caller, stop)).Failed(out issue, out _);
        return refused ? (number, OperationOutcome.Of(Refusal.At(issue!, string.Create(CultureInfo.InvariantCulture, $"line[{number}]"))).ToArray()) : null;
    }

    private async Task<Result<Write>> WriteOf(ImportOrder order, long number, ReadOnlyMemory<byte> line, CancellationToken stop)
    {
        if (RequestBody.Parse(line).Failed(out var issue, out var body)) return issue;
        if (body.Resource.Type == "AuditEvent") return new Issue(IssueKind.Unsupported, "An AuditEvent is appended by its own system and not imported.");
        if ((await writing.FitAsync(body, body.Resource.Type, stop)).Failed(out issue, out body)) return issue;
        var id = body.Resource["id"].Text ?? IdOf(order, number);
        if (!Update.IsId(id)) return new Issue(IssueKind.Invalid, "An id has 1 to 64 letters, digits, - and '.'.", $"{body.Resource.Type}.id");
        return Update.WriteOf(new(body.Resource.Type, id), body, new(), order.Home);
    }

    private static string IdOf(ImportOrder order, long number) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{order.JobId}/{number}")))[..16]);
}
