namespace Fhir.Server.Store.Access;

/// <summary>Type and logical id of a resource; both are case-sensitive.</summary>
public readonly record struct ResourceKey(string Type, string Id)
{
    public override string ToString() => $"{Type}/{Id}";
}
