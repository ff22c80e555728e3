using System.Text;
using Adapters.Hl7v2;
using Fhir.Server.Core.Tests;

namespace Adapters.Tests.Hl7v2;

public sealed class Hl7MessageTests
{
    [Fact]
    public void All_139_messages_are_read_and_written_back_to_the_byte()
    {
        var files = Directory.GetFiles(Path.Combine(TestFolders.Data("hl7v2"), "messages"));
        Assert.Equal(139, files.Length);
        Assert.All(files, file =>
        {
            var message = Expect.Value(Hl7Message.Parse(File.ReadAllBytes(file)));
            Assert.Equal(WithReturns(File.ReadAllBytes(file)), message.ToBytes());
        });
    }

    // Takes every message apart to its last subcomponent and builds it again: only separators at the end of something may go.
    [Fact]
    public void All_139_messages_survive_being_rebuilt_value_by_value()
    {
        Assert.All(Directory.GetFiles(Path.Combine(TestFolders.Data("hl7v2"), "messages")), file =>
        {
            var message = Expect.Value(Hl7Message.Parse(File.ReadAllBytes(file)));
            Assert.Equal(WithoutTrailing(message.ToString()), Rebuilt(message).ToString());
        });
    }

    [Fact]
    public void The_separators_are_the_message_s_own()
    {
        var message = Expect.Parse("MSH|^_\\&|ZorgDomein||||20160324163509+0100||ORU^R01|ZD200046119|P|2.4\rPID|1||1~2^^^A^PI_3^^^B^MR||van Dijk&van&Dijk^Pieter^Jan\r");
        Assert.Equal("ORU^R01", message.Event);
        Assert.Equal("1~2", message["PID-3"]);
        Assert.Equal(["3", "B"], [message["PID-3(2)"], message["PID-3(2).4"]]);
        Assert.Equal("Dijk", message["PID-5.1.3"]);
        Assert.Equal(["|", "^_\\&", "ZorgDomein"], [message["MSH-1"], message["MSH-2"], message["MSH-3"]]);
        Assert.Equal("", message["PID-99.4.2"]);
        Assert.Equal("", message["NTE[3]-1"]);
    }

    [Fact]
    public void Repeated_segments_are_told_apart()
    {
        var message = Expect.Parse("MSH#*~\\&#a\nOBX#1##x*y\nOBX#2##p*q\n");
        Assert.Equal("q", message["OBX[2]-3.2"]);
        Assert.Equal("y", message["OBX-3.2"]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("PID|1")]
    [InlineData("MSH|^~\\")]
    [InlineData("MSH|^^\\&|x\r")]
    [InlineData("MSH|^~\\|x\r")]
    [InlineData("MSHA^~\\&Ax\r")]
    [InlineData("MSH|^~\\&#%|x\r")]
    [InlineData("MSH|^~\\&|x\rnot a segment\r")]
    [InlineData("<html>502 Bad Gateway</html>")]
    public void What_is_no_message_is_an_issue(string text) =>
        Assert.DoesNotContain("not a segment\r", Expect.Issue(Hl7Message.Parse(Encoding.UTF8.GetBytes(text))).Text, StringComparison.Ordinal);

    [Fact]
    public void MSH_18_decides_how_letters_are_read()
    {
        static string Family(Encoding written, string charset) =>
            Expect.Value(Hl7Message.Parse(written.GetBytes($"MSH|^~\\&|||||||ADT^A01|1|P|2.4||||||{charset}\rPID|||||Müller€".Replace("€", "", StringComparison.Ordinal))))["PID-5"];
        Assert.Equal("Müller", Family(Encoding.UTF8, "UNICODE UTF-8"));
        Assert.Equal("Müller", Family(Encoding.Latin1, "8859/1"));
        Assert.Equal("Müller", Family(Encoding.UTF8, ""));
        Assert.Equal("Müller", Family(Encoding.Latin1, ""));
        Assert.Equal("MSH-18", Expect.Issue(Hl7Message.Parse(Encoding.Latin1.GetBytes("MSH|^~\\&|||||||ADT^A01|1|P|2.4||||||UNICODE UTF-8\rPID|||||Müller"))).Where);
    }

    [Fact]
    public void Latin_1_goes_out_as_it_came_in()
    {
        var bytes = Encoding.Latin1.GetBytes("MSH|^~\\&|||||||ADT^A01|1|P|2.4||||||8859/1\rPID|||||Müller\r");
        Assert.Equal(bytes, Expect.Value(Hl7Message.Parse(bytes)).ToBytes());
    }

    private static Hl7Message Rebuilt(Hl7Message message)
    {
        var built = new Hl7Builder(message.Marks);
        foreach (var segment in message.Segments)
        {
            built.Segment(segment.Name);
            for (var field = segment.Name == "MSH" ? 3 : 1; field <= 300; field++)
                for (var repetition = 1; repetition <= segment.Repetitions(field); repetition++)
                    for (var component = 1; component <= 40; component++)
                        for (var sub = 1; sub <= 10; sub++)
                            built.Set(field, segment.Value(field, repetition, component, sub), component, sub, repetition);
        }
        return built.Build();
    }

    private static byte[] WithReturns(byte[] file)
    {
        var text = Encoding.Latin1.GetString(file.AsSpan().StartsWith(Encoding.UTF8.Preamble) ? file.AsSpan(3) : file);
        return Encoding.Latin1.GetBytes(string.Concat(text.Split('\r', '\n').Where(line => line.Length > 0).Select(line => line + "\r")));
    }

    private static string WithoutTrailing(string message) => string.Concat(message.TrimEnd('\r').Split('\r').Select(segment =>
        segment[..3] + (segment.StartsWith("MSH", StringComparison.Ordinal) ? segment[3..9].TrimEnd('|') + Trimmed(segment[9..], "|~^&", first: "|") : Trimmed(segment[3..], "|~^&", first: "")) + "\r"));

    private static string Trimmed(string text, string marks, string first) => marks.Length == 0 ? text
        : first + string.Join(marks[0], text.Split(marks[0]).Select(part => Trimmed(part, marks[1..], ""))).TrimEnd(marks[0]);
}
