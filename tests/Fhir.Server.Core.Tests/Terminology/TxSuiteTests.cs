using System.Text.Json.Nodes;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Core.Packages;
using Fhir.Server.Core.Terminology;

namespace Fhir.Server.Core.Tests.Terminology;

/// <summary>HL7's terminology tests (FHIR tx ecosystem). What fails is listed with its cause, so that nothing slips either way.</summary>
public sealed class TxSuiteTests(ITestOutputHelper output)
{
    private static readonly string Listed = Path.Combine(TestFolders.Repository, "tests/Fhir.Server.Core.Tests/Terminology/TxSuite.failing.txt");

    [Fact]
    public void What_fails_is_exactly_what_is_listed()
    {
        var folder = TestFolders.Data("terminology");
        var all = TxVersions.Json(Path.Combine(folder, "test-cases.json"))["suites"]!.AsArray().SelectMany(suite => Run(suite!, folder)).ToList();
        var failing = all.Where(one => one.Why is not null).ToList();
        output.WriteLine($"Terminology suite: {all.Count - failing.Count} of {all.Count} pass ({100.0 * (all.Count - failing.Count) / all.Count:0.0} %).");
        foreach (var (name, why) in failing) output.WriteLine($"{name}: {why}");
        var listed = File.ReadAllLines(Listed).Where(line => line.Length > 0 && line[0] != '#').Select(line => line.Split(' ')[0]);
        Assert.Equal(listed.Order(StringComparer.Ordinal), failing.Select(one => one.Name).Order(StringComparer.Ordinal));
    }

    private static IEnumerable<(string Name, string? Why)> Run(JsonNode suite, string folder)
    {
        var loaded = new List<Element>();
        foreach (var file in suite["setup"]!.AsArray().Select(f => f!.ToString()))
        {
            var resource = TxVersions.Read(TxVersions.Json(Path.Combine(folder, file)), out var why);
            Assert.True(resource is not null, $"{file}: {why}");
            loaded.Add(resource!);
        }
        var vocabulary = new Vocabulary(Conformance.R4.With(loaded));
        foreach (var test in suite["tests"]!.AsArray()) yield return ($"{suite["name"]}/{test!["name"]}", new TxTest(test, folder).Run(vocabulary));
    }
}

/// <summary>One test: an operation, its request, and the answer that is expected.</summary>
internal sealed class TxTest(JsonNode test, string folder)
{
    /// <summary>Null when the answer is as expected, otherwise how it differs.</summary>
    public string? Run(Vocabulary vocabulary)
    {
        var parameters = TxVersions.Json(Path.Combine(folder, test["request"]!.ToString()));
        if (test["profile"] is { } profile)
            foreach (var more in TxVersions.Json(Path.Combine(folder, profile.ToString()))["parameter"]!.AsArray()) parameters["parameter"]!.AsArray().Add(more!.DeepClone());
        if (TxVersions.Read(parameters, out var why) is not { } request) return why;
        var question = new Question(request) { At = DateTimeOffset.UnixEpoch, Identifier = $"urn:uuid:{Guid.Empty}", AcceptLanguage = test["Accept-Language"]?.ToString() };
        if (Answer(vocabulary, question) is not { } answer) return $"the operation {test["operation"]} is none of R4";
        var actual = answer.Failed(out var issue, out var resource) ? Outcome(issue) : TxVersions.Written(resource!);
        var expected = new[] { "response", "response2" }.Where(r => test[r] is not null).Select(r => TxVersions.Json(Path.Combine(folder, test[r]!.ToString())));
        var differences = expected.Select(e => TxComparison.Difference(e, actual)).ToList();
        return differences.Contains(null) ? null : differences[0];
    }

    private Result<Element>? Answer(Vocabulary vocabulary, Question question) => test["operation"]!.ToString() switch
    {
        "expand" => vocabulary.Expand(question),
        "validate-code" => vocabulary.ValidateInValueSet(question),
        "cs-validate-code" => vocabulary.ValidateInCodeSystem(question),
        "lookup" => vocabulary.Lookup(question),
        "translate" => vocabulary.Translate(question),
        _ => null,
    };

    // The finer code of an issue stands in its details.
    private static JsonObject Outcome(Issue issue)
    {
        var told = new JsonObject { ["severity"] = "error", ["code"] = issue.Code, ["details"] = new JsonObject { ["text"] = issue.Text } };
        if (issue.Rule is { } rule) told["details"]!["coding"] = new JsonArray(new JsonObject { ["system"] = "http://hl7.org/fhir/tools/CodeSystem/tx-issue-type", ["code"] = rule });
        if (issue.Where is { } where) told["expression"] = new JsonArray(where);
        return new() { ["resourceType"] = "OperationOutcome", ["issue"] = new JsonArray(told) };
    }
}
