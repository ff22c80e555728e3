namespace Fhir.Server.Core.Validation.Snapshots;

/// <summary>An element of a snapshot in the making. Slices are siblings that follow the element they slice and share its name.</summary>
internal sealed class Node(string name, string? sliceName, Facts facts)
{
    private readonly List<Node> _children = [];

    /// <summary>The last part of the path, such as <c>value[x]</c>.</summary>
    public string Name => name;
    public string? SliceName { get; set; } = sliceName;
    public Facts Facts => facts;
    public Node? Parent { get; private set; }
    public IReadOnlyList<Node> Children => _children;

    /// <summary>The same element as the base or the type has it, in a tree that does not change: a new slice begins from there.</summary>
    public Node? Origin { get; init; }
    /// <summary>The profile adds slices here without saying how they are told apart.</summary>
    public bool SlicingIsImplied { get; set; }
    /// <summary>The profile constrains one of its types by a name such as <c>valueQuantity</c>.</summary>
    public bool ShortcutUsed { get; set; }
    /// <summary>The profile itself says that it must be there.</summary>
    public bool IsDemanded { get; set; }
    /// <summary>The profile says something about its slices.</summary>
    public bool SlicesTouched { get; set; }

    public bool IsChoice => name.EndsWith("[x]", StringComparison.Ordinal);
    public string Stem => IsChoice ? name[..^3] : name;
    public Node Home => Parent?.Home ?? this;
    public string Path => Parent is null ? name : $"{Parent.Path}.{name}";
    public string Id => Parent is null ? name : SliceName is null ? $"{Parent.Id}.{name}" : $"{Parent.Id}.{name}:{SliceName}";
    public bool IsExtension => name is "extension" or "modifierExtension" or "Extension";

    public IEnumerable<Node> Slices => Parent?.Children.Where(c => c.Name == name && c.SliceName is not null) ?? [];

    public Node Add(Node child)
    {
        child.Parent = this;
        _children.Add(child);
        return child;
    }

    public void InsertAfter(Node sibling, Node child)
    {
        child.Parent = this;
        _children.Insert(_children.IndexOf(sibling) + 1, child);
    }

    /// <summary>A copy to be constrained, with all that stands below, which remembers where it comes from.</summary>
    public Node Derive(string? renamed = null) => Fill(new(renamed ?? name, SliceName, facts.Copy()) { Origin = this }, c => c.Derive());

    /// <summary>A copy as it stands now.</summary>
    public Node Copy() => Fill(new(name, SliceName, facts.Copy()) { Origin = Origin }, c => c.Copy());

    private Node Fill(Node copy, Func<Node, Node> child)
    {
        foreach (var c in _children) copy.Add(child(c));
        return copy;
    }

    public IEnumerable<Node> All => _children.SelectMany(c => c.All).Prepend(this);
}
