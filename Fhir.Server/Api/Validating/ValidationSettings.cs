using Fhir.Server.Core.Outcomes;
using Microsoft.Extensions.Configuration;

namespace Fhir.Server.Api.Validating;

/// <summary>What becomes of a resource that breaks a rule: nobody looks, it is stored and the issues are told, or it is refused.</summary>
public enum Strictness { Off, Warn, Enforce }

/// <summary>How strict one way in is: about R4's own rules, and about the profiles that a resource declares.</summary>
public sealed record Strictnesses(Strictness Base, Strictness Profiles);

/// <summary>What is judged on writes beyond the structure, which is checked always — docs/validation.md</summary>
public sealed record ValidationSettings
{
    private const string Section = "Validation", ImportSection = "Import", BaseKey = "Base", ProfilesKey = "Profiles";

    /// <summary>People and systems.</summary>
    public Strictnesses Writes { get; init; } = new(Strictness.Warn, Strictness.Warn);
    /// <summary>Writes that name the home organisation of what they bring.</summary>
    public Strictnesses Import { get; init; } = new(Strictness.Off, Strictness.Off);

    /// <summary>The settings, or the sentence that says what is wrong with them; a misspelt name is wrong too.</summary>
    public static Result<ValidationSettings> Read(IConfiguration from)
    {
        var usual = new ValidationSettings();
        var section = from.GetSection(Section);
        if ((Misspelt(section, BaseKey, ProfilesKey, ImportSection) ?? Misspelt(section.GetSection(ImportSection), BaseKey, ProfilesKey)) is { } misspelt) return misspelt;
        if (Both(section, usual.Writes).Failed(out var issue, out var writes)) return issue;
        if (Both(section.GetSection(ImportSection), usual.Import).Failed(out issue, out var import)) return issue;
        return new ValidationSettings { Writes = writes, Import = import };
    }

    private static Result<Strictnesses> Both(IConfigurationSection section, Strictnesses usual)
    {
        if (One(section.GetSection(BaseKey), usual.Base).Failed(out var issue, out var rules)) return issue;
        return One(section.GetSection(ProfilesKey), usual.Profiles).Failed(out issue, out var profiles) ? issue : new Strictnesses(rules, profiles);
    }

    private static Result<Strictness> One(IConfigurationSection setting, Strictness usual) => setting.Value?.ToLowerInvariant() switch
    {
        null or "" => usual,
        "off" => Strictness.Off,
        "warn" => Strictness.Warn,
        "enforce" => Strictness.Enforce,
        _ => new Issue(IssueKind.Invalid, $"{setting.Path} must be off, warn or enforce."),
    };

    private static Issue? Misspelt(IConfigurationSection section, params string[] known) =>
        section.GetChildren().FirstOrDefault(c => !known.Contains(c.Key, StringComparer.OrdinalIgnoreCase)) is { } odd
            ? new Issue(IssueKind.Invalid, $"There is no setting {odd.Path}; {section.Path} has {string.Join(", ", known)}.")
            : null;
}
