using Fhir.Server.Store.Jobs;

namespace Fhir.Server.Api.Bulk;

/// <summary>Cuts what comes in into pieces of whole lines. No more of it is held than one piece and its last line.</summary>
internal sealed class ImportReader(Stream body, long longestLine)
{
    private const int PieceBytes = 2 * 1024 * 1024;
    private byte[] _buffer = new byte[PieceBytes * 2];
    private int _held;
    private long _line = 1;
    private bool _ended;

    /// <summary>A line is longer than a body may be: nothing more is read.</summary>
    public bool TooLong { get; private set; }

    /// <summary>The next piece, its number still to be given; null at the end.</summary>
    public async Task<ImportPiece?> NextAsync(CancellationToken stop)
    {
        while (!_ended && (_held < PieceBytes || LastBreak < 0))
        {
            if (_held == _buffer.Length && !Grow()) return null;
            var read = await body.ReadAsync(_buffer.AsMemory(_held), stop);
            _ended = read == 0;
            _held += read;
        }
        if (_held == 0) return null;
        var length = _ended ? _held : LastBreak + 1;
        var piece = new ImportPiece(0, _line, _buffer.AsSpan(0, length).ToArray());
        _line += piece.Lines.AsSpan().Count((byte)'\n');
        _buffer.AsSpan(length, _held - length).CopyTo(_buffer);
        _held -= length;
        return piece;
    }

    private int LastBreak => _buffer.AsSpan(0, _held).LastIndexOf((byte)'\n');

    private bool Grow()
    {
        TooLong = _buffer.Length >= longestLine;
        if (!TooLong) Array.Resize(ref _buffer, (int)Math.Min(_buffer.Length * 2L, longestLine));
        return !TooLong;
    }
}
