using System.Buffers;

namespace Fhir.Server.Api.Http;

/// <summary>JSON with line breaks and indents: only whitespace between the tokens changes, so <c>1.00</c> stays <c>1.00</c>.</summary>
public static class PrettyJson
{
    public static ReadOnlyMemory<byte> Of(ReadOnlyMemory<byte> json)
    {
        var output = new ArrayBufferWriter<byte>(json.Length * 2);
        var depth = 0;
        var text = json.Span;
        for (var at = 0; at < text.Length; at++)
        {
            switch (text[at])
            {
                case (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t': break;
                case (byte)'"': at += String(output, text[at..]) - 1; break;
                case (byte)'{' or (byte)'[': Put(output, text[at]); NewLine(output, ++depth); break;
                case (byte)'}' or (byte)']': NewLine(output, --depth); Put(output, text[at]); break;
                case (byte)',': Put(output, text[at]); NewLine(output, depth); break;
                case (byte)':': output.Write(": "u8); break;
                default: Put(output, text[at]); break;
            }
        }
        return output.WrittenMemory;
    }

    private static int String(ArrayBufferWriter<byte> output, ReadOnlySpan<byte> text)
    {
        var end = 1;
        while (text[end] != '"') end += text[end] == '\\' ? 2 : 1;
        output.Write(text[..(end + 1)]);
        return end + 1;
    }

    private static void Put(ArrayBufferWriter<byte> output, byte one)
    {
        output.GetSpan(1)[0] = one;
        output.Advance(1);
    }

    private static void NewLine(ArrayBufferWriter<byte> output, int depth)
    {
        var line = output.GetSpan(1 + (2 * depth))[..(1 + (2 * depth))];
        line.Fill((byte)' ');
        line[0] = (byte)'\n';
        output.Advance(line.Length);
    }
}
