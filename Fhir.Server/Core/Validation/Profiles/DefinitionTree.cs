using Fhir.Server.Core.Elements;

namespace Fhir.Server.Core.Validation.Profiles;

/// <summary>The flat list of a snapshot as a tree: elements below elements, slices beside what they slice.</summary>
internal sealed class DefinitionTree
{
    private readonly Element _profile;
    private readonly List<Definition> _open = [];

    private DefinitionTree(Element profile) => _profile = profile;

    /// <summary>The root element; null when the snapshot is empty or has no root.</summary>
    public static Definition? Of(Element structureDefinition, Element snapshot)
    {
        var tree = new DefinitionTree(structureDefinition);
        Definition? root = null;
        foreach (var raw in snapshot.Each("element"))
        {
            var added = tree.Add(raw);
            root ??= added;
        }
        return root;
    }

    private Definition? Add(Element raw)
    {
        if (raw["path"].Text is not { } path) return null;
        var depth = path.Count(c => c == '.');
        if (depth > _open.Count) return null;
        _open.RemoveRange(depth, _open.Count - depth);
        var parent = depth == 0 ? null : _open[^1];
        var definition = new Definition(raw, _profile, parent);
        if (parent is not null) Place(definition, parent);
        _open.Add(definition);
        return definition;
    }

    private static void Place(Definition definition, Definition parent)
    {
        if (Sliced(definition, parent) is not { } sliced) parent.Children.Add(definition);
        else if (OuterSlice(definition, sliced) is { } outer) outer.Slices.Add(definition);
        else sliced.Slices.Add(definition);
    }

    // The element whose slice this is: of the same path, or value[x] for valueQuantity.
    private static Definition? Sliced(Definition definition, Definition parent)
    {
        foreach (var sibling in parent.Children)
        {
            if (sibling.Path == definition.Path) return definition.SliceName is null ? null : sibling;
            if (sibling.IsChoice && !definition.IsChoice && IsTyped(definition.Name, sibling.Name)) return sibling;
        }
        return null;
    }

    private static bool IsTyped(string name, string choice) =>
        name.Length > choice.Length && char.IsAsciiLetterUpper(name[choice.Length]) && name.StartsWith(choice, StringComparison.Ordinal);

    // A re-slice is named "slice/reslice".
    private static Definition? OuterSlice(Definition definition, Definition sliced)
    {
        if (definition.SliceName is not { } name || name.LastIndexOf('/') is not (var slash and > 0)) return null;
        return Named(sliced, name[..slash]);
    }

    private static Definition? Named(Definition sliced, string name)
    {
        foreach (var slice in sliced.Slices)
        {
            if (slice.SliceName == name) return slice;
            if (Named(slice, name) is { } deeper) return deeper;
        }
        return null;
    }
}
