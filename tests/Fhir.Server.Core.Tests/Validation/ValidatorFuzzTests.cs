using System.Text.Json;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Json;
using Fhir.Server.Core.Packages;
using Fhir.Server.Core.Tests.Json;
using Fhir.Server.Core.Validation;

namespace Fhir.Server.Core.Tests.Validation;

/// <summary>Whatever resources and profiles are, the validator comes to an end and throws nothing.</summary>
public sealed class ValidatorFuzzTests(ITestOutputHelper output)
{
    private static bool IsLong => Environment.GetEnvironmentVariable("SAMENSPRAAK_LONG") == "1";

    [Fact]
    public void Broken_examples_are_judged()
    {
        var random = new Random(20260102);
        var validator = Judged.Over(Conformance.R4);
        var examples = OfficialExamplesTests.Files().Order(StringComparer.Ordinal).Select(File.ReadAllBytes).Where(bytes => bytes.Length < 30_000).ToList();
        var judged = 0;
        for (var i = 0; i < (IsLong ? 400_000 : 2_000); i++)
            if (Broken(examples[random.Next(examples.Count)], random) is { } resource) judged += Judge(validator, resource, Judged.Request);
        output.WriteLine($"{judged} broken resources were judged.");
        Assert.True(judged > 500);
    }

    [Fact]
    public void Broken_profiles_are_used_or_refused()
    {
        var random = new Random(20260103);
        var all = Judged.Folder(Path.Combine(TestFolders.Data("nl-core"), "resources")).Where(r => r.Type == "StructureDefinition").ToList();
        var sound = Conformance.R4.With(all);
        var examples = Judged.Folder(Path.Combine(TestFolders.Data("nl-core"), "examples")).ToLookup(e => e["meta"]["profile"].Text ?? "", StringComparer.Ordinal);
        var sources = all.Where(p => examples.Contains(p["url"].Text!)).Select(JsonWriter.Write).ToList();
        var judged = 0;
        for (var i = 0; i < (IsLong ? 20_000 : 300); i++)
        {
            if (Broken(sources[random.Next(sources.Count)], random) is not { } profile) continue;
            var validator = Judged.Over(sound.With([profile]));
            judged += Judge(validator, profile, Judged.Request);
            foreach (var example in examples[profile["url"].Text ?? ""]) judged += Judge(validator, example, Judged.Request);
        }
        output.WriteLine($"{judged} times was judged with broken profiles.");
        Assert.True(judged > 50);
    }

    private static int Judge(Validator validator, Element resource, ValidationRequest request)
    {
        Quick.Within(5, () => Assert.All(validator.Validate(resource, request), issue => Assert.NotNull(issue.Code)), resource.Type);
        return 1;
    }

    // Values stand in each other's place: most of what comes out can still be read.
    private static Element? Broken(byte[] source, Random random)
    {
        var values = Values(source);
        var text = source;
        for (var changes = random.Next(1, 6); changes > 0 && values.Count > 0; changes--)
        {
            var (to, from) = (values[random.Next(values.Count)], values[random.Next(values.Count)]);
            text = [.. text[..to.Start], .. source[from.Start..from.End], .. text[to.End..]];
            values = Values(text);
            source = text;
        }
        return JsonReader.Read(text, DefinitionSet.R4).Failed(out _, out var root) ? null : root;
    }

    private static List<(int Start, int End)> Values(byte[] json)
    {
        var values = new List<(int, int)>();
        var reader = new Utf8JsonReader(json);
        while (reader.Read())
            if (reader.TokenType is JsonTokenType.String or JsonTokenType.Number) values.Add(((int)reader.TokenStartIndex, (int)reader.BytesConsumed));
        return values;
    }
}
