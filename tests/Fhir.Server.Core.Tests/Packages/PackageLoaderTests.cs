using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Core.Packages;

namespace Fhir.Server.Core.Tests.Packages;

public sealed class PackageLoaderTests : IDisposable
{
    private const string Url = "http://example.org/ValueSet/x";
    private readonly string _folder = Directory.CreateTempSubdirectory("packages-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Nl_core_is_loaded_from_its_folders_of_XML()
    {
        var loaded = PackageLoader.Load(Path.Combine(TestFolders.Data("nl-core"), "resources"), Conformance.R4);
        Assert.Equal(354, loaded.Conformance.All("StructureDefinition").Count() - Conformance.R4.All("StructureDefinition").Count());
        Assert.DoesNotContain(loaded.Issues, i => i.Severity == Severity.Error);
        var patient = loaded.Conformance.Find("StructureDefinition", "http://nictiz.nl/fhir/StructureDefinition/nl-core-Patient")!;
        Assert.Equal("Patient", patient["type"].Text);
        Assert.NotNull(loaded.Conformance.Find("StructureDefinition", patient["baseDefinition"].Text!));
    }

    [Fact]
    public void Be_core_is_loaded_from_files_that_lie_in_the_folder_itself()
    {
        var loaded = PackageLoader.Load(TestFolders.Data("be-core"), Conformance.R4);
        Assert.DoesNotContain(loaded.Issues, i => i.Severity == Severity.Error);
        var patient = loaded.Conformance.Find("StructureDefinition", "https://www.ehealth.fgov.be/standards/fhir/core/StructureDefinition/be-patient");
        Assert.True(patient!["snapshot"].Exists);
    }

    [Fact]
    public void A_package_is_a_folder_or_an_archive_and_examples_are_left_alone()
    {
        Archive("a.tgz", ("package/package.json", """{"name":"a","version":"1.0.0","fhirVersions":["4.0.1"]}"""),
            ("package/ValueSet-x.json", ValueSet("1.0")), ("package/example/ValueSet-y.json", ValueSet("7.0")), ("package/.index.json", "{}"));
        Write("b/package/package.json", """{"name":"b","version":"2.0.0"}""");
        Write("b/package/ValueSet-x.json", ValueSet("1.10"));
        Write("loose/inner/ValueSet-x.json", ValueSet("1.9"));
        var loaded = Load();
        Assert.Equal(3, loaded.Resources);
        Assert.Equal("1.10", loaded.Conformance.Find("ValueSet", Url)!["version"].Text);
        Assert.Contains(loaded.Issues, i => i.Severity == Severity.Information && i.Text.Contains("1.0, 1.10, 1.9", StringComparison.Ordinal));
        Assert.Contains("a 1.0.0", loaded.Names);
        Assert.Contains("b 2.0.0", loaded.Names);
    }

    [Fact]
    public void The_same_name_and_version_with_other_content_is_told_and_the_first_stays()
    {
        Write("1.json", ValueSet("1.0"));
        Write("2.json", ValueSet("1.0"));
        Assert.Empty(Load().Issues);
        Write("2.json", ValueSet("1.0", "retired"));
        var loaded = Load();
        Assert.Contains("2.json is left out: 1.json says otherwise", Assert.Single(loaded.Issues).Text, StringComparison.Ordinal);
        Assert.Equal("active", loaded.Conformance.Find("ValueSet", Url)!["status"].Text);
    }

    [Theory]
    [InlineData("""{"name":"p","fhirVersions":["5.0.0"]}""", "p is for FHIR 5.0.0")]
    [InlineData("""{"name":"p","dependencies":{"hl7.fhir.r4.core":"4.0.1","other":"1.x"}}""", "p needs other")]
    [InlineData("""{"name":"hl7.fhir.r4.core","version":"4.0.1"}""", "is built in")]
    [InlineData("{", "package.json is not JSON")]
    public void What_does_not_fit_about_a_package_is_said(string description, string said)
    {
        Write("p/package.json", description);
        Assert.Contains(said, Assert.Single(Load().Issues).Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{ broken", "x.json is left out: The JSON is malformed")]
    [InlineData("""{"resourceType":"ValueSet","url":"http://x","unknown":1}""", "x.json is left out: ")]
    [InlineData("""{"resourceType":"StructureDefinition","url":"http://x","fhirVersion":"3.0.2"}""", "is for FHIR 3.0.2")]
    public void A_file_that_cannot_be_used_is_named_and_the_others_are_loaded(string content, string said)
    {
        Write("x.json", content);
        Write("settings.json", """{"not":"a resource"}""");
        Write("y.json", ValueSet("1.0"));
        var loaded = Load();
        Assert.Contains(said, Assert.Single(loaded.Issues).Text, StringComparison.Ordinal);
        Assert.Equal(1, loaded.Resources);
    }

    [Fact]
    public void An_archive_cannot_reach_out_of_itself_nor_fill_the_memory()
    {
        Archive("out.tgz", ("package/package.json", """{"name":"out"}"""), ("package/../../ValueSet.json", ValueSet("1.0")), ("/etc/ValueSet.json", ValueSet("1.0")));
        Archive("nothing.tgz", ("readme.json", "{}"));
        File.WriteAllText(Path.Combine(_folder, "text.tgz"), "no archive");
        Bomb("bomb.tgz");
        var loaded = Load();
        Assert.Equal(0, loaded.Resources);
        string[] files = ["out.tgz has a file outside", "nothing.tgz has a file outside", "nothing.tgz has no package", "text.tgz is not a package", "bomb.tgz is not a package"];
        Assert.All(files, f => Assert.Contains(loaded.Issues, i => i.Text.StartsWith(f, StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("\u00FF\u00FF\u00FF\u00FF\u00FF\u00FF\u00FF\u00FF\u00FF\u00FF\u00FF\u00FF")]
    [InlineData("\u0080\u00FF\u00FF\u00FF\u00FF\u00FF\u00FF\u00FF\u00FF\u00FF\u00FF\u00FF")]
    [InlineData("77777777777 ")]
    [InlineData("abcdefghijk ")]
    public void An_archive_that_lies_about_a_size_is_left_out(string size)
    {
        Archive("a.tgz", ("package/package.json", """{"name":"a"}"""));
        using var packed = new GZipStream(new MemoryStream(File.ReadAllBytes(Path.Combine(_folder, "a.tgz"))), CompressionMode.Decompress);
        var tar = new MemoryStream();
        packed.CopyTo(tar);
        var header = tar.GetBuffer().AsSpan(0, 512);
        Encoding.Latin1.GetBytes(size, header[124..]);
        header[148..156].Fill((byte)' ');
        var sum = 0;
        foreach (var b in header) sum += b;
        Encoding.ASCII.GetBytes($"{Convert.ToString(sum, 8).PadLeft(6, '0')}\0", header[148..]);
        using (var gzip = new GZipStream(File.Create(Path.Combine(_folder, "a.tgz")), CompressionLevel.Fastest)) gzip.Write(tar.ToArray());
        Assert.Contains("a.tgz is not a package that can be read", Assert.Single(Load().Issues).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_that_is_not_there_is_said() => Assert.Equal(IssueKind.NotFound, Assert.Single(PackageLoader.Load(Path.Combine(_folder, "none"), Conformance.R4).Issues).Kind);

    private LoadedPackages Load() => PackageLoader.Load(_folder, Conformance.R4);

    private static string ValueSet(string version, string status = "active") =>
        $$"""{"resourceType":"ValueSet","url":"{{Url}}","version":"{{version}}","status":"{{status}}"}""";

    private void Write(string name, string content)
    {
        var path = Path.Combine(_folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
    }

    private void Archive(string name, params (string Name, string Content)[] entries)
    {
        using var gzip = new GZipStream(File.Create(Path.Combine(_folder, name)), CompressionLevel.Fastest);
        using var tar = new TarWriter(gzip);
        foreach (var (entry, content) in entries)
            tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, entry) { DataStream = new MemoryStream(Encoding.UTF8.GetBytes(content)) });
    }

    // 100 MB of nothing packs to 100 kB: one entry that is larger than any definition.
    private void Bomb(string name)
    {
        using var gzip = new GZipStream(File.Create(Path.Combine(_folder, name)), CompressionLevel.Optimal);
        using var tar = new TarWriter(gzip);
        tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, "package/ValueSet.json") { DataStream = new MemoryStream(new byte[100 << 20]) });
    }
}
