using System.Text;
using Adapters.Hl7v2;
using Fhir.Messaging.Delivery;

namespace Adapters.Tests.Hl7v2;

public sealed class AckTests
{
    [Theory]
    [InlineData("MSA|AA|42", LineResult.Accepted, "AA")]
    [InlineData("MSA|CA|42", LineResult.Accepted, "CA")]
    [InlineData("MSA|AE|42", LineResult.Rejected, "AE")]
    [InlineData("MSA|AE|42|204", LineResult.Rejected, "AE 204: unknown key identifier")]
    [InlineData("MSA|AR|42|Unknown patient C. van der Berg 999990019", LineResult.Rejected, "AR")]
    [InlineData("MSA|CE|42|999990019", LineResult.Rejected, "CE")]
    [InlineData("MSA|CR|42||||203&Unsupported version&HL70357", LineResult.Rejected, "CR 203: unsupported version")]
    [InlineData("MSA|AE|42\rERR|PID^1^3^101&Berg unknown&HL70357", LineResult.Rejected, "AE 101: required field missing (PID-3)")]
    [InlineData("MSA|AE|42\rERR||PID^1^5|207^Berg^HL70357|E|E12^Berg", LineResult.Rejected, "AE 207: application internal error (PID-5)")]
    [InlineData("MSA|AE|42\rERR|Berg^1^x^Carla", LineResult.Rejected, "AE")]
    [InlineData("MSA|AA|43", LineResult.Retry, "The answer is to another message.")]
    [InlineData("MSA|AA|", LineResult.Retry, "The answer is to another message.")]
    [InlineData("MSA|AE|420", LineResult.Retry, "The answer is to another message.")]
    [InlineData("MSA|XX|42", LineResult.Retry, "The answer has an unknown acknowledgment code.")]
    [InlineData("PID|1", LineResult.Retry, "The answer is not an acknowledgment.")]
    [InlineData("what?", LineResult.Retry, "The answer is not an HL7 message.")]
    public void An_answer_is_judged_by_its_code_and_id_and_told_without_the_partner_s_words(string rest, LineResult result, string detail) =>
        Assert.Equal(new LineAnswer(result, detail), Ack.Read(Encoding.UTF8.GetBytes($"MSH|^~\\&|HIS|||||ACK|9|P|2.4\r{rest}\r"), "42"));

    [Fact]
    public void An_empty_answer_is_none() => Assert.Equal(LineResult.Retry, Ack.Read([], "42").Result);
}
