namespace Fhir.Server.Core.Packages;

/// <summary>Reads from another stream up to a number of bytes: a small archive may unpack to more than there is memory.</summary>
internal sealed class BoundedStream(Stream inner, long most) : Stream
{
    private long _left = most;

    public override int Read(Span<byte> buffer)
    {
        var read = inner.Read(buffer);
        _left -= read;
        return _left >= 0 ? read : throw new InvalidDataException("more than may be unpacked");
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));
    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }
    public override void Flush() => throw new NotSupportedException();
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
