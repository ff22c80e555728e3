using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Fhir.Server.Core.Tests.FhirPath.Differential;

/// <summary>One expression on one file.</summary>
internal sealed record Question(string File, string Expression);

/// <summary>npm fhirpath in one Node process: questions go in line by line, answers come out in the same order.</summary>
internal static class OtherEngine
{
    public static readonly string Folder = Path.Combine(TestFolders.Repository, "tests/Fhir.Server.Core.Tests/FhirPath/Differential");

    public static bool IsThere => Directory.Exists(Path.Combine(Folder, "node_modules/fhirpath"));

    public static async Task<List<JsonNode>> AskAsync(IReadOnlyList<Question> questions)
    {
        using var node = Process.Start(new ProcessStartInfo("node", "evaluate.mjs") { WorkingDirectory = Folder, UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true, Environment = { ["TZ"] = "UTC" } })!;
        var sending = SendAsync(node.StandardInput, questions);
        var answers = new List<JsonNode>();
        while (await node.StandardOutput.ReadLineAsync() is { } line) answers.Add(JsonNode.Parse(line)!);
        await sending;
        await node.WaitForExitAsync();
        return answers;
    }

    private static async Task SendAsync(StreamWriter to, IReadOnlyList<Question> questions)
    {
        foreach (var question in questions) await to.WriteLineAsync(JsonSerializer.Serialize(new { file = question.File, expression = question.Expression }));
        to.Close();
    }
}
