namespace Adapters.Tests;

/// <summary>Where this checkout lies, and the test data beside it (FHIR_TEST_DATA).</summary>
internal static class Checkout
{
    public static string Root { get; } = FindRoot(AppContext.BaseDirectory);

    /// <summary>A folder of the test data; the test is skipped where it is absent.</summary>
    public static string TestData(string folder)
    {
        var data = Environment.GetEnvironmentVariable("FHIR_TEST_DATA") ?? Path.Combine(Root, "..", "shared", "data");
        var path = Path.GetFullPath(Path.Combine(data, folder));
        if (!Directory.Exists(path)) Assert.Skip($"There is no test data '{folder}'; set FHIR_TEST_DATA.");
        return path;
    }

    private static string FindRoot(string from) =>
        File.Exists(Path.Combine(from, "House.slnx")) ? from : FindRoot(Path.GetDirectoryName(from) ?? throw new DirectoryNotFoundException("House.slnx"));
}
