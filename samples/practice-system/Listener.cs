using System.Net;
using System.Net.Sockets;

namespace PracticeSystem;

/// <summary>Takes MLLP on the loopback address: a message is kept first and answered then, as told.</summary>
internal sealed class Listener(Options options, Inbox inbox, TimeProvider clock)
{
    private const int LongestMessage = 64 * 1024 * 1024;
    private readonly TcpListener _listener = new(IPAddress.Loopback, options.Port);

    public int Start()
    {
        _listener.Start();
        return ((IPEndPoint)_listener.LocalEndpoint).Port;
    }

    public async Task ServeAsync()
    {
        while (true) _ = TalkAsync(await _listener.AcceptTcpClientAsync());
    }

    private async Task TalkAsync(TcpClient client)
    {
        try
        {
            using (client)
            {
                var stream = client.GetStream();
                var buffered = new BufferedStream(stream);   // for reading only: it cannot turn round while it holds a next frame
                while (await FrameAsync(buffered) is { } bytes && await AnswerAsync(stream, new Message(bytes)))
                {
                }
            }
        }
        catch (Exception gone) when (gone is IOException or SocketException)
        {
            await Console.Error.WriteLineAsync("a connection broke off");
        }
    }

    // False when the connection is to be closed.
    private async Task<bool> AnswerAsync(NetworkStream stream, Message message)
    {
        inbox.Keep(message, options.Answer.ToString().ToLowerInvariant(), clock.GetLocalNow());
        byte[] Ack(string code) => [0x0B, .. message.Acknowledge(code, clock.GetLocalNow()), 0x1C, 0x0D];
        if (options.Answer == Answer.Late) await Task.Delay(TimeSpan.FromSeconds(40), clock);
        byte[] answer = options.Answer switch
        {
            Answer.Aa or Answer.Late => Ack("AA"),
            Answer.Ae => Ack("AE"),
            Answer.Ar => Ack("AR"),
            Answer.Garbage => [0x0B, .. "<html>502 Bad Gateway</html>"u8, 0x1C, 0x0D],
            Answer.Half => Ack("AA")[..40],
            Answer.None => [],
        };
        await stream.WriteAsync(answer);
        return options.Answer != Answer.Half;
    }

    // Null at the end of the line, and for what is no frame or too long.
    private static async Task<byte[]?> FrameAsync(BufferedStream stream)
    {
        var one = new byte[1];
        using var message = new MemoryStream();
        if (await stream.ReadAsync(one) == 0 || one[0] != 0x0B) return null;
        while (message.Length <= LongestMessage && await stream.ReadAsync(one) == 1)
        {
            if (one[0] == 0x0D && message.Length > 0 && message.GetBuffer()[message.Length - 1] == 0x1C) return message.ToArray()[..^1];
            message.WriteByte(one[0]);
        }
        return null;
    }
}
