using System.Net;
using Fhir.Server.Api.Bulk;
using Fhir.Server.Api.Validating;
using Fhir.Server.Store.Resources;
using Microsoft.Extensions.Configuration;

namespace Fhir.Server.Api;

/// <summary>What a deployer can set about the API; ordinary ASP.NET Core configuration.</summary>
public sealed record ApiSettings
{
    /// <summary>The canonical base of our own definitions: extensions, code systems, identifier systems.</summary>
    public const string Canonical = "https://samenspraak.example/fhir";
    public const string DefaultStepUpAcr = "urn:samenspraak:step-up";

    /// <summary>Where keys and (on SQLite) the databases lie.</summary>
    public required string DataFolder { get; init; }
    /// <summary>Demo mode: the integrator exists, issuer and audience are kept in the data folder.</summary>
    public bool Demo { get; init; }
    /// <summary>The base of our links, such as <c>https://fhir.example.org/fhir</c>; when absent, the address that was called.</summary>
    public string? BaseUrl { get; init; }
    /// <summary>The other sites whose pages may call the API, each as scheme, host and port.</summary>
    public IReadOnlyList<string> Origins { get; init; } = [];
    /// <summary>Who stands before this server, and is believed about where a call came from and which address it had.</summary>
    public IReadOnlyList<IPNetwork> TrustedProxies { get; init; } = [];
    public string? Issuer { get; init; }
    public string? Audience { get; init; }
    /// <summary>The acr of a token whose holder proved again, with a stronger means, who she is — RFC 9470.</summary>
    public string StepUpAcr { get; init; } = DefaultStepUpAcr;
    /// <summary>OIDC issuers whose access tokens are accepted beside our own.</summary>
    public IReadOnlyList<TrustedAuthority> Authorities { get; init; } = [];
    /// <summary>What is judged on writes beyond the structure.</summary>
    public ValidationSettings Validation { get; init; } = new();
    /// <summary>How many days those who cared still see the patient after that was closed.</summary>
    public int CareGraceDays { get; init; } = 30;
    /// <summary>How often in an hour one person may be wrong about who a patient is ($declare-care, $break-glass).</summary>
    public int GuessesPerHour { get; init; } = 10;
    /// <summary>What is asked of writes beyond what R4 does.</summary>
    public WriteSettings Writes { get; init; } = new();
    /// <summary>Exports and imports.</summary>
    public BulkSettings Bulk { get; init; } = new();
    /// <summary>How much one request may ask for, and how many at once.</summary>
    public LimitSettings Limits { get; init; } = new();
    public long MaxBodyBytes { get; init; } = 50 * 1024 * 1024;
    /// <summary>The file with the key of the attachments; made in the data folder when absent.</summary>
    public string? BlobKeyFile { get; init; }

    /// <summary>The file outside the database that the signed heads of the audit are appended to; in the data folder when absent.</summary>
    public string? AuditHeadsFile { get; init; }

    public string HeadsFile => AuditHeadsFile ?? Path.Combine(DataFolder, "audit", "heads.log");
    public string KeyFolder => Path.Combine(DataFolder, "keys");

    public static ApiSettings From(IConfiguration configuration, bool demo) => new()
    {
        DataFolder = configuration["Data:Folder"] ?? "data",
        Demo = demo,
        BaseUrl = configuration["Server:BaseUrl"]?.TrimEnd('/'),
        Issuer = configuration["Authentication:Issuer"],
        Audience = configuration["Authentication:Audience"],
        StepUpAcr = configuration["Authentication:StepUpAcr"] ?? DefaultStepUpAcr,
        Authorities = configuration.GetSection("Authentication:Authorities").Get<TrustedAuthority[]>() ?? [],
        MaxBodyBytes = configuration.GetValue("Server:MaxBodyBytes", 50L * 1024 * 1024),
        AuditHeadsFile = configuration["Audit:HeadsFile"],
        BlobKeyFile = configuration["Attachments:KeyFile"],
    };
}

/// <summary>An OIDC issuer that is trusted to say who calls; TokenType is the <c>typ</c> that its access tokens carry.</summary>
public sealed record TrustedAuthority
{
    public string Authority { get; init; } = "";
    public string Audience { get; init; } = "";
    public string TokenType { get; init; } = "at+jwt";
}
