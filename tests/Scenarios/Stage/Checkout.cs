namespace Scenarios.Stage;

/// <summary>Where things lie.</summary>
public static class Checkout
{
    public static string Root { get; } = Find();

    /// <summary>The Host as this run built it.</summary>
    public static string Host => Path.Combine(AppContext.BaseDirectory, "Host.dll");

    /// <summary>The public test data, or null when this machine has none.</summary>
    public static string? TestData { get; } =
        new[] { Environment.GetEnvironmentVariable("FHIR_TEST_DATA"), Path.Combine(Root, "..", "shared", "data") }.FirstOrDefault(folder => folder is { Length: > 0 } && Directory.Exists(folder));

    private static string Find()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "House.slnx"))) folder = folder.Parent!;
        return folder.FullName;
    }
}
