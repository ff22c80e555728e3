using System.Globalization;
using Fhir.Server.Core.Elements;

namespace Fhir.Server.Api.Operations;

/// <summary>The places of many elements of one resource: each list is counted once, where <see cref="Element.Location"/> counts it for each of its items.</summary>
internal sealed class Places(Element resource)
{
    private readonly Dictionary<Element, string> _known = new(ReferenceEqualityComparer.Instance) { [resource] = resource.Name };

    /// <summary>Null for what belongs to no resource, or to another.</summary>
    public string? Of(Element element)
    {
        if (_known.TryGetValue(element, out var place)) return place;
        if (element.Parent is not { } parent || Of(parent) is not { } above) return null;
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var child in parent.Children)
        {
            var index = counts[child.Name] = counts.GetValueOrDefault(child.Name, -1) + 1;
            var isList = parent.Definition.Element(child.Name) is { Max: > 1 };
            _known[child] = isList ? string.Create(CultureInfo.InvariantCulture, $"{above}.{child.Name}[{index}]") : $"{above}.{child.Name}";
        }
        return _known.GetValueOrDefault(element);
    }
}
