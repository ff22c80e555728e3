using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Audit;

namespace Fhir.Server.Api.Identity;

/// <summary>Validated tokens until they expire, by the SHA-256 of their text: a signature check costs more than a read. Bounded.</summary>
public sealed class TokenCache(TimeProvider clock)
{
    private const int Most = 20_000;
    private readonly ConcurrentDictionary<Digest, Entry> _entries = new();

    /// <summary>A token and, for a second, the caller that it leads to.</summary>
    public sealed class Entry(Token token)
    {
        public Token Token => token;
        internal Resolved? Resolved { get; set; }
    }

    /// <summary>A caller as resolved at a moment, before a certain change of the directory.</summary>
    internal sealed record Resolved(Caller Caller, long AtTicks, int Epoch)
    {
        private AuditAgent? _agent;

        /// <summary>Who she is for the audit, as long as she calls from that address: its key is a hash, so it is kept.</summary>
        public AuditAgent AgentOf(AccessContext sees) => _agent is { } known && known.Network == sees.Network ? known : _agent = AuditAgent.Of(sees);
    }

    public Entry? Find(string text)
    {
        if (!_entries.TryGetValue(Digest.Of(text), out var entry)) return null;
        if (entry.Token.Expires > clock.GetUtcNow()) return entry;
        _entries.TryRemove(Digest.Of(text), out _);
        return null;
    }

    public Entry Keep(string text, Token token)
    {
        if (_entries.Count >= Most) MakeRoom();
        return _entries.GetOrAdd(Digest.Of(text), new Entry(token));
    }

    private void MakeRoom()
    {
        var now = clock.GetUtcNow();
        foreach (var (key, entry) in _entries)
            if (entry.Token.Expires <= now) _entries.TryRemove(key, out _);
        if (_entries.Count >= Most) _entries.Clear();
    }

    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct Digest(ulong A, ulong B, ulong C, ulong D)
    {
        public static Digest Of(string text)
        {
            Span<byte> bytes = stackalloc byte[2048];
            Span<byte> hash = stackalloc byte[32];
            if (Encoding.UTF8.TryGetBytes(text, bytes, out var length)) SHA256.HashData(bytes[..length], hash);
            else SHA256.HashData(Encoding.UTF8.GetBytes(text), hash);
            return MemoryMarshal.Read<Digest>(hash);
        }
    }
}
