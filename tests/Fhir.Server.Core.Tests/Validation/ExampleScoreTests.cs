using Fhir.Server.Core.Packages;
using Fhir.Server.Core.Tests.Json;

namespace Fhir.Server.Core.Tests.Validation;

/// <summary>HL7's 722 examples against R4's base rules and the profiles they declare. Those that are wrong themselves are listed with the reason.</summary>
public sealed class ExampleScoreTests(ITestOutputHelper output)
{
    [Fact]
    public void The_examples_are_valid_but_for_those_that_are_listed()
    {
        var validator = Judged.Over(Conformance.R4);
        var files = OfficialExamplesTests.Files().Order(StringComparer.Ordinal).ToList();
        var wrong = files.Select(file => (Name: Path.GetFileName(file), Errors: validator.Validate(Reading.Read(File.ReadAllBytes(file)), Judged.Request).Errors()))
            .Where(one => one.Errors.Count > 0).ToList();
        output.WriteLine($"Official examples: {files.Count - wrong.Count} of {files.Count} are valid.");
        foreach (var (name, errors) in wrong) output.WriteLine($"{name}: {string.Join("; ", errors.Take(3).Select(Judged.Told))}");
        Assert.Equal(ListedFiles.Names("Examples.wrong.txt"), wrong.Select(one => one.Name));
    }
}
