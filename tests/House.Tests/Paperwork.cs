using Fhir.Server.Core.Definitions;
using Fhir.Server.Store.Access;

namespace House.Tests;

/// <summary>The papers in the root say what is so.</summary>
public sealed class Paperwork
{
    [Theory]
    [InlineData("start")]
    [InlineData("test")]
    [InlineData(".ci/run")]
    public void The_commands_of_the_readme_can_be_run(string command)
    {
        Assert.Contains(SourceTree.Git("ls-files", "--stage", command), line => line.StartsWith("100755", StringComparison.Ordinal));
        if (command != ".ci/run") Assert.Contains($"./{command}", File.ReadAllText(SourceTree.PathOf("README.md")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Hl7.Fhir.R4")]
    [InlineData("Firely.Fhir.Validation")]
    [InlineData("Duende.IdentityServer")]
    [InlineData("EFCore.BulkExtensions")]
    public void The_readme_says_which_packages_could_not_be_had(string package) =>
        Assert.Contains(package, File.ReadAllText(SourceTree.PathOf("README.md")), StringComparison.Ordinal);

    [Fact]
    public void Every_folder_of_the_map_exists()
    {
        var map = File.ReadAllLines(SourceTree.PathOf("README.md")).Where(l => l.StartsWith("| `", StringComparison.Ordinal)).Select(l => l.Split('`')[1]).ToList();
        Assert.NotEmpty(map);
        Assert.DoesNotContain(map, folder => !Path.Exists(SourceTree.PathOf(folder)));
    }

    [Fact]
    public void Every_R4_type_has_its_line_in_the_access_table()
    {
        Assert.Equal(DefinitionSet.R4.ResourceTypes.Order(StringComparer.Ordinal), AccessTable.Types.Order(StringComparer.Ordinal));
    }
}
