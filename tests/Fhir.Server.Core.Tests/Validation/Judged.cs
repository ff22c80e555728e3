using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Json;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Core.Packages;
using Fhir.Server.Core.Terminology;
using Fhir.Server.Core.Validation;
using Fhir.Server.Core.Xml;

namespace Fhir.Server.Core.Tests.Validation;

/// <summary>Resources from files, and validators over them.</summary>
internal static class Judged
{
    public static readonly ValidationRequest Request = ValidationRequest.Default with { Clock = TimeProvider.System };

    public static Validator With(IEnumerable<Element> definitions) => Over(Conformance.R4.With(definitions));

    public static Validator Over(Conformance conformance) => new(conformance, new Vocabulary(conformance));

    /// <summary>The resource in a file, by its ending; or why it is not read.</summary>
    public static Result<Element> Read(string file) => file.EndsWith(".xml", StringComparison.Ordinal)
        ? FhirXmlReader.Read(File.ReadAllBytes(file), DefinitionSet.R4)
        : JsonReader.Read(File.ReadAllBytes(file), DefinitionSet.R4);

    /// <summary>What can be read of all files below a folder.</summary>
    public static List<Element> Folder(string path) =>
        [.. Directory.EnumerateFiles(path, "*.*", SearchOption.AllDirectories).Where(f => f.EndsWith(".xml", StringComparison.Ordinal) || f.EndsWith(".json", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal).Select(f => Read(f).Failed(out _, out var root) ? null : root).OfType<Element>()];

    public static List<Issue> Errors(this IEnumerable<Issue> issues) => [.. issues.Where(i => i.Severity <= Severity.Error)];

    public static string Told(this Issue issue) => $"{issue.Severity} {issue.Code} at {issue.Where} {issue.Rule}: {issue.Text}";
}

/// <summary>A list of known differences: a name a line, the reason behind a dash; # begins a comment.</summary>
internal static class ListedFiles
{
    public static IEnumerable<string> Names(string list) =>
        File.ReadAllLines(Path.Combine(TestFolders.Repository, "tests/Fhir.Server.Core.Tests/Validation", list))
            .Where(line => line.Length > 0 && line[0] != '#').Select(line => line.Split(" — ")[0].Trim()).Order(StringComparer.Ordinal);
}
