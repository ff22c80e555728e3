using Fhir.Server.Core.Packages;
using Fhir.Server.Core.Tests.Json;

namespace Fhir.Server.Core.Tests.Validation;

public sealed class SyntheaTests(ITestOutputHelper output)
{
    [Fact]
    public void No_synthetic_patient_bundle_gets_an_error()
    {
        var validator = Judged.Over(Conformance.R4);
        var (bundles, remarks) = (0, new Dictionary<string, int>(StringComparer.Ordinal));
        foreach (var file in Directory.EnumerateFiles(TestFolders.Data("synthea"), "*.json"))
        {
            bundles++;
            var issues = validator.Validate(Reading.Read(File.ReadAllBytes(file)), Judged.Request);
            Assert.Empty(issues.Errors().Select(Judged.Told));
            foreach (var issue in issues) remarks[$"{issue.Severity} {issue.Code} {issue.Text}"] = remarks.GetValueOrDefault($"{issue.Severity} {issue.Code} {issue.Text}") + 1;
        }
        output.WriteLine($"Synthea: {bundles} bundles without an error; remarks, at most 500 a bundle:");
        foreach (var (text, count) in remarks.OrderByDescending(r => r.Value)) output.WriteLine($"  {count} × {text}");
        Assert.True(bundles > 0);
    }
}
