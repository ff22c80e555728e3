using System.Globalization;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;

namespace Fhir.Server.Core.Patch;

/// <summary>The five kinds of operation.</summary>
internal enum PatchType { Add, Insert, Delete, Replace, Move }

/// <summary>One operation, as its parameter tells it. Value is the part that holds the value.</summary>
internal sealed record PatchOperation(string Where, PatchType Type, string Path)
{
    private static readonly string[] Known = ["type", "path", "name", "value", "index", "source", "destination"];

    public string Name { get; private init; } = "";
    public Element Value { get; private init; } = Element.None;
    public int Index { get; private init; }
    public int Source { get; private init; }
    public int Destination { get; private init; }

    /// <summary>It can be understood, and cannot be done.</summary>
    public Issue Unfit(string text) => new(IssueKind.Unfit, text, Where);

    public static Result<PatchOperation> Read(Element parameter, string where)
    {
        if (parameter["name"].Text != "operation") return Wrong(where, "A parameter of a patch is named operation.");
        var parts = new Dictionary<string, Element>(StringComparer.Ordinal);
        foreach (var part in parameter.Each("part"))
        {
            if (part["name"].Text is not { } name || !Known.Contains(name, StringComparer.Ordinal)) return Wrong(where, $"An operation has only these parts: {string.Join(", ", Known)}.");
            if (!parts.TryAdd(name, part)) return Wrong(where, $"An operation has one part {name}.");
        }
        if (TypeOf(parts) is not { } type) return Wrong(where, "The part type says add, insert, delete, replace or move.");
        if (parts.GetValueOrDefault("path")?["value"].Text is not { } path) return Wrong(where, "The part path is missing: a string.");
        return WithItsParts(new(where, type, path), parts);
    }

    private static PatchType? TypeOf(Dictionary<string, Element> parts) => parts.GetValueOrDefault("type")?["value"].Text switch
    {
        "add" => PatchType.Add,
        "insert" => PatchType.Insert,
        "delete" => PatchType.Delete,
        "replace" => PatchType.Replace,
        "move" => PatchType.Move,
        _ => null,
    };

    private static Result<PatchOperation> WithItsParts(PatchOperation bare, Dictionary<string, Element> parts)
    {
        var name = parts.GetValueOrDefault("name")?["value"].Text;
        var value = parts.GetValueOrDefault("value");
        var (index, source, destination) = (Number(parts, "index"), Number(parts, "source"), Number(parts, "destination"));
        var missing = bare.Type switch
        {
            PatchType.Add => name is null ? "name: a string" : value is null ? "value" : null,
            PatchType.Insert => index is null ? "index: an integer" : value is null ? "value" : null,
            PatchType.Replace => value is null ? "value" : null,
            PatchType.Move => source is null ? "source: an integer" : destination is null ? "destination: an integer" : null,
            PatchType.Delete => null,
        };
        if (missing is not null) return Wrong(bare.Where, $"The operation needs the part {missing}.");
        return bare with { Name = name ?? "", Value = value ?? Element.None, Index = index ?? 0, Source = source ?? 0, Destination = destination ?? 0 };
    }

    private static int? Number(Dictionary<string, Element> parts, string name) =>
        int.TryParse(parts.GetValueOrDefault(name)?["value"].Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static Issue Wrong(string where, string text) => new(IssueKind.Invalid, text, where);
}
