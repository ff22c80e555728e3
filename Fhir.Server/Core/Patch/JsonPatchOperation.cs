using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fhir.Server.Core.Outcomes;

namespace Fhir.Server.Core.Patch;

/// <summary>One operation of a JSON Patch — https://www.rfc-editor.org/rfc/rfc6902#section-4</summary>
internal sealed record JsonPatchOperation(string Op, JsonPointer Path, JsonPointer? From, JsonNode? Value, string Where)
{
    public static Result<JsonPatchOperation> Read(JsonNode? node, string where)
    {
        if (node is not JsonObject members) return new Issue(IssueKind.Invalid, "An operation is an object.", where) { Code = "structure" };
        if (Text(members, "op") is not ("add" or "remove" or "replace" or "move" or "copy" or "test") || Text(members, "op") is not { } op)
            return new Issue(IssueKind.Invalid, "An operation is add, remove, replace, move, copy or test.", $"{where}.op") { Code = "value" };
        if (JsonPointer.Read(Text(members, "path")) is not { } path) return Broken($"{where}.path");
        var from = JsonPointer.Read(Text(members, "from"));
        if (op is "move" or "copy" && from is null) return Broken($"{where}.from");
        if (op is "add" or "replace" or "test" && !members.ContainsKey("value")) return new Issue(IssueKind.Invalid, "This operation needs a value.", $"{where}.value") { Code = "required" };
        return new JsonPatchOperation(op, path, from, members["value"], where);
    }

    private static Issue Broken(string where) => new(IssueKind.Invalid, "This is not a JSON Pointer into a resource.", where) { Code = "value" };

    private static string? Text(JsonObject members, string name) => members[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    /// <summary>Does it; what it writes is added to <paramref name="copied"/>, in bytes.</summary>
    public Issue? Do(JsonObject root, ref int copied)
    {
        var value = Value;
        if (From is not null)
        {
            if (!From.Find(root, out value)) return Nothing("from");
            if (Op == "move" && Path.IsWithin(From)) return new Issue(IssueKind.Unfit, "Nothing is moved into itself.", Where);
        }
        if (Op == "test") return Path.Find(root, out var there) && JsonNode.DeepEquals(there, value) ? null : new Issue(IssueKind.Unfit, "The test of this operation fails.", Where);
        if (Op is "remove" or "replace" && !Path.Find(root, out _)) return Nothing("path");
        if (Op is not "remove" and not "move") copied += JsonPatch.SizeOf(value);
        if (Op == "move") From!.Remove(root);
        if (Op is "remove") return Path.Remove(root) ? null : Nothing("path");
        if (Op is "replace") return Path.Replace(root, value?.DeepClone()) ? null : Nothing("path");
        return Path.Add(root, Op == "move" ? value : value?.DeepClone()) ? null : Nothing("path");
    }

    private Issue Nothing(string part) => new(IssueKind.Unfit, "There is nothing at this place of the resource.", $"{Where}.{part}");
}

/// <summary>https://www.rfc-editor.org/rfc/rfc6901 — never the whole document: a resource is not exchanged for another by a patch.</summary>
internal sealed class JsonPointer
{
    private readonly string[] _parts;

    private JsonPointer(string[] parts) => _parts = parts;

    public static JsonPointer? Read(string? text)
    {
        if (text is null or "" || text[0] != '/') return null;
        var parts = text[1..].Split('/');
        for (var i = 0; i < parts.Length; i++)
        {
            if (parts[i].Replace("~0", "", StringComparison.Ordinal).Replace("~1", "", StringComparison.Ordinal).Contains('~', StringComparison.Ordinal)) return null;
            parts[i] = parts[i].Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
        }
        return new(parts);
    }

    /// <summary>Does this place lie below the other?</summary>
    public bool IsWithin(JsonPointer other) => _parts.Length > other._parts.Length && _parts.AsSpan(0, other._parts.Length).SequenceEqual(other._parts);

    public bool Find(JsonObject root, out JsonNode? found)
    {
        found = null;
        return Parent(root) is { } parent && Child(parent, _parts[^1], out found);
    }

    public bool Add(JsonObject root, JsonNode? value)
    {
        if (Parent(root) is JsonObject members) members[_parts[^1]] = value;
        else if (Parent(root) is not JsonArray items || Place(_parts[^1], items.Count) is not (>= 0 and var at)) return false;
        else items.Insert(at, value);
        return true;
    }

    public bool Replace(JsonObject root, JsonNode? value)
    {
        if (Parent(root) is JsonObject members) members[_parts[^1]] = value;
        else if (Parent(root) is JsonArray items && Index(_parts[^1], items.Count) is >= 0 and var at) items[at] = value;
        else return false;
        return true;
    }

    public bool Remove(JsonObject root)
    {
        if (Parent(root) is JsonObject members) return members.Remove(_parts[^1]);
        if (Parent(root) is not JsonArray items || Index(_parts[^1], items.Count) is not (>= 0 and var at)) return false;
        items.RemoveAt(at);
        return true;
    }

    private JsonNode? Parent(JsonObject root)
    {
        JsonNode? at = root;
        foreach (var part in _parts.AsSpan(0, _parts.Length - 1))
            if (at is null || !Child(at, part, out at)) return null;
        return at;
    }

    private static bool Child(JsonNode parent, string part, out JsonNode? child)
    {
        child = null;
        if (parent is JsonObject members) return members.TryGetPropertyValue(part, out child);
        if (parent is not JsonArray items || Index(part, items.Count) is not (>= 0 and var at)) return false;
        child = items[at];
        return true;
    }

    // Where to insert: behind the last one too.
    private static int Place(string part, int count) => part == "-" ? count : Index(part, count + 1);

    // 0, or digits that do not begin with 0
    private static int Index(string part, int count) =>
        part.Length > 0 && part.All(char.IsAsciiDigit) && (part.Length == 1 || part[0] is >= '1' and <= '9') && int.TryParse(part, CultureInfo.InvariantCulture, out var index) && index < count ? index : -1;
}
