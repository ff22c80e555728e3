using Fhir.Server.Store.Resources;
using Fhir.Server.Core.Definitions;
using System.Globalization;
using Fhir.Server.Api;
using Fhir.Server.Api.Bulk;
using Fhir.Server.Api.Http;
using Fhir.Server.Api.Validating;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Search;

namespace Host.Settings;

/// <summary>Where the record is kept.</summary>
public enum DatabaseProvider { Sqlite, Postgres }

/// <summary>What an operator can set: ordinary ASP.NET Core configuration, read once and checked before anything starts.</summary>
public sealed record HouseSettings
{
    public required Addresses Addresses { get; init; }
    /// <summary>The tenant's name in the settings; null for a house that is alone in its process.</summary>
    public string? Tenant { get; init; }
    /// <summary>The host names that a tenant answers to; a house that is alone answers to every name.</summary>
    public IReadOnlyList<string> Hosts { get; init; } = [];
    /// <summary>Full path of the folder with the database, the keys and writer.lock.</summary>
    public required string DataFolder { get; init; }
    public required DatabaseProvider Provider { get; init; }
    /// <summary>Only for PostgreSQL.</summary>
    public string? ConnectionString { get; init; }
    /// <summary>The demo clinic: its seed, its sign-in without a password and its integrator.</summary>
    public required bool Demo { get; init; }
    /// <summary>Address of De Linde's practice system in the demo.</summary>
    public required Uri PracticeSystem { get; init; }
    /// <summary>Folder of the built web client.</summary>
    public required string ClientFolder { get; init; }
    /// <summary>Folder of FHIR packages to load on top of R4, or null.</summary>
    public string? PackagesFolder { get; init; }
    public required ApiSettings Api { get; init; }
    /// <summary>The types whose words are searched (_text, _content).</summary>
    public required IReadOnlyList<string> FullText { get; init; }
    /// <summary>What all this was read from; the framework reads its own settings, such as log levels, from it too.</summary>
    public required IConfiguration Configuration { get; init; }

    /// <summary>Settings, or the one sentence that says why the house does not start. <paramref name="root"/> is where ./data lies.</summary>
    public static Result<HouseSettings> Read(IConfiguration from, string root, params IReadOnlyList<string> hosts)
    {
        if (Addresses.Read(from).Failed(out var issue, out var addresses)) return issue;
        if (ReadProvider(from).Failed(out issue, out var provider)) return issue;
        if (TrustedProxies.Read(from).Failed(out issue, out var proxies)) return issue;
        if (ReadDemo(from["Demo:Enabled"], addresses, hosts, proxies.Count > 0).Failed(out issue, out var demo)) return issue;
        if (ReadPracticeSystem(from["Demo:PracticeSystem"]).Failed(out issue, out var practiceSystem)) return issue;
        if (ValidationSettings.Read(from).Failed(out issue, out var validation)) return issue;
        if (ReadPackages(from["Profiles:Packages"]).Failed(out issue, out var packages)) return issue;
        if (ReadGrace(from["Access:CareGraceDays"]).Failed(out issue, out var grace)) return issue;
        if (ReadGuesses(from["Access:GuessesPerHour"]).Failed(out issue, out var guesses)) return issue;
        if (ReadFullText(from["Search:FullText"]).Failed(out issue, out var fullText)) return issue;
        if (ReadWrites(from).Failed(out issue, out var writes)) return issue;
        if (BulkSettings.Read(from).Failed(out issue, out var bulk)) return issue;
        if (LimitSettings.Read(from).Failed(out issue, out var limits)) return issue;
        if (Cors.Read(from).Failed(out issue, out var origins)) return issue;
        var folder = from["Data:Folder"] is { Length: > 0 } named ? Path.GetFullPath(named) : Path.Combine(root, "data");
        return new HouseSettings
        {
            Addresses = addresses,
            Hosts = hosts,
            DataFolder = folder,
            Provider = provider,
            ConnectionString = from["Database:ConnectionString"],
            Demo = demo,
            PracticeSystem = practiceSystem,
            ClientFolder = Path.Combine(root, "Workspace", "dist"),
            PackagesFolder = packages.Length > 0 ? packages : null,
            Api = ApiSettings.From(from, demo) with { DataFolder = folder, Validation = validation, CareGraceDays = grace, GuessesPerHour = guesses, Writes = writes, Bulk = bulk, Limits = limits, Origins = origins, TrustedProxies = proxies },
            FullText = fullText,
            Configuration = from,
        };
    }

