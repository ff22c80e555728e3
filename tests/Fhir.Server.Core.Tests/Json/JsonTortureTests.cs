using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Json;

namespace Fhir.Server.Core.Tests.Json;

/// <summary>JSONTestSuite: y_ must parse, n_ must not, i_ may do either; never a crash.</summary>
public sealed class JsonTortureTests
{
    // Valid JSON that FHIR forbids: U+0000 in a string. (Duplicate keys, likewise, are told per object: see the trap tests.)
    private static readonly string[] ForbiddenByFhir = ["y_object_escaped_null_in_key.json", "y_string_null_escape.json"];

    [Fact]
    public void Every_y_file_is_accepted_but_for_what_FHIR_forbids() =>
        Assert.Equal(ForbiddenByFhir, Files("y_").Where(IsRefused).Select(Path.GetFileName).Order(StringComparer.Ordinal));

    [Fact]
    public void Every_n_file_is_refused() =>
        Assert.All(Files("n_"), file => Assert.True(IsRefused(file), file));

    [Fact]
    public void No_i_file_brings_the_reader_down() =>
        Assert.All(Files("i_"), file => _ = IsRefused(file));

    [Fact]
    public void No_file_is_a_resource_and_none_crashes_the_reader() =>
        Assert.All(Files(""), file => Assert.True(JsonReader.Read(File.ReadAllBytes(file), DefinitionSet.R4).Failed(out _, out _)));

    [Fact]
    public void Each_file_as_the_value_of_a_string_element_is_read_or_refused_but_never_crashes() =>
        Assert.All(Files(""), file => _ = JsonReader.Read(
            (byte[])[.. "{\"resourceType\":\"Patient\",\"name\":[{\"family\":"u8, .. File.ReadAllBytes(file), .. "}]}"u8], DefinitionSet.R4).Failed(out _, out _));

    private static bool IsRefused(string file) => JsonReader.CheckSyntax(File.ReadAllBytes(file), DefinitionSet.R4) is not null;

    private static string[] Files(string prefix) =>
        [.. Directory.GetFiles(TestFolders.Data("json-torture/test_parsing"), prefix + "*").Order(StringComparer.Ordinal)];
}
