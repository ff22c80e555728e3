using System.Text.Json;

namespace Guards;

/// <summary>Compiles one project with one file exchanged, in MSBuild's own words but without MSBuild: a build takes ten times as long.</summary>
public sealed class Compiler
{
    private readonly string _folder;
    private readonly string _compiler;
    private readonly IReadOnlyList<string> _words;

    private Compiler(string folder, JsonElement told)
    {
        _folder = folder;
        _compiler = Path.Combine(told.GetProperty("Properties").GetProperty("RoslynTargetsPath").GetString()!, "bincore", "csc.dll");
        // The analyzers stay in the words, for the generators are among them; they are told to skip.
        _words = [.. told.GetProperty("Items").GetProperty("CscCommandLineArgs").EnumerateArray().Select(word => word.GetProperty("Identity").GetString()!).Where(word => !word.StartsWith("/refout:", StringComparison.Ordinal))];
    }

    /// <summary>The folder of the project that a file belongs to.</summary>
    public static string ProjectOf(string file)
    {
        var folder = Path.GetDirectoryName(file)!;
        while (Directory.GetFiles(folder, "*.csproj").Length == 0) folder = Path.GetDirectoryName(folder)!;
        return folder;
    }

    public static async Task<Compiler> OfAsync(string folder)
    {
        var asked = await Command.RunAsync(folder, ["msbuild", "-nologo", "-nodeReuse:false", "-t:PrepareResources;Compile", "-getItem:CscCommandLineArgs", "-getProperty:RoslynTargetsPath", $"-p:Configuration={Workshop.Configuration}",
            "-p:BuildProjectReferences=false", "-p:SkipCompilerExecution=true", "-p:ProvideCommandLineArgs=true", "-p:NonExistentFile=never", "-p:RunAnalyzers=false", "-p:TreatWarningsAsErrors=false"]);
        if (asked.Code != 0) throw new InvalidOperationException(asked.LastWords);
        return new Compiler(folder, JsonDocument.Parse(asked.Output).RootElement);
    }

    public Task<Command> CompileAsync(string file, string text, string library)
    {
        var copy = Path.ChangeExtension(library, Path.GetFileName(file));
        File.WriteAllText(copy, text);
        var exchanged = Path.GetRelativePath(_folder, file);
        return Command.RunAsync(_folder, [_compiler, "-shared", .. _words.Select(word => word == exchanged ? copy : word.StartsWith("/out:", StringComparison.Ordinal) ? $"/out:{library}" : word)]);
    }
}
