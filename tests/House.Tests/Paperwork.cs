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

    [Fact]
    public void The_page_of_who_sees_what_has_a_line_for_each_role_with_its_label_and_its_glass()
    {
        var lines = File.ReadAllLines(SourceTree.PathOf("docs/access.md")).Where(l => l.StartsWith("| `", StringComparison.Ordinal)).Select(l => l.Split('|', StringSplitOptions.TrimEntries)).ToList();
        Assert.Equal(RoleTable.All.Select(role => role.Code), lines.Select(cells => cells[1].Trim('`')));
        Assert.Equal(RoleTable.All.Select(role => "NRV"[role.Clearance].ToString()), lines.Select(cells => cells[4]));
        Assert.Equal(RoleTable.All.Select(role => role.Can(Ability.BreaksGlass)), lines.Select(cells => cells[3].Contains("May break glass", StringComparison.Ordinal)));
        Assert.Equal(RoleTable.All.Select(role => role.Writes.Contains(Keeper.Policy)), lines.Select(cells => cells[5].Contains("consent", StringComparison.Ordinal) || cells[5] == "as a GP"));
    }
}
