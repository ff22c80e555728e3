using System.Runtime.CompilerServices;

namespace Fhir.Server.Core.Tests;

/// <summary>Where the tests find the repository and the public test data.</summary>
public static class TestFolders
{
    public static string Repository { get; } = Path.GetFullPath(Path.Combine(HereIs(), "../.."));

    private static string DataFolder { get; } = Environment.GetEnvironmentVariable("FHIR_TEST_DATA") is { Length: > 0 } named
        ? named
        : Path.Combine(Repository, "../shared/data");

    /// <summary>A folder of the test data; the test is skipped, with the reason, when it is not there.</summary>
    public static string Data(string folder)
    {
        var path = Path.Combine(DataFolder, folder);
        Assert.SkipUnless(Directory.Exists(path), $"The test data is not there: set FHIR_TEST_DATA to the folder that holds {folder}.");
        return path;
    }

    private static string HereIs([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;
}
