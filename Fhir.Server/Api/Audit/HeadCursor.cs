using Fhir.Server.Store.Audit;

namespace Fhir.Server.Api.Audit;

/// <summary>The signed heads of one chain, in the order they were signed, held against its rows as these pass by.</summary>
public sealed class HeadCursor(ChainId chain, IAsyncEnumerable<(ChainHead Head, string At)> signed, CancellationToken stop) : IAsyncDisposable
{
    private readonly IAsyncEnumerator<(ChainHead Head, string At)> _heads = signed.GetAsyncEnumerator(stop);
    private (ChainHead Head, string At)? _next;
    private string? _firstAt, _firstOfChainAt;

    /// <summary>The last row that a good head covers; 0 = none.</summary>
    public long LastSigned { get; private set; }

    /// <summary>To the first head; before anything passes.</summary>
    public ValueTask<Fault?> BeginAsync() => MoveAsync();

    /// <summary>Of the rows from before the chains, which the first head must have: rows that it knew nothing of have lost their hash since.</summary>
    public Fault? Unknown(long firstN) => _firstAt is { } at && at != _firstOfChainAt ? new(chain, firstN, $"its hash was taken away, or it was put in, after the head of {at} was signed") : null;

    /// <summary>After each row (of the rows from before the chains: after the last one).</summary>
    public async ValueTask<Fault?> PassAsync(long n, byte[] hash)
    {
        while (_next is var (head, at) && head.N <= n)
        {
            if (head.N < n && chain.IsBefore) return new(chain, head.N + 1, $"it was put in after {at}, when the rows from before the chains were signed");
            if (head.N < n || !head.Hash.AsSpan().SequenceEqual(hash)) return Rewritten(head, at);
            LastSigned = n;
            if (await MoveAsync() is { } back) return back;
        }
        return null;
    }

    /// <summary>At the end of the chain: a head of rows that are not there.</summary>
    public Fault? Left(long lastN) => _next is var (_, at) ? new(chain, Math.Max(lastN, chain.IsWrites ? 0 : new ReadNumber(chain.Chain, 0).N) + 1, $"it is missing, and all behind it, since the head of {at} was signed") : null;

    private Fault Rewritten(ChainHead head, string at) => chain.IsBefore
        ? new(chain, head.N, $"this row, or one before it, is not what it was when the rows from before the chains were signed at {at}")
        : new(chain, Math.Max(LastSigned, chain.IsWrites ? 0 : new ReadNumber(chain.Chain, 0).N) + 1, $"from here on the chain was written anew: AuditEvent/{chain.EventId(head.N)} is not what the head of {at} signed");

    private async ValueTask<Fault?> MoveAsync()
    {
        var last = _next;
        _next = null;
        while (await _heads.MoveNextAsync())
        {
            _firstAt ??= _heads.Current.At;
            if (_heads.Current.Head.Chain != chain) continue;
            _next = _heads.Current;
            _firstOfChainAt ??= _next.Value.At;
            return last is var (before, at) && _next.Value.Head.N < before.N
                ? new(chain, _next.Value.Head.N + 1, $"it was taken away, and all behind it, after the head of {at} and before that of {_next.Value.At}") : null;
        }
        return null;
    }

    public ValueTask DisposeAsync() => _heads.DisposeAsync();
}
