using System.Text;
using Adapters.Hl7v2;
using FsCheck;
using FsCheck.Fluent;

namespace Adapters.Tests.Hl7v2;

public sealed class Hl7TextTests
{
    private static readonly Hl7Delimiters ZorgDomein = new('|', '^', '_', '\\', '&');
    private static readonly Hl7Delimiters Odd = new('#', '*', '!', '%', '=', '?');

    // One seed, so that each run of the tests says the same.
    private static readonly Config SameEachTime = Config.QuickThrowOnFailure.WithMaxTest(2_000).WithReplay(new Replay(new Rnd(20260101, 1), null));

    [Theory]
    [InlineData("a|b^c~d&e\\f", "a\\F\\b\\S\\c\\R\\d\\T\\e\\E\\f")]
    [InlineData("one\r\ntwo\rthree\nfour", "one\\.br\\two\\.br\\three\\.br\\four")]
    [InlineData("bell\a tab\t frame\v\u001c", "bell\\X07\\ tab\\X09\\ frame\\X0B\\\\X1C\\")]
    [InlineData("é € ß ł 😀", "é € ß ł 😀")]
    [InlineData("\\.br\\", "\\E\\.br\\E\\")]
    public void A_value_is_escaped(string value, string escaped) => Assert.Equal(escaped, Hl7Text.Escape(value, Hl7Delimiters.Usual));

    [Theory]
    [InlineData("\\F\\\\S\\\\R\\\\T\\\\E\\", "|^~&\\")]
    [InlineData("x\\.br\\y", "x\ny")]
    [InlineData("\\XC3A9\\\\X0D\\", "é\r")]
    [InlineData("\\H\\bold\\N\\ \\Zvendor\\", "\\H\\bold\\N\\ \\Zvendor\\")]
    [InlineData("C:\\Temp and \\F\\", "C:\\Temp and |")]
    [InlineData("\\X4\\ \\Xzz\\ \\X\\ \\", "\\X4\\ \\Xzz\\ \\X\\ \\")]
    public void A_sequence_is_read_and_what_is_none_stays(string raw, string value) =>
        Assert.Equal(value, Hl7Text.Unescape(raw, Hl7Delimiters.Usual, Encoding.UTF8));

    [Fact]
    public void Whatever_is_escaped_comes_back() => Prop.ForAll(Texts, Marks, (text, marks) =>
        Hl7Text.Unescape(Hl7Text.Escape(text, marks), marks, Encoding.UTF8) == text.ReplaceLineEndings("\n")).Check(SameEachTime);

    [Fact]
    public void No_value_breaks_out_of_its_place() => Prop.ForAll(Texts, Texts, Marks, (text, other, marks) =>
    {
        var built = new Hl7Builder(marks).Segment("MSH").Set(3, other).Segment("PID").Set(5, text, component: 2, subcomponent: 2, repetition: 2).Set(6, "end").Build();
        var read = Expect.Value(Hl7Message.Parse(built.ToBytes()));
        var pid = read.Segments[^1];
        return read.Segments.Length == 2 && read["PID-6"] == "end" && read.ToString().Where(char.IsControl).All(c => c == '\r' || c > '\x7f')
            && pid.Value(5, 2, 2, 2) == Valid(text.ReplaceLineEndings("\n")) && read["MSH-3"] == Valid(other.ReplaceLineEndings("\n"));
    }).Check(SameEachTime);

    // Strings that are mostly made of what has a meaning in HL7.
    private static Arbitrary<string> Texts => Gen.ArrayOf(Gen.Frequency(
        (5, Gen.Elements("|^~\\&_#*!%=?\r\n\t\v\u001c\u000b\0\u0085\u2028XFSTRE.br0dé😀".ToCharArray())), (1, ArbMap.Default.GeneratorFor<char>())))
        .Select(chars => new string(chars)).ToArbitrary();

    private static Arbitrary<Hl7Delimiters> Marks => Gen.Elements(Hl7Delimiters.Usual, ZorgDomein, Odd).ToArbitrary();

    private static string Valid(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
}
