using Fhir.Server.Store.Access;

namespace Fhir.Server.Store.Search;

/// <summary>The index rows of one resource, made before the commit lock is taken; the rid is filled in by the commit.</summary>
public sealed class IndexEntries
{
    /// <summary>ix_tok: tokens and token composites as 64-bit keyed hashes.</summary>
    public HashSet<(int P, long V)> Tokens { get; } = [];
    /// <summary>ix_ref to resources of this server; the commit turns the key into a rid.</summary>
    public HashSet<(int P, ResourceKey Target)> References { get; } = [];
    /// <summary>ix_ref to anything else (absolute URLs, canonicals): a negative hash.</summary>
    public HashSet<(int P, long T)> ExternalReferences { get; } = [];
    /// <summary>ix_date in µs UTC, Lo inclusive, Hi exclusive; V as in ix_str.</summary>
    public HashSet<(int P, long V, long Lo, long Hi)> Dates { get; } = [];
    /// <summary>ix_qty: U = hash of the unit (0 any/none), Lo and Hi = order-preserving bytes of the decimal (equal for a point).</summary>
    public HashSet<(int P, long V, long U, byte[] Lo, byte[] Hi)> Quantities { get; } = new(SameRow.Only);
    /// <summary>ix_str: V = 0 or the hash of the composite's token; S normalised text; X = hash of the text as it was.</summary>
    public HashSet<(int P, long V, string S, long X)> Strings { get; } = [];
    /// <summary>ix_word: the texts of names, as they stand in ix_str.</summary>
    public HashSet<string> Words { get; } = new(StringComparer.Ordinal);
    /// <summary>What stands inside the resource, each with its own rows.</summary>
    public List<Contained> Inside { get; } = [];
    /// <summary>The resources of this server that it refers to, also from inside.</summary>
    public IEnumerable<ResourceKey> Targets => References.Select(r => r.Target).Concat(Inside.SelectMany(c => c.Entries.References.Select(r => r.Target)));
    /// <summary>Bit per search parameter of R4 (its ordinal in the definitions): has it any value? Answers :missing.</summary>
    public long Has { get; set; }
    /// <summary>The commit that last changed the deployer's own parameters, as far as the indexer knew.</summary>
    public long Epoch { get; init; }
    /// <summary>The patients whose compartment it is in, itself included for a Patient.</summary>
    public HashSet<ResourceKey> Patients { get; } = [];
    /// <summary>They stand beside what R4's compartment looks at (<see cref="Beside"/>): they open the row to nobody.</summary>
    public bool NamesPatientsBeside { get; set; }

    /// <summary>A contained resource by its type and its id in the container.</summary>
    public sealed record Contained(string Type, string Id, IndexEntries Entries);

    // Two components with the same value are one row: bytes are compared, not arrays.
    private sealed class SameRow : IEqualityComparer<(int P, long V, long U, byte[] Lo, byte[] Hi)>
    {
        public static readonly SameRow Only = new();

        public bool Equals((int P, long V, long U, byte[] Lo, byte[] Hi) x, (int P, long V, long U, byte[] Lo, byte[] Hi) y) =>
            (x.P, x.V, x.U) == (y.P, y.V, y.U) && x.Lo.AsSpan().SequenceEqual(y.Lo) && x.Hi.AsSpan().SequenceEqual(y.Hi);

        public int GetHashCode((int P, long V, long U, byte[] Lo, byte[] Hi) row)
        {
            var hash = new HashCode();
            hash.Add((row.P, row.V, row.U));
            hash.AddBytes(row.Lo);
            return hash.ToHashCode();
        }
    }
}
