namespace Fhir.Server.Core.Packages;

/// <summary>One file of a package: its name with the folders it stands in, and its bytes.</summary>
internal sealed record PackageFile(string Name, ReadOnlyMemory<byte> Content)
{
    /// <summary>Larger files are no definitions.</summary>
    public const int MaxLength = 64 << 20;

    // What a package holds beside its definitions — https://confluence.hl7.org/display/FHIR/NPM+Package+Specification
    private static readonly HashSet<string> Beside = new(StringComparer.OrdinalIgnoreCase) { "example", "examples", "other", "openapi", "tests", "node_modules" };

    /// <summary>True for JSON and XML that stands where definitions stand.</summary>
    public static bool IsWanted(string name)
    {
        var parts = name.Split('/');
        return Path.GetExtension(name).ToLowerInvariant() is ".json" or ".xml"
            && !parts.Any(p => p.StartsWith('.') || Beside.Contains(p)) && parts[^1] != "package.json";
    }
}
