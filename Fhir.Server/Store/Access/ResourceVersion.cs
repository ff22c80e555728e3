namespace Fhir.Server.Store.Access;

/// <summary>How a version came to be; the number is stored.</summary>
public enum WriteMethod { None = 0, Create = 1, Update = 2, Delete = 3 }

/// <summary>One version of a resource: the JSON text as it leaves the server (id and meta spliced in), or a delete without a body. Rid and T stay inside the server.</summary>
public sealed record ResourceVersion(ResourceKey Key, int Version, DateTimeOffset LastUpdated, WriteMethod Method, ReadOnlyMemory<byte> Body)
{
    public bool Deleted => Method == WriteMethod.Delete;
    public long Rid { get; init; }
    public long T { get; init; }
}
