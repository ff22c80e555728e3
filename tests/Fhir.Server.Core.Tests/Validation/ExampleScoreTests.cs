using Fhir.Server.Core.Outcomes;
using Fhir.Server.Core.Packages;
using Fhir.Server.Core.Terminology;
using Fhir.Server.Core.Tests.Json;
using Fhir.Server.Core.Validation;

namespace Fhir.Server.Core.Tests.Validation;

/// <summary>HL7's 722 examples against R4's base rules and the profiles they declare. Those that are wrong themselves are listed with the reason.</summary>
public sealed class ExampleScoreTests(ITestOutputHelper output)
{
    private static readonly string Listed = Path.Combine(TestFolders.Repository, "tests/Fhir.Server.Core.Tests/Validation/Examples.wrong.txt");

    [Fact]
    public void The_examples_are_valid_but_for_those_that_are_listed()
    {
        var validator = new Validator(Conformance.R4, new Vocabulary(Conformance.R4));
        var request = ValidationRequest.Default with { Clock = TimeProvider.System };
        var files = OfficialExamplesTests.Files().Order(StringComparer.Ordinal).ToList();
        var wrong = files.Select(file => (Name: Path.GetFileName(file), Errors: Errors(validator.Validate(Reading.Read(File.ReadAllBytes(file)), request))))
            .Where(one => one.Errors.Count > 0).ToList();
        output.WriteLine($"Official examples: {files.Count - wrong.Count} of {files.Count} are valid.");
        foreach (var (name, errors) in wrong) output.WriteLine($"{name}: {string.Join("; ", errors.Take(3))}");
        Assert.Equal(ListedFiles.Names(Listed), wrong.Select(one => one.Name));
    }

    private static List<string> Errors(IEnumerable<Issue> issues) => [.. issues.Where(i => i.Severity <= Severity.Error).Select(i => $"{i.Where} {i.Rule} {i.Text}")];
}

/// <summary>The names in a list of known differences: one a line, the reason behind a blank; # begins a comment.</summary>
internal static class ListedFiles
{
    public static IEnumerable<string> Names(string path) =>
        File.ReadAllLines(path).Where(line => line.Length > 0 && line[0] != '#').Select(line => line.Split(" — ")[0].Trim()).Order(StringComparer.Ordinal);
}
