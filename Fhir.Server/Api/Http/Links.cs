namespace Fhir.Server.Api.Http;

/// <summary>Builds the links of a Bundle: each value encoded anew, so that only what was understood stands in them.</summary>
public static class Links
{
    public static string Of(string address, IEnumerable<KeyValuePair<string, string>> query)
    {
        var text = string.Join('&', query.Select(p => $"{Uri.EscapeDataString(p.Key)}={Uri.EscapeDataString(p.Value)}"));
        return text.Length == 0 ? address : $"{address}?{text}";
    }

    /// <summary>The parameters of a query in their order, repeated ones one by one.</summary>
    public static IEnumerable<KeyValuePair<string, string>> Pairs(IEnumerable<KeyValuePair<string, Microsoft.Extensions.Primitives.StringValues>> query) =>
        query.SelectMany(p => p.Value.Select(v => KeyValuePair.Create(p.Key, v ?? "")));
}
