using System.Xml.Linq;
using Fhir.Server.Core.Elements;

namespace Fhir.Server.Core.Tests.Xml;

/// <summary>Whether two trees say the same: names, types, texts, repetitions in their order. The order of names does not count, nor how a narrative is written.</summary>
internal static class SameTree
{
    /// <summary>Where they differ first; null when they are equal.</summary>
    public static string? Difference(Element a, Element b)
    {
        if (a.Name != b.Name || a.Type != b.Type || Text(a) != Text(b)) return a.Location;
        var (left, right) = (InOrder(a), InOrder(b));
        if (left.Count != right.Count) return $"{a.Location} ({left.Count} and {right.Count} children)";
        return left.Zip(right, Difference).FirstOrDefault(d => d is not null);
    }

    private static List<Element> InOrder(Element element) => [.. element.Children.OrderBy(c => c.Name, StringComparer.Ordinal)];

    private static string? Text(Element element) => element.Type == "xhtml" ? Canonical(element.Text!) : element.Text;

    // <td/> is <td></td>, and attributes have no order.
    private static string Canonical(string div)
    {
        var root = XElement.Parse(div, LoadOptions.PreserveWhitespace);
        foreach (var element in root.DescendantsAndSelf())
        {
            if (element.IsEmpty) element.Value = "";
            element.ReplaceAttributes(element.Attributes().OrderBy(a => a.Name.ToString(), StringComparer.Ordinal));
        }
        return root.ToString(SaveOptions.DisableFormatting);
    }
}
