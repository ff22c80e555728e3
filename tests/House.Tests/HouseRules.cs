using System.Text.RegularExpressions;

namespace House.Tests;

/// <summary>What holds for every file that is committed.</summary>
public sealed partial class HouseRules
{
    private static readonly string[] Code = ["Fhir.Server/", "Fhir.Messaging/", "Adapters/", "Host/"];

    [Fact]
    public void Clock_and_randomness_come_in_from_outside()
    {
        var banned = BannedClock();
        Assert.Empty(from file in SourceTree.CSharpFiles(Code) where banned.IsMatch(file.Text) select file.Path);
    }

    [Fact]
    public void Pure_floors_make_no_ids_and_touch_no_console() =>
        Assert.Empty(from file in SourceTree.CSharpFiles("Fhir.Server/Core/")
                     where file.Text.Contains("Guid.NewGuid", StringComparison.Ordinal) || file.Text.Contains("Console.", StringComparison.Ordinal)
                     select file.Path);

    [Fact]
    public void Readers_and_writers_of_XML_come_from_one_factory() =>
        Assert.Empty(from file in SourceTree.CSharpFiles(Code)
                     where file.Path != "Fhir.Server/Core/Xml/SafeXml.cs" && OwnXml().IsMatch(file.Text)
                     select file.Path);

    [Fact]
    public void Nothing_is_left_for_later()
    {
        var marks = UnfinishedMark();
        Assert.Empty(from file in SourceTree.Files
                     where IsOurText(file) && file.Split('.')[^1] is "cs" or "ts" or "tsx" or "sql" && !file.StartsWith("tests/House.Tests/", StringComparison.Ordinal)
                     where marks.IsMatch(File.ReadAllText(SourceTree.PathOf(file)))
                     select file);
    }

    [Fact]
    public void No_file_knows_the_machine_it_was_written_on()
    {
        var machine = MachinePath();
        var home = Path.GetDirectoryName(SourceTree.Root) is { Length: > 1 } parent ? parent + "/" : null;
        Assert.Empty(from file in SourceTree.Files
                     where IsOurText(file)
                     let text = File.ReadAllText(SourceTree.PathOf(file))
                     where machine.IsMatch(text) || (home is not null && text.Contains(home, StringComparison.Ordinal))
                     select file);
    }

    [Fact]
    public void No_file_names_the_registry_of_one_machine() =>
        Assert.Empty(from file in SourceTree.Files
                     let name = Path.GetFileName(file)
                     where name is "package-lock.json" or ".npmrc" || name.Equals("nuget.config", StringComparison.OrdinalIgnoreCase)
                     from line in File.ReadLines(SourceTree.PathOf(file))
                     where line.Contains("\"resolved\": \"http", StringComparison.Ordinal) || line.StartsWith("registry", StringComparison.Ordinal) || line.Contains("packageSources", StringComparison.Ordinal)
                     select $"{file}: {line.Trim()}");

    [Fact]
    public void Test_data_is_found_by_its_variable() =>
        Assert.Empty(from file in SourceTree.Files
                     where IsOurText(file)
                     let text = File.ReadAllText(SourceTree.PathOf(file))
                     where text.Contains("../shared", StringComparison.Ordinal) && !text.Contains("FHIR_TEST_DATA", StringComparison.Ordinal)
                     select file);

    [Fact]
    public void Every_project_has_its_lock_file() =>
        Assert.Empty(from file in SourceTree.Files
                     where file.EndsWith(".csproj", StringComparison.Ordinal)
                     where !File.Exists(SourceTree.PathOf(Path.Combine(Path.GetDirectoryName(file)!, "packages.lock.json")))
                     select file);

    [Fact]
    public void Every_project_stands_in_the_solution()
    {
        var solution = File.ReadAllText(SourceTree.PathOf("House.slnx"));
        Assert.Empty(from file in SourceTree.Files
                     where file.EndsWith(".csproj", StringComparison.Ordinal) && !solution.Contains($"\"{file}\"", StringComparison.Ordinal)
                     select file);
    }

    // What switches the audit off for measurements is named where it is declared and where it is asked, and set by the benchmarks alone.
    [Fact]
    public void Nothing_but_the_benchmarks_can_switch_the_audit_off()
    {
        const string name = "AuditSwitch";
        string[] known = ["Fhir.Server/Api/Audit/AuditReads.cs", "Fhir.Server/Store/Audit/AuditSwitch.cs", "Fhir.Server/Store/Resources/Batch.Items.cs"];
        var naming = SourceTree.CSharpFiles().Where(f => f.Text.Contains(name, StringComparison.Ordinal) && !f.Path.StartsWith("tests/Benchmarks/", StringComparison.Ordinal) && !f.Path.StartsWith("tests/House.Tests/", StringComparison.Ordinal)).ToList();
        Assert.Equal(known, naming.Select(f => f.Path).Order(StringComparer.Ordinal));
        Assert.Empty(naming.Where(f => AuditSwitchSet().IsMatch(f.Text)).Select(f => f.Path));
        Assert.Contains("public static bool Off { get; internal set; }", File.ReadAllText(SourceTree.PathOf(known[1])), StringComparison.Ordinal);
        var friends = InternalsVisibleTo().Matches(File.ReadAllText(SourceTree.PathOf("Fhir.Server/Store/Fhir.Server.Store.csproj"))).Select(m => m.Groups["to"].Value);
        Assert.Equal(["Benchmarks", "Fhir.Server.Store.Tests"], friends.Order(StringComparer.Ordinal));
    }

    [GeneratedRegex(@"AuditSwitch\s*\.\s*Off\s*=[^=]|ref\s+AuditSwitch|typeof\(AuditSwitch", RegexOptions.ExplicitCapture)]
    private static partial Regex AuditSwitchSet();

    [GeneratedRegex(@"InternalsVisibleTo Include=""(?<to>[^""]+)""", RegexOptions.ExplicitCapture)]
    private static partial Regex InternalsVisibleTo();

    private static bool IsOurText(string file) =>
        file.Split('.')[^1] is not ("png" or "ttf" or "woff2" or "pdf" or "ndjson" or "ico" or "hl7")
        && Path.GetFileName(file) is not ("packages.lock.json" or "package-lock.json")
        && !file.StartsWith("tests/House.Tests/", StringComparison.Ordinal);

    [GeneratedRegex(@"\bDateTime(Offset)?\.(Now|UtcNow|Today)\b|\bnew Random\(", RegexOptions.ExplicitCapture)]
    private static partial Regex BannedClock();

    [GeneratedRegex(@"\bXml(Reader|Writer)\.Create\b|\bXml(Reader|Writer)Settings\b|\bXml(Document|TextReader|TextWriter|Serializer)\b|\bX(Document|Element)\.(Parse\b|Load\((?!reader))|\bXPathDocument\b|\bXslCompiledTransform\b", RegexOptions.ExplicitCapture)]
    private static partial Regex OwnXml();

    [GeneratedRegex(@"\b(TODO|FIXME|HACK)\b|NotImplementedException|Skip\s*=\s*""", RegexOptions.ExplicitCapture)]
    private static partial Regex UnfinishedMark();

    [GeneratedRegex(@"(?<![\w.])/(home|Users)/[a-z][\w-]+/|[A-Z]:\\Users\\", RegexOptions.ExplicitCapture)]
    private static partial Regex MachinePath();
}
