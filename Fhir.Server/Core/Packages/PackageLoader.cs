using System.Security.Cryptography;
using System.Text.Json;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Json;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Core.Xml;

namespace Fhir.Server.Core.Packages;

/// <summary>What was found in a folder of packages: the conformance with them on top, how many resources, and what to tell whoever put them there.</summary>
public sealed record LoadedPackages(Conformance Conformance, IReadOnlyList<string> Names, int Resources, IReadOnlyList<Issue> Issues);

/// <summary>
/// Loads FHIR packages from a folder: packages as folders or .tgz, and loose files — https://confluence.hl7.org/display/FHIR/NPM+Package+Specification.
/// Every file is read once to check it; its text is kept, and its tree made when it is asked for.
/// </summary>
public sealed class PackageLoader
{
    private readonly Conformance _below;
    private readonly List<Issue> _issues = [];
    private readonly List<Definition> _definitions = [];
    private readonly Dictionary<(string Type, string Url, string? Version), (string File, byte[] Hash)> _known = [];

    private PackageLoader(Conformance below) => _below = below;

    public static LoadedPackages Load(string folder, Conformance below)
    {
        if (!Directory.Exists(folder)) return new(below, [], 0, [new(IssueKind.NotFound, $"The folder of packages is not there: {folder}.")]);
        try
        {
            return new PackageLoader(below).Load(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new(below, [], 0, [new(IssueKind.Unavailable, $"The folder of packages cannot be read, and none is loaded: {e.Message}")]);
        }
    }

    private LoadedPackages Load(string folder)
    {
        var packages = PackageFolder.Read(folder, _issues);
        foreach (var package in packages.Where(IsUsable))
            foreach (var file in package.Files) Take(file);
        TellWhatIsMissing(packages);
        TellVersions();
        return new(_below.With(_definitions), [.. packages.Where(p => p.IsForR4 && !Package.IsR4Itself(p.Name)).Select(Title)], _definitions.Count, _issues);
    }

    private static string Title(Package package) => package.Version is null ? package.Name : $"{package.Name} {package.Version}";

    private bool IsUsable(Package package)
    {
        if (Package.IsR4Itself(package.Name)) Tell(Severity.Information, $"{Title(package)} is built in: what lies in the folder is not used.");
        else if (!package.IsForR4) Tell(Severity.Warning, $"{Title(package)} is for FHIR {string.Join(", ", package.FhirVersions)}, not for R4: it is left out.");
        return package.IsForR4 && !Package.IsR4Itself(package.Name);
    }

    private void Take(PackageFile file)
    {
        if (file.Name.EndsWith(".json", StringComparison.OrdinalIgnoreCase) && !IsResource(file)) return;
        if (Read(file).Failed(out var issue, out var resource)) Tell(Severity.Warning, $"{file.Name} is left out: {issue.Text}{(issue.Where is null ? "" : $" ({issue.Where})")}");
        else if (resource["url"].Text is { } url) Take(file, resource, url);
    }

    private void Take(PackageFile file, Element resource, string url)
    {
        if (resource["fhirVersion"].Text is { } fhirVersion && resource.Type == "StructureDefinition" && !Package.IsR4(fhirVersion))
        {
            Tell(Severity.Warning, $"{file.Name} is left out: {url} is for FHIR {fhirVersion}, not for R4.");
            return;
        }
        var key = (resource.Type, url, resource["version"].Text);
        var hash = SHA256.HashData(JsonWriter.Write(resource));
        if (_known.TryGetValue(key, out var other))
        {
            if (!hash.AsSpan().SequenceEqual(other.Hash)) Tell(Severity.Warning, $"{file.Name} is left out: {other.File} says otherwise under the same name and version, {url}|{key.Item3}.", IssueKind.Conflict);
            return;
        }
        _known.Add(key, (file.Name, hash));
        _definitions.Add(new(resource.Type, url, key.Item3, () => ReadAgain(file)));
    }

    // Other JSON (indexes, tools' settings) may lie beside; what is not JSON at all is told by the reader.
    private static bool IsResource(PackageFile file)
    {
        try
        {
            using var json = JsonDocument.Parse(file.Content);
            return json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("resourceType", out _);
        }
        catch (JsonException)
        {
            return true;
        }
    }

    private static Result<Element> Read(PackageFile file) => file.Name.EndsWith(".xml", StringComparison.OrdinalIgnoreCase)
        ? FhirXmlReader.Read(file.Content, DefinitionSet.R4)
        : JsonReader.Read(file.Content, DefinitionSet.R4);

    private static Element ReadAgain(PackageFile file) =>
        Read(file).Failed(out var issue, out var resource) ? throw new InvalidOperationException($"{file.Name} could be read before: {issue.Text}") : resource;

    private void TellWhatIsMissing(List<Package> packages)
    {
        var there = packages.Select(p => p.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var package in packages.Where(p => p.IsForR4))
            foreach (var needed in package.Needs.Where(n => !there.Contains(n) && !Package.IsR4Itself(n)))
                Tell(Severity.Warning, $"{Title(package)} needs {needed}, which is not there.", IssueKind.NotFound);
    }

    private void TellVersions()
    {
        foreach (var same in _definitions.GroupBy(d => (d.Type, d.Url)).Where(g => g.Count() > 1))
            Tell(Severity.Information, $"{same.Key.Url} is there in the versions {string.Join(", ", same.Select(d => d.Version ?? "none"))}: the newest counts where none is named.", IssueKind.Conflict);
        foreach (var hiding in _definitions.Where(d => d.Version is not null && _below.Has(d.Type, d.Url, d.Version)))
            Tell(Severity.Information, $"{hiding.Url}|{hiding.Version} takes the place of what is built in under that name.", IssueKind.Conflict);
    }

    private void Tell(Severity severity, string text, IssueKind kind = IssueKind.Invalid) => _issues.Add(new(kind, text) { Severity = severity });
}
