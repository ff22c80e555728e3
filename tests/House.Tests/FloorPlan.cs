namespace House.Tests;

/// <summary>The plan of the house, read from its sources.</summary>
public sealed class FloorPlan
{
    private static readonly string[] Ours = ["Fhir.Server/", "Fhir.Messaging/", "Adapters/", "Host/"];
    private static readonly string[] Floors = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "Floors.txt"));

    [Fact]
    public void No_arrow_runs_up() =>
        Assert.Empty(from file in SourceTree.CSharpFiles(Ours)
                     from used in file.Usings
                     where file.Namespace.Length > 0 && FloorOf(used) > FloorOf(file.Namespace)
                     select $"{file.Path} uses {used}");

    [Fact]
    public void Every_namespace_of_ours_has_a_floor() =>
        Assert.Empty(from file in SourceTree.CSharpFiles(Ours) where file.Namespace.Length > 0 && FloorOf(file.Namespace) < 0 select file.Path);

    [Fact]
    public void No_adapter_sees_another() =>
        Assert.Empty(from file in SourceTree.CSharpFiles("Adapters/")
                     from used in file.Usings
                     where used.StartsWith("Adapters.", StringComparison.Ordinal) && RoomOf(used) != RoomOf(file.Namespace)
                     select $"{file.Path} uses {used}");

    [Fact]
    public void A_namespace_is_the_path_from_the_root() =>
        Assert.Empty(from file in SourceTree.CSharpFiles(Ours)
                     where file.Namespace.Length > 0
                     let folder = Path.GetDirectoryName(file.Path)!.Replace('/', '.')
                     where folder != file.Namespace
                     select $"{file.Path} says {file.Namespace}");

    [Fact]
    public void No_room_bears_a_name_that_says_nothing()
    {
        string[] empty = ["Common", "Shared", "Utils", "Helpers", "Managers", "Services", "Extensions", "Models"];
        Assert.Empty(from file in SourceTree.Files
                     where Ours.Any(o => file.StartsWith(o, StringComparison.Ordinal))
                     from folder in file.Split('/')[..^1]
                     where empty.Contains(folder, StringComparer.OrdinalIgnoreCase)
                     select file);
    }

    [Fact]
    public void Every_room_opens_with_a_readme_of_5_to_15_lines() =>
        Assert.Empty(from room in Rooms()
                     let readme = SourceTree.PathOf(Path.Combine(room, "README.md"))
                     let lines = File.Exists(readme) ? File.ReadAllLines(readme).Length : 0
                     where lines is < 5 or > 15
                     select $"{room}/README.md has {lines} lines");

    // A room is a folder with code of its own. Below the search types and adapters' own folders, the room above tells.
    private static IEnumerable<string> Rooms() =>
        SourceTree.CSharpFiles(Ours).Select(f => Path.GetDirectoryName(f.Path)!).Distinct().Order(StringComparer.Ordinal);

    private static int FloorOf(string ns) =>
        Array.FindLastIndex(Floors, f => ns == f || ns.StartsWith(f + ".", StringComparison.Ordinal));

    private static string RoomOf(string ns) => string.Join('.', ns.Split('.').Take(2));
}
