namespace Fhir.Server.Store.Resources;

/// <summary>What this house asks of writes beyond what R4 does.</summary>
public sealed record WriteSettings
{
    /// <summary>A reference to a resource of this server means one that is there, and what is referred to is not deleted — https://hl7.org/fhir/R4/http.html#integrity</summary>
    public bool ReferentialIntegrity { get; init; }
    /// <summary>The types whose updates and deletes must say by If-Match which version they mean; <c>*</c> = all.</summary>
    public IReadOnlyList<string> IfMatchRequired { get; init; } = [];

    internal bool AsksIfMatch(string type) => IfMatchRequired.Contains("*") || IfMatchRequired.Contains(type);
}
