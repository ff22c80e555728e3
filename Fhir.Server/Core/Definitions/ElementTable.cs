using System.Text;

namespace Fhir.Server.Core.Definitions;

/// <summary>What a name in a JSON object or XML element means for one type.</summary>
public sealed class Property
{
    internal Property(ElementDefinition element, ElementType type, string name, int index) =>
        (Element, Type, Targets, Name, Index, Utf8Name) = (element, type.Type, type.Targets, name, index, Encoding.UTF8.GetBytes(name));

    public ElementDefinition Element { get; }
    /// <summary>The type that the name stands for; for a contained resource just <c>Resource</c>.</summary>
    public TypeDefinition Type { get; }
    public IReadOnlyList<string> Targets { get; }
    /// <summary>The name as written, such as <c>valueQuantity</c>.</summary>
    public string Name { get; }
    /// <summary>Its place among the properties of its type.</summary>
    internal int Index { get; }
    internal byte[] Utf8Name { get; }
}

/// <summary>The elements of one type, found by FHIR name and by the name as written (a small open hash over UTF-8, since every property read asks here).</summary>
internal sealed class ElementTable
{
    private readonly Dictionary<string, ElementDefinition> _byName = new(StringComparer.Ordinal);
    private readonly Property?[] _slots;

    public ElementTable(IReadOnlyList<ElementDefinition> elements)
    {
        Elements = elements;
        Mandatory = [.. elements.Where(e => e.Min > 0)];
        foreach (var element in elements) _byName[element.Name] = element;
        var properties = elements.SelectMany(PropertiesOf).Select((p, i) => new Property(p.Element, p.Type, p.Name, i)).ToList();
        PropertyCount = properties.Count;
        _slots = new Property?[(int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)properties.Count * 2 + 1)];
        foreach (var property in properties) Put(property);
    }

    public IReadOnlyList<ElementDefinition> Elements { get; }
    public ElementDefinition[] Mandatory { get; }
    public int PropertyCount { get; }

    public ElementDefinition? Element(string name) => _byName.GetValueOrDefault(name);

    public Property? Property(ReadOnlySpan<byte> name)
    {
        for (var slot = Hash(name); ; slot++)
        {
            var property = _slots[slot & (_slots.Length - 1)];
            if (property is null || name.SequenceEqual(property.Utf8Name)) return property;
        }
    }

    private void Put(Property property)
    {
        var slot = Hash(property.Utf8Name);
        while (_slots[slot & (_slots.Length - 1)] is not null) slot++;
        _slots[slot & (_slots.Length - 1)] = property;
    }

    private static IEnumerable<(ElementDefinition Element, ElementType Type, string Name)> PropertiesOf(ElementDefinition element) =>
        element.Types.Select(type => (element, type, element.NameAs(type.Type)));

    private static int Hash(ReadOnlySpan<byte> name)
    {
        var hash = 2166136261u;
        foreach (var b in name) hash = (hash ^ b) * 16777619u;
        return (int)((hash ^ (hash >> 15)) & 0x3FFFFFFF);
    }
}
