using System.Text;
using Fhir.Server.Api.Identity;
using Fhir.Server.Store.Database;

namespace Fhir.Server.Api.Interactions;

/// <summary>A query that came in a body does not come back in a URL, where logs would keep it: the links hold it sealed, for its caller only.</summary>
internal static class SealedQuery
{
    private const string Purpose = "search-query";

    /// <summary>All of it in one parameter; beside it stands how the answer is written, which is read from the URL.</summary>
    public static IEnumerable<KeyValuePair<string, string>> Close(Seal seal, IReadOnlyList<KeyValuePair<string, string>> query, Caller caller)
    {
        using var stream = new MemoryStream();
        using (var writer = new BinaryWriter(stream, Encoding.UTF8))
        {
            foreach (var text in query.SelectMany(p => new[] { p.Key, p.Value }).Prepend(BoundTo(seal, caller))) writer.Write(text);
        }
        return [.. query.Where(IsForm), new("_page", seal.Close(Purpose, stream.ToArray()))];
    }

    /// <summary>The query that the link held; null when it was not such a link, or another caller's.</summary>
    public static IReadOnlyList<KeyValuePair<string, string>>? Open(Seal seal, IReadOnlyList<KeyValuePair<string, string>> parameters, Caller caller)
    {
        var shown = parameters.Where(p => !IsForm(p)).ToList();
        if (shown is not [{ Key: "_page", Value: var token }] || seal.Open(Purpose, token) is not { } content) return null;
        using var reader = new BinaryReader(new MemoryStream(content), Encoding.UTF8);
        if (reader.ReadString() != BoundTo(seal, caller)) return null;
        var query = new List<KeyValuePair<string, string>>();
        while (reader.BaseStream.Position < reader.BaseStream.Length) query.Add(new(reader.ReadString(), reader.ReadString()));
        return query;
    }

    private static bool IsForm(KeyValuePair<string, string> parameter) => parameter.Key is "_format" or "_pretty";

    private static string BoundTo(Seal seal, Caller caller) => $"{caller.Sees.Who}\n{caller.Sees.Client}\n{caller.Sees.Actor}\n{caller.Sees.Organization}\n{seal.Epoch}";
}
