using Fhir.Server.Core.Outcomes;

namespace Host.Settings;

/// <summary>What two tenants may not have in common: each would be able to answer, or to read, for the other.</summary>
public static class Clash
{
    private static readonly (string Setting, Func<HouseSettings, IEnumerable<string?>> Values)[] MustDiffer =
    [
        ("Host", house => house.Hosts),
        ("Data:Folder", house => [house.DataFolder]),
        ("Database:ConnectionString", house => [house.ConnectionString]),
        ("Authentication:Issuer", house => [house.Api.Issuer]),
        ("issuer and audience in Authentication", Accepted),
        ("Attachments:KeyFile", house => [house.Api.BlobKeyFile is { Length: > 0 } file ? Path.GetFullPath(file) : null]),
        ("Audit:HeadsFile", house => [Path.GetFullPath(house.Api.HeadsFile)]),
        ("Server:BaseUrl", house => [house.Api.BaseUrl]),
    ];

    /// <summary>The first clash, as the one sentence that stops the start.</summary>
    public static Issue? Among(IReadOnlyList<HouseSettings> tenants) =>
        (from one in tenants.Index()
         from other in tenants.Skip(one.Index + 1)
         from must in MustDiffer
         where must.Values(one.Item).OfType<string>().Intersect(must.Values(other).OfType<string>(), StringComparer.OrdinalIgnoreCase).Any()
         select new Issue(IssueKind.Conflict, $"Tenants {one.Item.Tenant} and {other.Tenant} have the same {must.Setting}; each needs its own.")).FirstOrDefault();

    // Whose tokens are good there: our own, and those of the trusted authorities. A token that fits two tenants would open both.
    private static IEnumerable<string> Accepted(HouseSettings house) =>
        house.Api.Authorities.Select(trusted => $"{trusted.Authority.TrimEnd('/')} {trusted.Audience}").Append($"{house.Api.Issuer?.TrimEnd('/')} {house.Api.Audience}");
}
