using System.Text;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Validation.Rules;
using Snapshot = Fhir.Server.Core.Validation.Snapshots.Snapshot;

namespace Fhir.Server.Core.Validation.Profiles;

/// <summary>
/// Makes the rules of one StructureDefinition, as far as they go beyond R4's own: those are judged anyway, so a profile costs
/// only what it adds — https://hl7.org/fhir/R4/profiling.html
/// </summary>
internal sealed class SchemaCompiler(Schemas schemas, Element profile)
{
    private readonly Dictionary<Definition, Node> _nodes = [];
    private Definition? _root;

    public Schemas Schemas => schemas;

    public Schema Compile(string canonical)
    {
        var none = new Node();
        if (profile["type"].Text is not { } name || DefinitionSet.R4.Type(name) is not { } type)
            return new Schema(canonical, DefinitionSet.R4.Type("Element")!, none) { Broken = "It is for a type that R4 does not know." };
        if (Snapshot.Of(profile, schemas.Conformance).Failed(out var issue, out _)) return new Schema(canonical, type, none) { Broken = issue.Text };
        if (schemas.TreeOf(profile) is not { } root) return new Schema(canonical, type, none) { Broken = "Its snapshot is empty." };
        _root = root;
        var node = NodeOf(root, null, type, schemas.Tree(type) is { } core ? [core] : []);
        return new Schema(canonical, type, node) { Definition = profile };
    }

    /// <summary>The rules of an element and all below it.</summary>
    /// <param name="slot">What R4 says of it in its parent; null at the root.</param>
    /// <param name="below">The type that its children are elements of.</param>
    /// <param name="against">Definitions that judge it too.</param>
    public Node NodeOf(Definition definition, ElementDefinition? slot, TypeDefinition? below, IReadOnlyList<Definition> against)
    {
        if (_nodes.TryGetValue(definition, out var known)) return known;
        var node = _nodes[definition] = new Node();
        if (Referred(definition) is { } referred)
        {
            node.Rules = [NodeOf(referred, slot, below, below is not null && schemas.Tree(below) is { } core ? [core] : [])];
            return node;
        }
        var rules = new List<Rule>(ElementRules.OfProfile(definition, slot, against, schemas));
        foreach (var child in definition.Children) AddChild(child, below, rules);
        node.Rules = rules;
        return node;
    }

    // https://hl7.org/fhir/R4/elementdefinition-definitions.html#ElementDefinition.contentReference
    private Definition? Referred(Definition definition)
    {
        if (definition.Raw["contentReference"].Text is not { } reference) return null;
        var names = reference[(reference.IndexOf('#', StringComparison.Ordinal) + 1)..].Split('.');
        var found = _root;
        for (var i = 1; i < names.Length; i++) found = found?.Child(names[i]);
        return found;
    }

    private void AddChild(Definition child, TypeDefinition? parentType, List<Rule> rules)
    {
        var slot = parentType?.Element(child.Name);
        if (slot is null)
        {
            if (child.Name == "value" && parentType?.Kind == TypeKind.Primitive && (child.Min > 0 || child.Max == 0)) rules.Add(new PrimitiveValue(child.Min > 0));
            else if (parentType?.Property(Encoding.UTF8.GetBytes(child.Name)) is { Element.IsChoice: true } typed) rules.Add(OfOneType(child, typed));
            return;
        }
        if (child.Min > slot.Min || child.Max < slot.Max) rules.Add(new Cardinality(child.Name, child.Min, child.Max));
        var core = parentType is null ? null : schemas.Tree(parentType)?.Child(child.Name);
        var node = NodeOf(child, slot, TypeOf(child, slot), core is null ? [] : [core]);
        if (node.Rules.Count > 0 || child.Raw["contentReference"].Exists) rules.Add(new EachChild(child.Name, node));
        if (child.Slices.Count > 0) rules.Add(SlicingOf(child, slot, core));
    }

    // Some tools write valueQuantity in a snapshot where they mean value[x] as a Quantity.
    private Slicing OfOneType(Definition child, Property typed)
    {
        var core = schemas.Tree(typed.Type);
        var node = NodeOf(child, typed.Element, typed.Type, core is null ? [] : [core]);
        string[] codes = [typed.Type.Name];
        var matcher = new Matcher(DiscriminatorPath.Parse("$this")!, (element, _) => AllowedTypes.IsOneOf(element, codes));
        return new Slicing(typed.Element.Name, [new Slice(child.Name, [matcher], child.Min, child.Max, node)], isOrdered: false, "open");
    }

    private Slicing SlicingOf(Definition sliced, ElementDefinition slot, Definition? core)
    {
        var discriminators = new SliceCompiler(this, sliced);
        var slices = sliced.Slices.Select(slice => SliceOf(slice, slot, core is null ? [sliced] : [core, sliced], discriminators)).ToList();
        return new Slicing(slot.Name, slices, sliced.Slicing["ordered"].Text == "true", sliced.Slicing["rules"].Text);
    }

    private Slice SliceOf(Definition slice, ElementDefinition slot, IReadOnlyList<Definition> against, SliceCompiler discriminators)
    {
        var node = NodeOf(slice, slot, TypeOf(slice, slot), against);
        return new Slice(slice.SliceName ?? slice.Name, discriminators.Matchers(slice, node), slice.Min, slice.Max, node)
        {
            Reslicing = slice.Slices.Count > 0 ? SlicingOf(slice, slot, against[0]) : null,
        };
    }

    /// <summary>The type that the children of an element are looked up in.</summary>
    public static TypeDefinition? TypeOf(Definition definition, ElementDefinition? slot)
    {
        if (slot?.Types is [var only] && only.Type is not { IsAbstract: true }) return only.Type;
        return definition.OnlyType is { } code ? DefinitionSet.R4.Type(code) : DefinitionSet.R4.Type("Element");
    }
}
