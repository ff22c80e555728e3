using System.Net.Sockets;
using Fhir.Messaging.Delivery;

namespace Adapters.Hl7v2;

/// <summary>How long to wait for a partner, and how long its answer may be.</summary>
public sealed record MllpSettings
{
    /// <summary>From the connection to the whole acknowledgment.</summary>
    public TimeSpan AckTimeout { get; init; } = TimeSpan.FromSeconds(30);
    public int LongestAck { get; init; } = 64 * 1024;
}

/// <summary>A practice system that takes HL7 v2 over MLLP: one connection, one message, one answer.</summary>
public sealed class MllpLine(MllpSettings settings, TimeProvider clock) : ILine
{
    public string ConnectionType => "hl7v2-mllp";

    public async Task<LineAnswer> SendAsync(OutboundDocument document, Uri address, CancellationToken stop)
    {
        if (address is not { IsAbsoluteUri: true, Scheme: "mllp", Host.Length: > 0, Port: > 0 }) return new(LineResult.Rejected, "The endpoint's address is not mllp://host:port.");
        if (OruFromDocument.Translate(document).Failed(out var issue, out var message)) return new(LineResult.Rejected, issue.Text);
        using var patience = new CancellationTokenSource(settings.AckTimeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, patience.Token);
        try
        {
            return await ExchangeAsync(message, document.MessageId, address, either.Token);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return new(LineResult.Retry, $"No answer within {settings.AckTimeout.TotalSeconds:0.#} s.");
        }
        catch (SocketException broken)
        {
            return new(LineResult.Retry, $"No connection: {broken.SocketErrorCode}.");
        }
        catch (IOException)
        {
            return new(LineResult.Retry, "The connection broke before an answer.");
        }
    }

    private async Task<LineAnswer> ExchangeAsync(Hl7Message message, string messageId, Uri address, CancellationToken stop)
    {
        // Closed with a reset unless all went well: an answer that comes too late finds nobody to mistake it for another's.
        using var client = new TcpClient { NoDelay = true, LingerState = new LingerOption(true, 0) };
        await client.ConnectAsync(address.IdnHost, address.Port, stop);
        var stream = client.GetStream();
        await stream.WriteAsync(Mllp.Frame(message.ToBytes()), stop);
        if ((await new MllpReader(stream, settings.LongestAck).NextAsync(stop)).Failed(out var issue, out var answer)) return new(LineResult.Retry, issue.Text);
        client.LingerState = new LingerOption(false, 0);
        return Ack.Read(answer, messageId);
    }
}
