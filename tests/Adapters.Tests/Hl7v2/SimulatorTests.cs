using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using Adapters.Hl7v2;
using Fhir.Messaging.Delivery;
using Fhir.Server.Core.Tests;
using Scenarios.Stage;

namespace Adapters.Tests.Hl7v2;

/// <summary>The line against the practice-system simulator: another program, which shares no code with us.</summary>
public sealed partial class SimulatorTests
{
    private static MllpLine Line(TimeProvider? clock = null) => new(new MllpSettings { AckTimeout = TimeSpan.FromSeconds(60) }, clock ?? TimeProvider.System);

    [Theory]
    [InlineData("aa", LineResult.Accepted, "AA")]
    [InlineData("ae", LineResult.Rejected, "AE 204: unknown key identifier (PID-3)")]
    [InlineData("ar", LineResult.Rejected, "AR 203: unsupported version (MSH-12)")]
    [InlineData("garbage", LineResult.Retry, "The answer is not an HL7 message.")]
    [InlineData("none", LineResult.Retry, "No answer within 60 s.")]
    [InlineData("late", LineResult.Retry, "No answer within 60 s.")]
    [InlineData("half", LineResult.Retry, "The line was closed in the middle of a frame.")]
    public async Task Every_answer_is_understood_and_the_message_kept(string answer, LineResult result, string detail)
    {
        using var system = await Simulator.StartAsync(answer);
        var timer = answer is "none" or "late" ? new HandTimer() : null;
        var sending = Line(timer).SendAsync(Documents.Summary(), system.Address, default);
        await Eventually.Async(() => Task.FromResult(system.Log), log => log.EndsWith('\n'), "the receipt");
        timer?.RunOut();
        Assert.Equal(new LineAnswer(result, detail), await sending);
        Assert.Equal(["SP0000000000000042.hl7", "received.log"], system.Files);
        Assert.Equal(Expect.Value(OruFromDocument.Translate(Documents.Summary())).ToBytes(), File.ReadAllBytes(Path.Combine(system.Folder, "SP0000000000000042.hl7")));
        Assert.EndsWith($" SP0000000000000042 {answer}\n", system.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_resend_is_one_file_and_two_receipts()
    {
        using var system = await Simulator.StartAsync("aa");
        await Line().SendAsync(Documents.Summary(), system.Address, default);
        await Line().SendAsync(Documents.Summary(), system.Address, default);
        Assert.Equal(["SP0000000000000042.hl7", "received.log"], system.Files);
        Assert.Equal(2, system.Log.Count(c => c == '\n'));
    }

    [Fact]
    public async Task Two_messages_at_once_on_one_line_get_two_answers_and_no_name_leaves_the_folder()
    {
        using var system = await Simulator.StartAsync("aa");
        using var client = new TcpClient("127.0.0.1", system.Address.Port);
        var stream = client.GetStream();
        byte[] Message(string id) => Mllp.Frame(Encoding.UTF8.GetBytes($"MSH|^_\\&|A|B|C|D|||ADT^A01|{id}|P|2.4\r"));
        await stream.WriteAsync((byte[])[.. Message("../../escaped"), .. Message("second")]);
        var reader = new MllpReader(stream, 10_000);
        var answers = new[] { await reader.NextAsync(default), await reader.NextAsync(default) }.Select(frame => Expect.Value(Hl7Message.Parse(Expect.Value(frame)))).ToList();
        Assert.Equal(["../../escaped", "second"], answers.Select(ack => ack["MSA-2"]));
        Assert.Equal("^_\\&", answers[0]["MSH-2"]);
        Assert.Equal(3, system.Files.Count);
        Assert.Matches("^_.._escaped-[0-9a-f]{8}\\.hl7$", system.Files[0]);
    }

    [Fact]
    public async Task Ending_the_script_ends_the_listener()
    {
        var system = await Simulator.StartAsync("aa");
        system.Dispose();
        Assert.Equal(LineResult.Retry, (await Line().SendAsync(Documents.Summary(), system.Address, default)).Result);
    }

    private sealed partial class Simulator : IDisposable
    {
        private readonly Process _process;

        private Simulator(Process process, string folder, int port) => (_process, Folder, Address) = (process, folder, new Uri($"mllp://127.0.0.1:{port}"));

        public string Folder { get; }
        public Uri Address { get; }
        public string Log => File.Exists(Path.Combine(Folder, "received.log")) ? File.ReadAllText(Path.Combine(Folder, "received.log")) : "";
        public List<string> Files => [.. Directory.GetFiles(Folder).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];

        public static async Task<Simulator> StartAsync(string answer)
        {
            var folder = Directory.CreateTempSubdirectory("practice-system-").FullName;
            var run = Path.Combine(TestFolders.Repository, "samples", "practice-system", "run");
            var process = Process.Start(new ProcessStartInfo(run, ["--mllp-port", "0", "--folder", folder, "--answer", answer]) { UseShellExecute = false, RedirectStandardOutput = true })!;
            var line = await process.StandardOutput.ReadLineAsync() ?? "";
            return new Simulator(process, folder, int.Parse(Port().Match(line).Groups["port"].Value));
        }

        public void Dispose()
        {
            using (var terminate = Process.Start("kill", ["-TERM", $"{_process.Id}"])) terminate.WaitForExit();
            Assert.True(_process.WaitForExit(60_000), "The simulator did not end.");
            _process.Dispose();
            if (Directory.Exists(Folder)) Directory.Delete(Folder, recursive: true);
        }

        [GeneratedRegex(@"127\.0\.0\.1:(?<port>\d+)", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
        private static partial Regex Port();
    }
}
