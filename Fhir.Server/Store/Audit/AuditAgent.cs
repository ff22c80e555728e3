using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;

namespace Fhir.Server.Store.Audit;

/// <summary>Who did it, and by what right: kept once per distinct content, so that a row holds sixteen bytes of it.</summary>
public sealed record AuditAgent
{
    /// <summary>Its columns, in the order of <see cref="Content"/>, behind <c>agent</c>.</summary>
    public const string Columns = "who, client, issuer, jti, role, practitioner_role, organization, on_behalf_of, scopes, network";
    private const int KeySize = 16;
    private byte[]? _key;

    public string? Who { get; init; }
    public string? Client { get; init; }
    public string? Issuer { get; init; }
    public string? TokenId { get; init; }
    public string? Role { get; init; }
    public string? PractitionerRole { get; init; }
    public string? Organization { get; init; }
    public string? OnBehalfOf { get; init; }
    public string? Scopes { get; init; }
    public string? Network { get; init; }

    public static AuditAgent Of(AccessContext by) => new()
    {
        Who = by.Who, Client = by.Client, Issuer = by.Issuer, TokenId = by.TokenId, Role = by.Role.Code, PractitionerRole = by.Actor?.ToString(),
        Organization = by.Organization?.ToString(), OnBehalfOf = by.OnBehalfOf?.ToString(), Scopes = by.Scopes.Text, Network = by.Network,
    };

    /// <summary>A call without a good token: only where it came from is known.</summary>
    public static AuditAgent Anonymous(string? network) => new() { Who = "anonymous", Network = network };

    /// <summary>The beginning of the hash of its content: whoever changes the content changes the key that its rows, and their hashes, hold.</summary>
    public byte[] Key => _key ??= KeyOf(Content());

    /// <summary>The key that this content ought to have.</summary>
    public static byte[] KeyOf(ReadOnlySpan<object?> content) => ChainHash.Next([], content)[..KeySize];

    public Sql Insert(string table) => Sql.Of(
        $"""
        insert into {Sql.Raw(table)}(agent, {Sql.Raw(Columns)}) values({Key}, {Who}, {Client}, {Issuer}, {TokenId}, {Role}, {PractitionerRole},
        {Organization}, {OnBehalfOf}, {Scopes}, {Network}) on conflict do nothing
        """);

    private object?[] Content() => [Who, Client, Issuer, TokenId, Role, PractitionerRole, Organization, OnBehalfOf, Scopes, Network];
}
