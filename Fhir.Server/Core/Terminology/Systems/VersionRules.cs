// https://hl7.org/fhir/R4/valueset-operation-expand.html (system-version, check-system-version, force-system-version)
namespace Fhir.Server.Core.Terminology.Systems;

/// <summary>Which versions a request wants: by default, to be checked, or whatever a value set says itself.</summary>
public sealed class VersionRules
{
    public static VersionRules None { get; } = new();

    private Dictionary<string, string> Defaults { get; init; } = [];
    private Dictionary<string, string> Checks { get; init; } = [];
    private Dictionary<string, string> Forced { get; init; } = [];
    private Dictionary<string, string> ValueSets { get; init; } = [];

    public static VersionRules Of(Question question) => new()
    {
        Defaults = Read(question.Texts("system-version")),
        Checks = Read(question.Texts("check-system-version")),
        Forced = Read(question.Texts("force-system-version")),
        ValueSets = Read(question.Texts("default-valueset-version")),
    };

    /// <summary>The version that counts where a value set asks for this one, or for none.</summary>
    public string? Effective(string system, string? asked) =>
        Forced.GetValueOrDefault(system) ?? asked ?? Defaults.GetValueOrDefault(system) ?? Checks.GetValueOrDefault(system);

    /// <summary>The version that the code system must have, or null.</summary>
    public string? Check(string system) => Checks.GetValueOrDefault(system);

    /// <summary>The canonical of a value set, with the version that it should have where none is said.</summary>
    public string ValueSet(string canonical) =>
        !canonical.Contains('|', StringComparison.Ordinal) && ValueSets.TryGetValue(canonical, out var version) ? $"{canonical}|{version}" : canonical;

    public bool IsForced(string system) => Forced.ContainsKey(system);
    public bool IsDefaulted(string system) => !IsForced(system) && Defaults.ContainsKey(system);
    public bool IsChecked(string system) => !IsForced(system) && !IsDefaulted(system) && Checks.ContainsKey(system);

    private static Dictionary<string, string> Read(IEnumerable<string> canonicals)
    {
        var found = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var canonical in canonicals)
            if (canonical.Split('|') is [{ Length: > 0 } url, { Length: > 0 } version]) found[url] = version;
        return found;
    }
}
