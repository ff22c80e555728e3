using System.Text.Json;

namespace Fhir.Server.Core.Packages;

/// <summary>What stands in one place: a FHIR package, or loose files. Its package.json says what it is — https://confluence.hl7.org/display/FHIR/NPM+Package+Specification</summary>
internal sealed record Package(string Name, string? Version, IReadOnlyList<string> FhirVersions, IReadOnlyList<string> Needs, IReadOnlyList<PackageFile> Files)
{
    public static Package Loose(string name, IReadOnlyList<PackageFile> files) => new(name, null, [], [], files);

    /// <summary>R4 itself, in its several names: it is built in.</summary>
    public static bool IsR4Itself(string name) => name is "hl7.fhir.r4.core" or "hl7.fhir.core" or "hl7.fhir.r4.expansions" or "hl7.fhir.r4.elements";

    public bool IsForR4 => FhirVersions.Count == 0 || FhirVersions.Any(IsR4);

    public static bool IsR4(string version) => version == "4.0" || version.StartsWith("4.0.", StringComparison.Ordinal);

    /// <summary>Throws a JsonException when it is not JSON.</summary>
    public static Package Described(string fallbackName, ReadOnlyMemory<byte> packageJson, IReadOnlyList<PackageFile> files)
    {
        using var json = JsonDocument.Parse(packageJson);
        var root = json.RootElement;
        if (root.ValueKind != JsonValueKind.Object) return Loose(fallbackName, files);
        return new(Text(root, "name") ?? fallbackName, Text(root, "version"), [.. Texts(root, "fhirVersions"), .. Texts(root, "fhir-version-list")], [.. Names(root, "dependencies")], files);
    }

    private static string? Text(JsonElement of, string name) =>
        of.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static IEnumerable<string> Texts(JsonElement of, string name) =>
        of.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Array
            ? value.EnumerateArray().Where(v => v.ValueKind == JsonValueKind.String).Select(v => v.GetString()!)
            : [];

    private static IEnumerable<string> Names(JsonElement of, string name) =>
        of.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Object ? value.EnumerateObject().Select(p => p.Name) : [];
}
