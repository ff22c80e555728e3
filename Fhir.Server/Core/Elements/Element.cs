using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Fhir.Server.Core.Definitions;

namespace Fhir.Server.Core.Elements;

/// <summary>
/// One node of a resource: the whole FHIR language stands on this tree. A primitive has <see cref="Text"/>, and may
/// have children too (id, extension). Repetitions are several children of one name, in the order they came.
/// </summary>
public sealed class Element(string name, TypeDefinition definition, string? text = null)
{
    /// <summary>Stands for "there is no such element", so that paths can be followed without asking at each step.</summary>
    public static readonly Element None = new("", new TypeDefinition("", TypeKind.System, null));

    private static readonly IReadOnlyList<Element> NoChildren = [];
    private List<Element>? _children;

    /// <summary>The FHIR name without [x] (<c>value</c> for valueQuantity); for a resource at the root its type.</summary>
    public string Name => name;
    public TypeDefinition Definition => definition;
    /// <summary>The name of its type: <c>HumanName</c>, <c>code</c>, <c>Patient</c>, <c>Patient.contact</c>.</summary>
    public string Type => definition.Name;
    /// <summary>A primitive's value as it was written: strings decoded, numbers and booleans literally (<c>1.00</c>). Null when it has only extensions.</summary>
    public string? Text { get; internal set; } = text;
    public Element? Parent { get; private set; }
    public IReadOnlyList<Element> Children => _children ?? NoChildren;
    /// <summary>What its parent's type says about it, where the reader knew.</summary>
    internal ElementDefinition? Slot { get; init; }
    internal ReadOnlySpan<Element> ChildSpan => CollectionsMarshal.AsSpan(_children);
    public bool Exists => !ReferenceEquals(this, None);

    /// <summary>Where the JSON value stands in the text it was read from: byte offsets [Start, End), quotes included; 0,0 when made by hand.</summary>
    public int Start { get; set; }
    public int End { get; set; }

    /// <summary>The first child of that name, or <see cref="None"/>.</summary>
    public Element this[string child]
    {
        get
        {
            if (_children is null) return None;
            foreach (var c in _children)
                if (string.Equals(c.Name, child, StringComparison.Ordinal)) return c;
            return None;
        }
    }

    /// <summary>All children of that name, in order.</summary>
    public IEnumerable<Element> Each(string child)
    {
        if (_children is null) yield break;
        foreach (var c in _children)
            if (string.Equals(c.Name, child, StringComparison.Ordinal)) yield return c;
    }

    /// <summary>Adds a child at the end and returns it.</summary>
    public Element Add(Element child)
    {
        child.Parent = this;
        (_children ??= []).Add(child);
        return child;
    }

    /// <summary>For a tree that nobody else has seen yet.</summary>
    internal void Insert(int at, Element child)
    {
        child.Parent = this;
        (_children ??= []).Insert(at, child);
    }

    /// <summary>For a tree that nobody else has seen yet.</summary>
    internal void RemoveAt(int at) => _children!.RemoveAt(at);

    /// <summary>Takes back the child that was added last.</summary>
    internal void DropLast() => _children!.RemoveAt(_children.Count - 1);

    /// <summary>Adds a child by its name in JSON (<c>valueString</c>, not <c>value</c>) and returns it; a name the type does not have is a bug.</summary>
    public Element Add(string property, string? text = null)
    {
        Span<byte> utf8 = stackalloc byte[64];
        var known = Encoding.UTF8.TryGetBytes(property, utf8, out var length) ? definition.Property(utf8[..length]) : null;
        if (known is null) throw new ArgumentException($"{Type} has no element {property}.", nameof(property));
        return Add(new Element(known.Element.Name, known.Type, text) { Slot = known.Element });
    }

    /// <summary>The same in a tree of its own, under another name if need be.</summary>
    public Element Copy(string? newName = null) => Copy(newName ?? name, null);

    private Element Copy(string newName, ElementDefinition? slot)
    {
        var copy = new Element(newName, definition, Text) { Slot = slot };
        foreach (var child in ChildSpan) copy.Add(child.Copy(child.Name, child.Slot));
        return copy;
    }

    /// <summary>An empty element of a type, such as <c>Element.Of("Communication")</c>, to be filled by <see cref="Add(string, string?)"/>.</summary>
    public static Element Of(string type) =>
        new(type, DefinitionSet.R4.Type(type) ?? throw new ArgumentException($"There is no type {type}.", nameof(type)));

    /// <summary>Where it stands, as a FHIRPath such as <c>Patient.name[0].family</c>: names and indexes only, never a value.</summary>
    public string Location
    {
        get
        {
            if (Parent is null) return Name;
            var path = new StringBuilder(Parent.Location).Append('.').Append(Name);
            var definition = Parent.Definition.Element(Name);
            if (definition is { Max: > 1 })
            {
                var index = Parent.Each(Name).TakeWhile(sibling => !ReferenceEquals(sibling, this)).Count();
                path.Append(CultureInfo.InvariantCulture, $"[{index}]");
            }
            return path.ToString();
        }
    }

    public override string ToString() => $"{Name}: {Type}";
}
