using System.Buffers;
using System.IO.Pipelines;
using Fhir.Server.Core.Outcomes;

namespace Adapters.Hl7v2;

/// <summary>Frames around messages on a stream: 0x0B, the message, 0x1C 0x0D — HL7 v2 Minimal Lower Layer Protocol</summary>
public static class Mllp
{
    internal const byte Start = 0x0B, End = 0x1C, Return = 0x0D;

    public static byte[] Frame(ReadOnlySpan<byte> message) => [Start, .. message, End, Return];
}

/// <summary>Reads frames of at most <paramref name="limit"/> bytes from a stream, however they were cut on the way.</summary>
public sealed class MllpReader(Stream stream, int limit)
{
    private readonly PipeReader _pipe = PipeReader.Create(stream, new StreamPipeReaderOptions(leaveOpen: true, bufferSize: 64 * 1024));

    /// <summary>The next message; an issue when the line ends, within a frame or before one, or when what comes is no frame.</summary>
    public async Task<Result<byte[]>> NextAsync(CancellationToken stop)
    {
        var searched = 0L;
        while (true)
        {
            var read = await _pipe.ReadAsync(stop);
            var buffer = read.Buffer;
            if (buffer.Length > 0 && buffer.FirstSpan[0] != Mllp.Start) return new Issue(IssueKind.Invalid, "What came is not an MLLP frame.");
            var rest = buffer.Slice(Math.Min(buffer.Length, Math.Max(1, searched - 1)));
            var end = new SequenceReader<byte>(rest);
            if (end.TryReadTo(out ReadOnlySequence<byte> last, [Mllp.End, Mllp.Return]))
            {
                var message = buffer.Slice(buffer.GetPosition(1), last.End);
                if (message.Length > limit) return TooLong();
                var bytes = message.ToArray();
                _pipe.AdvanceTo(end.Position);
                return bytes;
            }
            if (buffer.Length > limit) return TooLong();
            if (read.IsCompleted) return new Issue(IssueKind.Unavailable, buffer.IsEmpty ? "The line was closed before an answer." : "The line was closed in the middle of a frame.");
            searched = buffer.Length;
            _pipe.AdvanceTo(buffer.Start, buffer.End);
        }
    }

    private static Issue TooLong() => new(IssueKind.Invalid, "What came is longer than a frame may be.");
}
