using Fhir.Server.Core.Elements;

namespace Fhir.Server.Core.Validation.Snapshots;

/// <summary>One element of a differential — https://hl7.org/fhir/R4/elementdefinition.html#path</summary>
internal sealed class Change(string path, string? id, string? sliceName, Facts facts)
{
    public string Path => path;
    public string? SliceName => sliceName;
    public Facts Facts => facts;
    public IReadOnlyList<string> Names { get; } = path.Split('.');

    /// <summary>The slice that each part of the id names; null where the id does not fit the path, as happens where people write it.</summary>
    public IReadOnlyList<string?>? Slices { get; } = SlicesOf(id?.Split('.'), path.Split('.'));

    public bool IsBelow(Change other) => path.StartsWith($"{other.Path}.", StringComparison.Ordinal);

    /// <summary>The slicing of extensions by url says nothing of its own.</summary>
    public bool SlicesMoreThanExtensions => facts.Has("slicing") && Names[^1] is not ("extension" or "modifierExtension");

    /// <summary>The same statement for a slice: found by its order alone.</summary>
    public Change ForSlice() => new(path, null, sliceName, facts.Copy());

    public static List<Change> AllOf(Element structureDefinition) =>
        [.. structureDefinition["differential"].Each("element").Where(e => e["path"].Text is not null)
            .Select(e => new Change(e["path"].Text!, e["id"].Text, e["sliceName"].Text, new(e.Children)))];

    private static string?[]? SlicesOf(string[]? id, string[] path)
    {
        if (id is null || id.Length != path.Length) return null;
        var slices = new string?[path.Length];
        for (var i = 0; i < path.Length; i++)
        {
            var parts = id[i].Split(':', 2);
            if (!Same(parts[0], path[i])) return null;
            slices[i] = parts.Length == 2 ? parts[1] : null;
        }
        return slices;
    }

    private static bool Same(string a, string b) => a == b || IsChoiceOf(a, b) || IsChoiceOf(b, a);

    private static bool IsChoiceOf(string choice, string name) =>
        choice.EndsWith("[x]", StringComparison.Ordinal) && name.StartsWith(choice[..^3], StringComparison.Ordinal);
}
