using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Validation;

namespace Fhir.Server.Core.Tests.Validation;

/// <summary>The examples of the Dutch and the Belgian core profiles follow the profiles they declare; no code system of SNOMED CT is loaded.</summary>
public sealed class NationalProfileTests(ITestOutputHelper output)
{
    [Fact]
    public void The_nl_core_examples_are_valid()
    {
        var folder = TestFolders.Data("nl-core");
        Judge("nl-core", Judged.Folder(Path.Combine(folder, "resources")), Judged.Folder(Path.Combine(folder, "examples")), "NlCore.wrong.txt");
    }

    [Fact]
    public void The_be_core_examples_are_valid()
    {
        var all = Judged.Folder(TestFolders.Data("be-core"));
        Judge("be-core", [.. all.Where(IsDefinition)], [.. all.Where(r => !IsDefinition(r))], "BeCore.wrong.txt");
    }

    private static bool IsDefinition(Element resource) => resource.Type is "StructureDefinition" or "ValueSet" or "CodeSystem" or "NamingSystem" or "ImplementationGuide";

    private void Judge(string name, List<Element> definitions, List<Element> examples, string listed)
    {
        var validator = Judged.With(definitions);
        var byReference = examples.Where(e => e["id"].Text is not null).ToLookup(e => $"{e.Type}/{e["id"].Text}", StringComparer.Ordinal);
        var request = Judged.Request with { Resolve = text => byReference[text].FirstOrDefault() };
        var wrong = examples.Select(e => (Name: e["id"].Text!, Errors: validator.Validate(e, Asking(e, request)).Errors())).Where(one => one.Errors.Count > 0).ToList();
        var declared = examples.Sum(e => e["meta"].Each("profile").Count());
        output.WriteLine($"{name}: {examples.Count - wrong.Count} of {examples.Count} examples are valid by {declared} declared profiles.");
        foreach (var (example, errors) in wrong) output.WriteLine($"{example}: {string.Join("; ", errors.Take(3).Select(Judged.Told))}");
        Assert.True(declared >= examples.Count / 2);
        Assert.Equal(ListedFiles.Names(listed), wrong.Select(one => one.Name).Order(StringComparer.Ordinal));
    }

    // Asked for by name, a profile that cannot be used is an error; only declared, it would be a warning that nobody counts.
    private static ValidationRequest Asking(Element example, ValidationRequest request) =>
        request with { Profiles = [.. example["meta"].Each("profile").Select(p => p.Text!)] };
}
