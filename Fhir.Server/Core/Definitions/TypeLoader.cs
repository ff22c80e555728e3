using System.Collections.Concurrent;
using System.Text.Json;

namespace Fhir.Server.Core.Definitions;

/// <summary>Makes types from their lines: the flat element paths of a line become the type and its backbones.</summary>
internal sealed class TypeLoader(
    Func<string, TypeDefinition> named, Func<string, RequiredCodes?> codes, ConcurrentDictionary<string, TypeDefinition> backbones)
{
    private sealed record Raw(string Path, int Min, int Max, string[] Types, string? Ref, bool Summary, bool Modifier, string? ValueSet)
    {
        public string ParentPath => Path.LastIndexOf('.') is var dot and >= 0 ? Path[..dot] : "";
        public string LastName => Path[(Path.LastIndexOf('.') + 1)..];
    }

    public TypeDefinition TypeOf(DefinitionLine line)
    {
        var reader = new Utf8JsonReader(line.Json.Span);
        var (kind, parent, isAbstract) = (TypeKind.Complex, (string?)null, false);
        while (reader.Read() && !(reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals("elements"u8)))
        {
            if (reader.TokenType != JsonTokenType.PropertyName) continue;
            if (reader.ValueTextEquals("kind"u8)) kind = Kind(NextString(ref reader));
            else if (reader.ValueTextEquals("parent"u8)) parent = NextString(ref reader);
            else if (reader.ValueTextEquals("abstract"u8)) isAbstract = true;
        }
        return new(line.Key, kind, parent, isAbstract, () => Load(line));
    }

    private static string NextString(ref Utf8JsonReader reader)
    {
        reader.Read();
        return reader.GetString()!;
    }

    private static TypeKind Kind(string kind) => kind switch
    {
        "primitive" => TypeKind.Primitive,
        "complex" => TypeKind.Complex,
        "resource" => TypeKind.Resource,
        _ => throw new InvalidOperationException($"r4.ndjson has a type of kind {kind}."),
    };

    private IReadOnlyList<ElementDefinition> Load(DefinitionLine line)
    {
        using var json = JsonDocument.Parse(line.Json);
        var byParent = json.RootElement.GetProperty("elements").EnumerateArray().Select(RawOf).ToLookup(raw => raw.ParentPath, StringComparer.Ordinal);
        foreach (var raw in byParent.SelectMany(group => group).Where(raw => byParent.Contains(raw.Path)))
        {
            var name = $"{line.Key}.{raw.Path}";
            backbones[name] = new(name, TypeKind.Backbone, raw.Types[0], isAbstract: false, () => Elements(line.Key, byParent[raw.Path]));
        }
        return Elements(line.Key, byParent[""]);
    }

    private List<ElementDefinition> Elements(string root, IEnumerable<Raw> raws) => [.. raws.Select((raw, index) => Element(root, raw, index))];

    private ElementDefinition Element(string root, Raw raw, int index)
    {
        var isChoice = raw.LastName.EndsWith("[x]", StringComparison.Ordinal);
        return new()
        {
            Name = isChoice ? raw.LastName[..^3] : raw.LastName,
            Path = $"{root}.{raw.Path}",
            Min = raw.Min,
            Max = raw.Max,
            Types = TypesOf(root, raw),
            IsChoice = isChoice,
            RequiredValueSet = raw.ValueSet,
            InSummary = raw.Summary,
            IsModifier = raw.Modifier,
            Index = index,
            Codes = raw.ValueSet is null ? null : codes(raw.ValueSet),
        };
    }

    private IReadOnlyList<ElementType> TypesOf(string root, Raw raw)
    {
        if (raw.Ref is not null) return [new(backbones[raw.Ref], [])];
        if (backbones.TryGetValue($"{root}.{raw.Path}", out var backbone)) return [new(backbone, [])];
        return [.. raw.Types.Select(TypeWithTargets)];
    }

    // Reference(Patient|Group); a target "Resource" means any.
    private ElementType TypeWithTargets(string text)
    {
        var open = text.IndexOf('(', StringComparison.Ordinal);
        if (open < 0) return new(named(text), []);
        var targets = text[(open + 1)..^1].Split('|');
        return new(named(text[..open]), targets.Contains("Resource", StringComparer.Ordinal) ? [] : targets);
    }

    private static Raw RawOf(JsonElement e) => new(
        e.GetProperty("path").GetString()!,
        e.TryGetProperty("min", out var min) ? min.GetInt32() : 0,
        !e.TryGetProperty("max", out var max) ? 1 : max.ValueKind == JsonValueKind.String ? int.MaxValue : max.GetInt32(),
        e.TryGetProperty("types", out var types) ? [.. DefinitionFile.Strings(types)] : [],
        e.TryGetProperty("ref", out var reference) ? reference.GetString() : null,
        e.TryGetProperty("summary", out _),
        e.TryGetProperty("modifier", out _),
        e.TryGetProperty("valueSet", out var valueSet) ? valueSet.GetString() : null);
}
