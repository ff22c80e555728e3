namespace Fhir.Server.Store.Search;

/// <summary>The addresses that are this server's own, such as <c>http://localhost:5080/fhir</c>: a reference that starts with one is local.</summary>
public sealed class ServerBases(params IReadOnlyList<string> bases)
{
    private readonly HashSet<string> _bases = new(bases.Select(b => b.TrimEnd('/')), StringComparer.Ordinal);

    public bool Own(string? address) => address is not null && _bases.Contains(address);
}
