using Fhir.Server.Core.Definitions;

namespace Fhir.Server.Core.Elements;

/// <summary>The ways to write a reference — https://hl7.org/fhir/R4/references.html#literal</summary>
public enum ReferenceForm
{
    /// <summary><c>Patient/1</c> or <c>Patient/1/_history/2</c></summary>
    Relative,
    /// <summary><c>#p1</c>, or <c>#</c> for the resource that contains this one</summary>
    Fragment,
    /// <summary><c>http://other/fhir/Patient/1</c>; type and id are known only where the URL ends so</summary>
    Absolute,
    /// <summary><c>urn:uuid:…</c> or <c>urn:oid:…</c></summary>
    Urn,
    /// <summary><c>Patient?identifier=…</c>: only inside a transaction</summary>
    Conditional,
}

/// <summary>A literal reference, taken apart.</summary>
public readonly record struct Reference
{
    private readonly string _text;
    private readonly int _idStart;
    private readonly int _idLength;

    private Reference(string text, ReferenceForm form, TypeDefinition? definition, int idStart, int idLength) =>
        (_text, Form, Definition, _idStart, _idLength) = (text, form, definition, idStart, idLength);

    public ReferenceForm Form { get; }
    /// <summary>The resource type it names, or null when it names none.</summary>
    public TypeDefinition? Definition { get; }
    public string? Type => Definition?.Name;
    /// <summary>The logical id, or null.</summary>
    public string? Id => _idLength > 0 ? _text.Substring(_idStart, _idLength) : null;
    /// <summary>The version it names, or null.</summary>
    public string? Version => VersionStart > 0 ? _text[VersionStart..] : null;
    /// <summary>What stands before Type/id in an absolute reference, without the last slash; null when relative.</summary>
    public string? Base => Form == ReferenceForm.Absolute && Definition is not null ? _text[..(_idStart - Definition.Name.Length - 2)] : null;
    /// <summary>The id of the contained resource; empty for <c>#</c> alone; null when it is no fragment.</summary>
    public string? Fragment => Form == ReferenceForm.Fragment ? _text[1..] : null;
    /// <summary>The search of a conditional reference, without <c>Type?</c>.</summary>
    public string? Query => Form == ReferenceForm.Conditional ? _text[(Definition!.Name.Length + 1)..] : null;
    /// <summary>The reference without its version, such as <c>Patient/1</c>.</summary>
    public string Unversioned => VersionStart > 0 ? _text[..(_idStart + _idLength)] : _text;
    public override string ToString() => _text;

    private int VersionStart => _idLength > 0 && _idStart + _idLength < _text.Length ? _idStart + _idLength + History.Length : 0;
    private const string History = "/_history/";

    /// <summary>False when the text is none of the forms, or names a type that R4 does not know.</summary>
    public static bool TryParse(string text, out Reference reference)
    {
        reference = default;
        if (text.StartsWith('#'))
        {
            reference = new(text, ReferenceForm.Fragment, null, 0, 0);
            return text.Length == 1 || IsId(text.AsSpan(1));
        }
        if (TryRest(text, out reference)) return true;
        if (text.IndexOf(':', StringComparison.Ordinal) < 1 || text.AsSpan().ContainsAny(" \t\r\n")) return false;
        reference = new(text, IsUrn(text) ? ReferenceForm.Urn : ReferenceForm.Absolute, null, 0, 0);
        return true;
    }

    /// <summary>True for a logical id — https://hl7.org/fhir/R4/datatypes.html#id</summary>
    public static bool IsId(ReadOnlySpan<char> text) => text.Length is > 0 and <= 64 && !text.ContainsAnyExcept(IdCharacters);

    private static readonly System.Buffers.SearchValues<char> IdCharacters =
        System.Buffers.SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-.");

    // [base/]Type/id[/_history/version] and Type?search
    private static bool TryRest(string text, out Reference reference)
    {
        reference = default;
        var question = text.IndexOf('?', StringComparison.Ordinal);
        if (question > 0 && DefinitionSet.R4.Resource(text.AsSpan(0, question)) is { } searched)
        {
            reference = new(text, ReferenceForm.Conditional, searched, 0, 0);
            return question < text.Length - 1;
        }
        var end = text.IndexOf(History, StringComparison.Ordinal) is var history and > 0 ? history : text.Length;
        if (end < text.Length && !IsId(text.AsSpan(end + History.Length))) return false;
        var slash = text.AsSpan(0, end).LastIndexOf('/');
        if (slash < 1 || !IsId(text.AsSpan(slash + 1, end - slash - 1))) return false;
        var typeStart = text.AsSpan(0, slash).LastIndexOf('/') + 1;
        if (DefinitionSet.R4.Resource(text.AsSpan(typeStart, slash - typeStart)) is not { } type) return false;
        var isRelative = typeStart == 0;
        if (!isRelative && !text.StartsWith("http", StringComparison.Ordinal)) return false;
        reference = new(text, isRelative ? ReferenceForm.Relative : ReferenceForm.Absolute, type, slash + 1, end - slash - 1);
        return isRelative || !text.AsSpan().ContainsAny(" \t\r\n");
    }

    private static bool IsUrn(string text) =>
        text.StartsWith("urn:uuid:", StringComparison.Ordinal) || text.StartsWith("urn:oid:", StringComparison.Ordinal);
}
