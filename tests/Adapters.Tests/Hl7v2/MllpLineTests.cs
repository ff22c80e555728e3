using System.Net;
using System.Net.Sockets;
using Adapters.Hl7v2;
using Fhir.Messaging.Delivery;

namespace Adapters.Tests.Hl7v2;

public sealed class MllpLineTests
{
    private const string Header = "MSH|^~\\&|HIS|||||ACK^R01|9|P|2.4\r";

    private static MllpLine Line(TimeProvider? clock = null) => new(new MllpSettings { AckTimeout = TimeSpan.FromSeconds(60) }, clock ?? TimeProvider.System);
    private static Task<LineAnswer> Send(Partner to, TimeProvider? clock = null) => Line(clock).SendAsync(Documents.Summary(), to.Address, default);

    [Fact]
    public async Task What_is_taken_is_what_was_translated()
    {
        using var partner = Partner.Saying(Header + "MSA|AA|{id}\r");
        Assert.Equal(new LineAnswer(LineResult.Accepted, "AA"), await Send(partner));
        Assert.Equal(Expect.Value(OruFromDocument.Translate(Documents.Summary())).ToString(), Assert.Single(partner.Received).ToString());
    }

    [Theory]
    [InlineData("MSA|AE|{id}\rERR|PID^1^3^204\r", LineResult.Rejected)]
    [InlineData("MSA|AR|{id}\r", LineResult.Rejected)]
    [InlineData("MSA|AA|someone-elses\r", LineResult.Retry)]
    [InlineData("MSA|AA\r", LineResult.Retry)]
    [InlineData("", LineResult.Retry)]
    public async Task A_framed_answer_is_judged(string answer, LineResult result)
    {
        using var partner = Partner.Saying(Header + answer);
        Assert.Equal(result, (await Send(partner)).Result);
    }

    [Theory]
    [InlineData("MSH|^~\\&|no frame around it\rMSA|AA|SP0000000000000042\r")]
    [InlineData("HTTP/1.1 400 Bad Request\r\n\r\n")]
    public async Task Garbage_is_no_answer(string raw)
    {
        using var partner = Partner.Writing(raw);
        Assert.Equal(new LineAnswer(LineResult.Retry, "What came is not an MLLP frame."), await Send(partner));
    }

    [Fact]
    public async Task Half_an_acceptance_is_none()
    {
        using var partner = new Partner(async (message, stream) =>
        {
            await stream.WriteAsync(Mllp.Frame(System.Text.Encoding.ASCII.GetBytes($"{Header}MSA|AA|{message["MSH-10"]}\r"))[..^1]);
            stream.Close();
        });
        Assert.Equal(new LineAnswer(LineResult.Retry, "The line was closed in the middle of a frame."), await Send(partner));
    }

    [Fact]
    public async Task An_endless_answer_is_given_up()
    {
        using var partner = Partner.Writing("\v" + new string('x', 70_000));
        Assert.Equal(new LineAnswer(LineResult.Retry, "What came is longer than a frame may be."), await Send(partner));
    }

    [Fact]
    public async Task Silence_ends_with_the_timeout_and_a_late_answer_finds_no_one()
    {
        var (late, timer) = (new TaskCompletionSource(), new HandTimer());
        using var partner = new Partner(async (message, stream) =>
        {
            timer.RunOut();
            await late.Task;
            await stream.WriteAsync(Mllp.Frame(System.Text.Encoding.ASCII.GetBytes($"{Header}MSA|AA|{message["MSH-10"]}\r")));
        });
        Assert.Equal(new LineAnswer(LineResult.Retry, "No answer within 60 s."), await Send(partner, timer));
        late.SetResult();
        await partner.Closed.Task.WaitAsync(TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task A_resend_is_the_same_message_to_the_byte()
    {
        using var partner = Partner.Saying(Header + "MSA|AA|{id}\r");
        await Send(partner);
        await Send(partner);
        Assert.Equal(partner.Received[0].ToBytes(), partner.Received[1].ToBytes());
    }

    [Fact]
    public async Task A_closed_port_is_tried_again_later()
    {
        using var nobody = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        nobody.Bind(new IPEndPoint(IPAddress.Loopback, 0));   // ours, so that nobody else can listen there
        var answer = await Line().SendAsync(Documents.Summary(), new Uri($"mllp://{nobody.LocalEndPoint}"), default);
        Assert.Equal(new LineAnswer(LineResult.Retry, "No connection: ConnectionRefused."), answer);
    }

    [Theory]
    [InlineData("http://127.0.0.1:2575")]
    [InlineData("mllp://127.0.0.1")]
    [InlineData("/somewhere")]
    public async Task An_address_of_another_kind_needs_a_person(string address) =>
        Assert.Equal(LineResult.Rejected, (await Line().SendAsync(Documents.Summary(), new Uri(address, UriKind.RelativeOrAbsolute), default)).Result);

    [Fact]
    public async Task A_patient_the_receiver_cannot_know_is_never_sent()
    {
        using var partner = Partner.Saying(Header + "MSA|AA|{id}\r");
        var answer = await Line().SendAsync(Documents.Summary().With(), partner.Address, default);
        Assert.Equal(LineResult.Rejected, answer.Result);
        Assert.Contains("identifier", answer.Detail, StringComparison.Ordinal);
        Assert.Empty(partner.Received);
    }

    [Fact]
    public async Task When_the_house_stops_the_wait_is_broken_off()
    {
        using var partner = Partner.Writing("");
        using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Line().SendAsync(Documents.Summary(), partner.Address, stop.Token));
    }
}
