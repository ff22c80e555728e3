using System.Diagnostics;

namespace Fhir.Server.Api.Tests.OtherClient;

/// <summary>A FHIR client that somebody else wrote (npm fhir-kit-client) does with this server all that it can do.</summary>
public abstract class OtherClientContract(Shared shared)
{
    private static readonly string Folder = Path.Combine(Root(), "tests/Fhir.Server.Api.Tests/OtherClient");

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "House.slnx"))) folder = folder.Parent ?? throw new InvalidOperationException("House.slnx is in no folder above the tests.");
        return folder.FullName;
    }

    [Fact]
    public async Task Each_interaction_of_another_client_works()
    {
        Assert.SkipUnless(Directory.Exists(Path.Combine(Folder, "node_modules/fhir-kit-client")), "The other client is not there: run npm ci in tests/Fhir.Server.Api.Tests/OtherClient.");
        using var node = Process.Start(new ProcessStartInfo("node", "interactions.mjs")
        {
            WorkingDirectory = Folder, UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true,
            Environment = { ["SERVER"] = $"{shared.House.Url}/fhir", ["TOKEN"] = shared.House.Tokens.Issue(House.TokenOf("integrator")), ["RUN"] = Guid.NewGuid().ToString("N")[..10] },
        })!;
        var error = node.StandardError.ReadToEndAsync();
        var told = (await node.StandardOutput.ReadToEndAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        await node.WaitForExitAsync();
        Assert.True(node.ExitCode == 0, await error);
        Assert.True(told.All(line => line.StartsWith("ok ", StringComparison.Ordinal)), string.Join('\n', told));
        Assert.Equal(24, told.Length);
    }
}

public sealed class OtherClientOnSqlite(Shared shared) : OtherClientContract(shared), IClassFixture<Shared>;
public sealed class OtherClientOnPostgres(SharedOnPostgres shared) : OtherClientContract(shared), IClassFixture<SharedOnPostgres>;
