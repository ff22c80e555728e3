using System.Globalization;
using Fhir.Server.Core.Elements;

namespace Fhir.Server.Core.Validation.Snapshots;

/// <summary>A snapshot as a tree and back: the list itself has its elements in order of the tree — https://hl7.org/fhir/R4/elementdefinition.html#path</summary>
internal static class NodeTree
{
    /// <summary>No real definition is nested deeper; one that is cannot exhaust the stack.</summary>
    public const int MaxDepth = 64;

    public static Node? Of(Element snapshot)
    {
        var open = new Stack<(string Path, Node Node)>();
        Node? root = null;
        foreach (var element in snapshot.Each("element"))
        {
            if (element["path"].Text is not { } path || path.Count(c => c == '.') > MaxDepth) continue;
            while (open.TryPeek(out var top) && !IsBelow(path, top.Path)) open.Pop();
            var isRoot = !open.TryPeek(out var parent);
            var node = new Node(isRoot ? path : path[(parent.Path.Length + 1)..], element["sliceName"].Text, new(element.Children));
            if (isRoot) root ??= node;
            else parent.Node.Add(node);
            EnsureBase(node);
            open.Push((path, node));
        }
        return root;
    }

    private static bool IsBelow(string path, string parent) =>
        path.Length > parent.Length && path[parent.Length] == '.' && path.StartsWith(parent, StringComparison.Ordinal);

    // base tells where an element was first defined; only R4's oldest tools left it out.
    private static void EnsureBase(Node node)
    {
        if (node.Facts.Has("base")) return;
        var origin = Element.Of("ElementDefinition").Add("base");
        origin.Add("path", node.Path);
        origin.Add("min", node.Facts.Min.ToString(CultureInfo.InvariantCulture));
        origin.Add("max", node.Facts["max"].Text ?? "*");
        node.Facts.Add(origin);
    }

    /// <summary>The root of a new type is first defined there, under its own name.</summary>
    public static Node NewType(Node below, string name)
    {
        var root = below.Derive(name);
        root.Facts.Remove("base");
        EnsureBase(root);
        return root;
    }

    /// <summary>An element that only a new type has.</summary>
    public static Node New(string name, Facts facts, Node parent)
    {
        var node = parent.Add(new(name, null, facts.Copy()));
        EnsureBase(node);
        return node;
    }

    public static Element ToSnapshot(Node root)
    {
        var snapshot = Element.Of("StructureDefinition").Add("snapshot");
        foreach (var node in root.All) Write(node, snapshot.Add("element"));
        return snapshot;
    }

    private static void Write(Node node, Element to)
    {
        to.Add("id", node.Id);
        to.Add("path", node.Path);
        if (node.SliceName is { } name) to.Add("sliceName", name);
        foreach (var fact in node.Facts.All.OrderBy(f => to.Definition.Element(f.Name)!.Index)) to.Add(fact.Copy());
    }
}