    private static Result<DatabaseProvider> ReadProvider(IConfiguration from)
    {
        var connection = from["Database:ConnectionString"] is { Length: > 0 };
        return (from["Database:Provider"] ?? "sqlite").ToLowerInvariant() switch
        {
            "sqlite" when connection => new Issue(IssueKind.Invalid, "Database:ConnectionString is for postgres; with sqlite the database lies in Data:Folder."),
            "sqlite" => DatabaseProvider.Sqlite,
            "postgres" when !connection => new Issue(IssueKind.Invalid, "Database:Provider is postgres, but Database:ConnectionString is missing."),
            "postgres" => DatabaseProvider.Postgres,
            _ => new Issue(IssueKind.Invalid, "Database:Provider must be sqlite or postgres."),
        };
    }

    private static Result<string[]> ReadFullText(string? text)
    {
        var types = (text ?? string.Join(',', ParameterNumbers.WordsUsually)).Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Distinct(StringComparer.Ordinal).ToArray();
        return Array.TrueForAll(types, DefinitionSet.R4.IsResource) ? types : new Issue(IssueKind.Invalid, "Search:FullText must be resource types with commas between them, or empty.");
    }

    private static Result<WriteSettings> ReadWrites(IConfiguration from)
    {
        var types = (from["Writes:IfMatchRequired"] ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (Array.Find(types, type => type != "*" && !DefinitionSet.R4.IsResource(type)) is not null) return new Issue(IssueKind.Invalid, "Writes:IfMatchRequired must be resource types with commas between them, or *.");
        return (from["Writes:ReferentialIntegrity"] ?? "false").ToLowerInvariant() switch
        {
            "true" => new WriteSettings { ReferentialIntegrity = true, IfMatchRequired = types },
            "false" => new WriteSettings { IfMatchRequired = types },
            _ => new Issue(IssueKind.Invalid, "Writes:ReferentialIntegrity must be true or false."),
        };
    }

    private static Result<string> ReadPackages(string? named) => named is not { Length: > 0 } ? "" : Directory.Exists(named)
        ? Path.GetFullPath(named)
        : new Issue(IssueKind.Invalid, $"Profiles:Packages must be a folder that holds FHIR packages; {named} is {(File.Exists(named) ? "a file" : "not there")}.");

    private static Result<int> ReadGrace(string? text) =>
        text is not { Length: > 0 } ? 30 : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var days) && days <= 365
            ? days
            : new Issue(IssueKind.Invalid, "Access:CareGraceDays must be a number of days from 0 to 365.");

    private static Result<int> ReadGuesses(string? text) =>
        text is not { Length: > 0 } ? 10 : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var guesses) && guesses is >= 1 and <= 1000
            ? guesses
            : new Issue(IssueKind.Invalid, "Access:GuessesPerHour must be a number from 1 to 1000.");

    // The demo lets anyone sign in as anyone: it never leaves this machine, also not through a proxy that stands before it.
    private static Result<bool> ReadDemo(string? text, Addresses addresses, IReadOnlyList<string> hosts, bool behindProxy) => text?.ToLowerInvariant() switch
    {
        null or "" => addresses.OnlyLoopback && hosts.All(HostNames.IsLoopback) && !behindProxy,
        "false" => false,
        "true" when !addresses.OnlyLoopback => new Issue(IssueKind.Invalid, "Demo:Enabled is true, but --urls names an address that others can reach; the demo listens on loopback addresses only."),
        "true" when !hosts.All(HostNames.IsLoopback) => new Issue(IssueKind.Invalid, "Demo:Enabled is true, but Host is not localhost or a name that ends in .localhost; the demo answers to those only."),
        "true" when behindProxy => new Issue(IssueKind.Invalid, "Demo:Enabled is true, but Server:TrustedProxies says that a proxy lets others in; the demo is for this machine only."),
        "true" => true,
        _ => new Issue(IssueKind.Invalid, "Demo:Enabled must be true or false."),
    };

    private static Result<Uri> ReadPracticeSystem(string? text)
    {
        var usual = text is { Length: > 0 } ? text : "mllp://127.0.0.1:2575";
        return Uri.TryCreate(usual, UriKind.Absolute, out var uri) && uri is { Scheme: "mllp", Port: > 0, Host.Length: > 0 }
            ? uri
            : new Issue(IssueKind.Invalid, "Demo:PracticeSystem must be an address such as mllp://127.0.0.1:2575.");
    }
}
