using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Fhir.Server.Core.Elements;

namespace Fhir.Server.Core.Json;

/// <summary>
/// Changes to the text of one resource that touch no other byte. The resource may stand inside a larger text (a Bundle entry):
/// what comes out is the resource alone. Changes are gathered first and made by <see cref="ToBytes"/>.
/// </summary>
public sealed class JsonSplice(ReadOnlyMemory<byte> source, Element resource)
{
    private readonly record struct Cut(int Start, int End, string With);

    private readonly List<Cut> _cuts = [];
    private readonly List<string> _tags = [];
    private readonly List<string> _extensions = [];
    private string? _id;
    private string? _versionId;
    private string? _lastUpdated;

    /// <summary>Sets the id: in place, or right after resourceType.</summary>
    public JsonSplice Id(string id) => With(() => _id = Quoted(id));

    /// <summary>Sets meta.versionId and meta.lastUpdated.</summary>
    public JsonSplice Version(string versionId, string lastUpdated) =>
        With(() => (_versionId, _lastUpdated) = (Quoted(versionId), Quoted(lastUpdated)));

    /// <summary>Adds a tag to meta unless it is there already.</summary>
    public JsonSplice Tag(string system, string code)
    {
        var known = resource["meta"].Each("tag").Any(t => t["system"].Text == system && t["code"].Text == code);
        return known ? this : With(() => _tags.Add($$"""{"system":{{Quoted(system)}},"code":{{Quoted(code)}}}"""));
    }

    /// <summary>Adds an extension to the resource itself.</summary>
    public JsonSplice Extension(Element extension) => With(() => _extensions.Add(Encoding.UTF8.GetString(JsonWriter.Write(extension))));

    /// <summary>The same with the JSON of its value property, such as <c>"valueInteger":3</c>.</summary>
    public JsonSplice Extension(string url, string valueJson) => With(() => _extensions.Add($$"""{"url":{{Quoted(url)}},{{valueJson}}}"""));

    /// <summary>Puts another string in the place of a primitive of this text that is written as a string, such as <c>Reference.reference</c>.</summary>
    public JsonSplice Text(Element primitive, string text) => With(() => _cuts.Add(new(primitive.Start, primitive.End, Quoted(text))));

    /// <summary>Puts another element in the place of one of this text: an extension, a datatype, a backbone or a contained resource.</summary>
    public JsonSplice Replace(Element old, Element with) =>
        With(() => _cuts.Add(new(old.Start, old.End, Encoding.UTF8.GetString(JsonWriter.Write(with)))));

    /// <summary>The new text of the resource.</summary>
    public byte[] ToBytes()
    {
        var cuts = new List<Cut>(_cuts);
        var head = new StringBuilder();
        AddId(cuts, head);
        AddMeta(cuts, head);
        AddExtensions(cuts, head);
        if (head.Length > 0) cuts.Add(At(HeadEnd(), head.ToString()));
        return Apply([.. cuts.OrderBy(cut => cut.Start).ThenBy(cut => cut.End)]);
    }

    private void AddId(List<Cut> cuts, StringBuilder head)
    {
        if (_id is null) return;
        if (IsWritten(resource["id"])) cuts.Add(InPlace(resource["id"], _id));
        else head.Append(",\"id\":").Append(_id);
    }

    private void AddMeta(List<Cut> cuts, StringBuilder head)
    {
        var meta = resource["meta"];
        var inside = new List<string>();
        Property(meta, "versionId", _versionId, cuts, inside);
        Property(meta, "lastUpdated", _lastUpdated, cuts, inside);
        Append(meta, "tag", _tags, cuts, inside);
        if (inside.Count == 0) return;
        if (meta.Exists) cuts.Add(At(meta.Start + 1, string.Join(',', inside) + ","));   // never empty: the reader refuses {}
        else head.Append(",\"meta\":{").AppendJoin(',', inside).Append('}');
    }

    private void AddExtensions(List<Cut> cuts, StringBuilder head)
    {
        var inside = new List<string>();
        Append(resource, "extension", _extensions, cuts, inside);
        foreach (var property in inside) head.Append(',').Append(property);
    }

    private static void Property(Element parent, string name, string? value, List<Cut> cuts, List<string> inside)
    {
        if (value is null) return;
        if (IsWritten(parent[name])) cuts.Add(InPlace(parent[name], value));
        else inside.Add($"\"{name}\":{value}");
    }

    private static void Append(Element parent, string name, List<string> items, List<Cut> cuts, List<string> inside)
    {
        if (items.Count == 0) return;
        if (parent.Each(name).LastOrDefault() is { } last) cuts.Add(At(last.End, "," + string.Join(',', items)));
        else inside.Add($"\"{name}\":[{string.Join(',', items)}]");
    }

    // New properties go behind the id, or behind resourceType.
    private int HeadEnd() => IsWritten(resource["id"]) ? resource["id"].End : ResourceTypeEnd();

    private int ResourceTypeEnd()
    {
        var reader = new Utf8JsonReader(source.Span[resource.Start..resource.End]);
        reader.Read();
        while (reader.Read() && !reader.ValueTextEquals("resourceType"u8))
        {
            reader.Read();
            reader.Skip();
        }
        reader.Read();
        return resource.Start + (int)reader.BytesConsumed;
    }

    private byte[] Apply(List<Cut> cuts)
    {
        var to = new MemoryStream(resource.End - resource.Start + cuts.Sum(cut => cut.With.Length));
        var from = resource.Start;
        foreach (var cut in cuts)
        {
            to.Write(source.Span[from..cut.Start]);
            to.Write(Encoding.UTF8.GetBytes(cut.With));
            from = cut.End;
        }
        to.Write(source.Span[from..resource.End]);
        return to.ToArray();
    }

    private JsonSplice With(Action change)
    {
        change();
        return this;
    }

    private static bool IsWritten(Element primitive) => primitive.Exists && primitive.End > 0;
    private static Cut InPlace(Element old, string with) => new(old.Start, old.End, with);
    private static Cut At(int place, string with) => new(place, place, with);
    private static string Quoted(string text) => $"\"{JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\"";
}
