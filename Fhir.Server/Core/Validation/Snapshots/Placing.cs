using Fhir.Server.Core.Elements;

namespace Fhir.Server.Core.Validation.Snapshots;

/// <summary>Finds the place of each element of a differential in the tree — https://hl7.org/fhir/R4/elementdefinition.html#path</summary>
internal sealed class Placing(Node root, Types types, bool isNewType)
{
    private readonly Stack<(Change Change, Node Node)> _open = new();

    /// <summary>Lays one change over its place; tells what is wrong when it has none.</summary>
    public string? Place(Change change)
    {
        while (_open.TryPeek(out var top) && !change.IsBelow(top.Change)) _open.Pop();
        if (change.Names.Count > NodeTree.MaxDepth) return "it is nested too deep.";
        if (change.Names.Count == 1)
        {
            Lay(change, root, isNewSlice: false);
            return null;
        }
        if (((change.Slices is null ? null : ById(change)) ?? ByOrder(change)) is not { } parent) return "its parent is unknown.";
        types.Unfold(parent);
        if (Target(parent, change, out var isNew) is not { } target) return "there is no such element.";
        Lay(change, target, isNew);
        _open.Push((change, target));
        return null;
    }

    private Node? ById(Change change)
    {
        var node = root;
        for (var i = 1; node is not null && i < change.Names.Count - 1; i++) node = Step(node, change.Names[i], change.Slices![i]);
        return node;
    }

    // What stands above was said just before, unless the differential steps in without saying anything on the way.
    private Node? ByOrder(Change change)
    {
        var (node, known) = _open.TryPeek(out var top) ? (top.Node, top.Change.Names.Count) : (root, 1);
        for (var i = known; node is not null && i < change.Names.Count - 1; i++) node = Step(node, change.Names[i], null);
        return node;
    }

    private Node? Step(Node from, string name, string? slice)
    {
        types.Unfold(from);
        if (slice is not null && from.Children.FirstOrDefault(c => c.SliceName == slice && Fits(c, name)) is { } found) return found;
        if (slice is not null) return Choice(from, slice, out var sliceType) is { } sliced ? Slicing.TypeSlice(sliced, sliceType, slice, out _) : null;
        if (Plain(from, name) is { } plain) return plain;
        if (Choice(from, name, out var type) is not { } choice) return null;
        return choice.Facts.TypeCodes.Distinct().Count() == 1 && !choice.Slices.Any() ? choice : Slicing.TypeSlice(choice, type, null, out _);
    }

    private Node? Target(Node parent, Change change, out bool isNew)
    {
        isNew = false;
        var name = change.Names[^1];
        if (Plain(parent, name) is { } plain) return change.SliceName is null ? plain : Sliced(plain, change, out isNew);
        if (Choice(parent, name, out var type) is { } choice)
        {
            choice.ShortcutUsed = true;
            return Slicing.TypeSlice(choice, type, change.SliceName, out isNew);
        }
        return isNewType ? NodeTree.New(name, change.Facts, parent) : null;
    }

    private static Node Sliced(Node sliced, Change change, out bool isNew)
    {
        if (!sliced.IsChoice || sliced.Facts.Has("slicing") && !Slicing.IsByType(sliced)) return Slicing.Slice(sliced, change.SliceName!, out isNew);
        var said = change.Facts.TypeCodes.Distinct().ToList();
        var type = said.Count == 1 ? said[0] : sliced.Facts.TypeCodes.FirstOrDefault(t => change.SliceName == sliced.Stem + Slicing.Capital(t));
        return type is null ? Slicing.Slice(sliced, change.SliceName!, out isNew) : Slicing.TypeSlice(sliced, type, change.SliceName, out isNew);
    }

    private static Node? Plain(Node parent, string name) => parent.Children.FirstOrDefault(c => c.SliceName is null && Fits(c, name));

    // Some tools rename value[x] to valueQuantity where one type is left.
    private static bool Fits(Node child, string name) => child.Name == name
        || name.EndsWith("[x]", StringComparison.Ordinal) && child.Name.StartsWith(name[..^3], StringComparison.Ordinal)
            && child.Facts["base"]["path"].Text is { } path && path.EndsWith($".{name}", StringComparison.Ordinal);

    private static Node? Choice(Node parent, string name, out string type)
    {
        foreach (var child in parent.Children.Where(c => c.IsChoice && c.SliceName is null && name.StartsWith(c.Stem, StringComparison.Ordinal)))
            foreach (var code in (child.Origin ?? child).Facts.TypeCodes)
                if (name == child.Stem + Slicing.Capital(code))
                {
                    type = code;
                    return child;
                }
        type = "";
        return null;
    }

    private void Lay(Change change, Node target, bool isNewSlice)
    {
        target.IsDemanded |= change.Facts.Min > 0;
        FromProfile(change, target, isNewSlice);
        Merging.Lay(change.Facts, target);
        if (!isNewSlice) return;
        var sliced = target.Parent!.Children.First(c => c.Name == target.Name && c.SliceName is null);
        if (sliced.Facts.Max < target.Facts.Max) target.Facts.Set("max", [sliced.Facts["max"]]);
    }

    // An extension, or a resource in a resource, brings along what its own definition says of its root.
    private void FromProfile(Change change, Node target, bool isNewSlice)
    {
        var said = change.Facts.Each("type").ToList();
        if (said.Count != 1 || !target.Facts.TypeCodes.Any(t => t is "Extension" or "Resource") || SameProfile(said[0], target)) return;
        if (types.Profile(said) is not { } profile) return;
        var isExtension = Facts.CodeOf(said[0]) == "Extension";
        foreach (var name in (string[])["condition", "isSummary", "representation"]) target.Facts.Remove(name);
        foreach (var group in profile.Facts.All.GroupBy(f => f.Name))
        {
            if (group.Key is "base" or "type" or "slicing" || !isExtension && (group.Key is "min" or "max" or "constraint")) continue;
            if (group.Key == "constraint") target.Facts.Set(group.Key, group.Concat(target.Facts.Each(group.Key)).DistinctBy(c => c["key"].Text));
            else target.Facts.Set(group.Key, group);
        }
        if (isNewSlice) target.Facts.Set("min", "0");
    }

    private static bool SameProfile(Element said, Node target) =>
        said["profile"].Text is not { } profile || target.Facts["type"]["profile"].Text == profile;
}
