using System.Text.Json;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Core.Packages;
using Fhir.Server.Core.Validation;

namespace Fhir.Server.Core.Tests.Validation;

/// <summary>
/// HL7's validator cases (FHIR/fhir-test-cases): each step of a case (the resource alone, then by a profile) is valid or invalid as one of the
/// reference validators says. What differs is listed with the reason, so that nothing slips either way.
/// </summary>
public sealed class ValidatorCaseTests(ITestOutputHelper output)
{
    [Fact]
    public void The_verdicts_are_those_of_a_reference_but_for_the_cases_that_are_listed()
    {
        var folder = TestFolders.Data("validator");
        using var json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "cases.json")));
        var cases = json.RootElement.GetProperty("cases").EnumerateArray().Select(one => new ValidatorCase(one, folder)).ToList();
        var different = cases.Select(one => (one.Name, Why: one.Difference())).Where(one => one.Why is not null).ToList();
        output.WriteLine($"Validator cases: {cases.Count - different.Count} of {cases.Count} verdicts are those of a reference.");
        foreach (var (name, why) in different) output.WriteLine($"{name}: {why}");
        Assert.Equal(ListedFiles.Names("ValidatorCases.different.txt"), different.Select(one => one.Name).Order(StringComparer.Ordinal));
        Assert.True(different.Count <= cases.Count * 0.05);
    }
}

/// <summary>One case: a resource, what is loaded beside it, and what the references say.</summary>
internal sealed class ValidatorCase(JsonElement json, string folder)
{
    public string Name => json.GetProperty("name").GetString()!;

    /// <summary>Null when both verdicts agree with a reference.</summary>
    public string? Difference()
    {
        var hasProfile = json.TryGetProperty("profile", out var profile);
        var files = Names(json.GetProperty("supporting")).Concat(hasProfile ? Names(profile.GetProperty("supporting")).Append(profile.GetProperty("source").GetString()!) : []);
        var definitions = files.Select(f => Judged.Read(Path.Combine(folder, f)).Failed(out _, out var read) ? null : read).OfType<Element>().ToList();
        var validator = Judged.Over(Conformance.R4.With(definitions));
        var alone = Step(validator, Judged.Request, json.GetProperty("expected"));
        if (alone is not null || !hasProfile) return alone;
        var url = Judged.Read(Path.Combine(folder, profile.GetProperty("source").GetString()!)).Failed(out _, out var source) ? "urn:not-read" : source["url"].Text!;
        return Step(validator, Judged.Request with { Profiles = [url] }, profile.GetProperty("expected"));
    }

    private string? Step(Validator validator, ValidationRequest request, JsonElement expected)
    {
        List<Issue> errors = Judged.Read(Path.Combine(folder, json.GetProperty("file").GetString()!)).Failed(out var unread, out var resource)
            ? [unread]
            : validator.Validate(resource, request).Errors();
        if (expected.EnumerateObject().Any(reference => reference.Value.GetProperty("errors").GetInt32() == 0 == (errors.Count == 0))) return null;
        return errors.Count == 0 ? "valid here" : $"invalid here: {string.Join("; ", errors.Take(3).Select(Judged.Told))}";
    }

    private static IEnumerable<string> Names(JsonElement list) => list.EnumerateArray().Select(name => name.GetString()!);
}
