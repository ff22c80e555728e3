using System.IO.Pipelines;
using System.Text;
using Adapters.Hl7v2;
using Fhir.Server.Core.Outcomes;

namespace Adapters.Tests.Hl7v2;

public sealed class MllpTests
{
    private static byte[] Frame(string text) => Mllp.Frame(Encoding.ASCII.GetBytes(text));

    [Fact]
    public async Task Frames_are_read_however_they_are_cut()
    {
        byte[] bytes = [.. Frame("first \u001c still first"), .. Frame(""), .. Frame("last")];
        for (var size = 1; size <= bytes.Length; size++)
        {
            var reader = new MllpReader(InPieces(bytes, size), limit: 100);
            Assert.Equal(["first \u001c still first", "", "last"], [await Next(reader), await Next(reader), await Next(reader)]);
            Assert.Equal(IssueKind.Unavailable, Expect.Issue(await reader.NextAsync(default)).Kind);
        }
    }

    [Theory]
    [InlineData("no frame", IssueKind.Invalid)]
    [InlineData("\vhalf a frame", IssueKind.Unavailable)]
    [InlineData("\vhalf a frame\u001c", IssueKind.Unavailable)]
    [InlineData("", IssueKind.Unavailable)]
    public async Task What_is_no_frame_is_an_issue(string text, IssueKind kind) =>
        Assert.Equal(kind, Expect.Issue(await new MllpReader(new MemoryStream(Encoding.ASCII.GetBytes(text)), 100).NextAsync(default)).Kind);

    [Fact]
    public async Task A_frame_without_end_is_given_up_at_the_limit()
    {
        var endless = new Pipe();
        var reader = new MllpReader(endless.Reader.AsStream(), limit: 1000);
        await endless.Writer.WriteAsync(new byte[] { 0x0B });
        await endless.Writer.WriteAsync(new byte[1001]);
        Assert.Equal(IssueKind.Invalid, Expect.Issue(await reader.NextAsync(default)).Kind);
        Assert.Equal(IssueKind.Invalid, Expect.Issue(await new MllpReader(new MemoryStream(Mllp.Frame(new byte[1001])), 1000).NextAsync(default)).Kind);
        Assert.Equal(1000, Expect.Value(await new MllpReader(new MemoryStream(Mllp.Frame(new byte[1000])), 1000).NextAsync(default)).Length);
    }

    private static async Task<string> Next(MllpReader reader) => Encoding.ASCII.GetString(Expect.Value(await reader.NextAsync(default)));

    private static Stream InPieces(byte[] bytes, int size)
    {
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        _ = Task.Run(async () =>
        {
            foreach (var piece in bytes.Chunk(size)) await pipe.Writer.WriteAsync(piece);
            await pipe.Writer.CompleteAsync();
        });
        return pipe.Reader.AsStream();
    }
}
