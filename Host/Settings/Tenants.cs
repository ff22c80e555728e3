using Fhir.Server.Core.Outcomes;

namespace Host.Settings;

/// <summary>What one process serves: a single house, or one for each name under the setting <c>Tenants</c>; these share nothing but the process and the addresses.</summary>
public sealed record Tenants(IReadOnlyList<HouseSettings> All)
{
    private const string Section = "Tenants";

    // A list is replaced, never merged: a trusted issuer of one tenant must not be half another's.
    private static readonly string[] Lists = ["Authentication:Authorities"];

    /// <summary>True when the settings name tenants, be it one.</summary>
    public bool Named => All[0].Tenant is not null;

    public static Result<Tenants> Read(IConfiguration from, string root)
    {
        var named = from.GetSection(Section).GetChildren().ToList();
        if (from[Section] is { Length: > 0 }) return new Issue(IssueKind.Invalid, "Tenants is no value by itself: name each tenant, as in Tenants:north:Host=north.example.org.");
        if (named.Count == 0) return Alone(from, root);
        var all = new List<HouseSettings>();
        foreach (var own in named)
        {
            if (ReadOne(from, own, root).Failed(out var wrong, out var settings)) return new Issue(wrong.Kind, $"Tenant {own.Key}: {wrong.Text}");
            all.Add(settings);
        }
        return Clash.Among(all) is { } clash ? clash : new Tenants(all);
    }

    /// <summary>The house that a command works on.</summary>
    public Result<HouseSettings> For(string? name)
    {
        if (name is null) return All.Count == 1 ? All[0] : Wrong($"Several tenants are set up: say which one with --tenant {Names('|')}.");
        if (!Named) return Wrong("No tenants are set up: leave --tenant out.");
        return All.FirstOrDefault(house => string.Equals(house.Tenant, name, StringComparison.OrdinalIgnoreCase)) is { } found
            ? found : Wrong($"There is no tenant '{name}'; there is {Names(',')}.");
    }

    private string Names(char between) => string.Join(between == ',' ? ", " : "|", All.Select(house => house.Tenant));

    private static Issue Wrong(string sentence) => new(IssueKind.Invalid, sentence) { Code = "usage" };

    private static Result<Tenants> Alone(IConfiguration from, string root) =>
        HouseSettings.Read(from, root).Failed(out var issue, out var house) ? issue : new Tenants([house]);

    private static Result<HouseSettings> ReadOne(IConfiguration common, IConfigurationSection own, string root)
    {
        if (!own.Key.All(c => char.IsAsciiLetterOrDigit(c) || c == '-')) return new Issue(IssueKind.Invalid, "A tenant's name consists of letters, digits and hyphens.");
        if (own["urls"] is not null) return new Issue(IssueKind.Invalid, "--urls stands outside Tenants: the tenants share the addresses and are told apart by Host.");
        if (HostNames.Read(own["Host"]).Failed(out var issue, out var hosts)) return issue;
        if (HouseSettings.Read(Overlaid(common, own, root), root, hosts).Failed(out issue, out var settings)) return issue;
        var api = settings.Api;
        return settings with
        {
            Tenant = own.Key,
            Api = api with { Issuer = api.Issuer ?? $"https://{hosts[0]}", Audience = api.Audience ?? $"https://{hosts[0]}/fhir" },
        };
    }

    // The tenant's settings over the common ones; without a data folder of its own it has one inside the common one.
    private static IConfiguration Overlaid(IConfiguration common, IConfigurationSection own, string root)
    {
        var replaced = Lists.Where(list => own.GetSection(list).GetChildren().Any()).Append(Section).ToList();
        var all = common.AsEnumerable().Where(s => !replaced.Any(list => IsUnder(list, s.Key)))
            .Append(new("Data:Folder", Path.Combine(common["Data:Folder"] is { Length: > 0 } folder ? folder : Path.Combine(root, "data"), own.Key.ToLowerInvariant())))
            .Concat(own.AsEnumerable(makePathsRelative: true)).Where(s => s.Value is not null);
        var overlaid = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        foreach (var (key, value) in all) overlaid[key] = value;
        return new ConfigurationBuilder().AddInMemoryCollection(overlaid).Build();
    }

    private static bool IsUnder(string section, string key) =>
        key.StartsWith(section, StringComparison.OrdinalIgnoreCase) && (key.Length == section.Length || key[section.Length] == ':');
}
