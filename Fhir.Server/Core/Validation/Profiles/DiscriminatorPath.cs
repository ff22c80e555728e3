using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;

namespace Fhir.Server.Core.Validation.Profiles;

/// <summary>What a step of a discriminator's path does.</summary>
internal enum StepKind { Child, Extension, Resolve, OfType }

/// <summary>The small FHIRPath of discriminators — https://hl7.org/fhir/R4/profiling.html#discriminator. It is followed both in a resource and in definitions.</summary>
internal sealed class DiscriminatorPath
{
    private readonly List<(StepKind Kind, string Name)> _steps = [];

    /// <summary>True for <c>$this</c>.</summary>
    public bool IsThis => _steps.Count == 0;
    public bool Resolves => _steps.Exists(step => step.Kind == StepKind.Resolve);
    public bool EndsInResolve => _steps is [.., (StepKind.Resolve, _)];
    /// <summary>The name of its only step when that is a child, or null.</summary>
    public string? OnlyChild => _steps is [(StepKind.Child, var name)] ? name : null;

    public override string ToString() => IsThis ? "$this" : string.Join('.', _steps.Select(step => step.Kind switch
    {
        StepKind.Child => step.Name,
        StepKind.Extension => $"extension('{step.Name}')",
        StepKind.Resolve => "resolve()",
        StepKind.OfType => $"ofType({step.Name})",
    }));

    /// <summary>Null when it has a step that discriminators may not have.</summary>
    public static DiscriminatorPath? Parse(string text)
    {
        var path = new DiscriminatorPath();
        for (var at = 0; at < text.Length;)
        {
            var end = EndOfStep(text, at);
            if (!path.Add(text[at..end].Trim())) return null;
            at = end + 1;
        }
        return path;
    }

    private static int EndOfStep(string text, int from)
    {
        var depth = 0;
        for (var i = from; i < text.Length; i++)
        {
            if (text[i] == '(') depth++;
            else if (text[i] == ')') depth--;
            else if (text[i] == '.' && depth == 0) return i;
        }
        return text.Length;
    }

    private bool Add(string step)
    {
        if (step == "$this") return true;
        var open = step.IndexOf('(', StringComparison.Ordinal);
        if (open < 0)
        {
            _steps.Add((StepKind.Child, step.EndsWith("[x]", StringComparison.Ordinal) ? step[..^3] : step));
            return step.Length > 0 && step.All(char.IsAsciiLetterOrDigit) || step.EndsWith("[x]", StringComparison.Ordinal);
        }
        var argument = step[(open + 1)..].TrimEnd(')').Trim('\'', '"', ' ');
        StepKind? kind = step[..open] switch { "resolve" => StepKind.Resolve, "extension" => StepKind.Extension, "ofType" or "as" => StepKind.OfType, _ => null };
        if (kind is { } known) _steps.Add((known, argument));
        return kind is not null;
    }

    /// <summary>What it finds from an element of a resource. Where a reference cannot be followed, its end is a stub that has a type only, or missing.</summary>
    public void Select(Element from, Judging judging, List<Element> into) => Select(from, 0, judging, into);

    private void Select(Element from, int at, Judging judging, List<Element> into)
    {
        if (at == _steps.Count)
        {
            into.Add(from);
            return;
        }
        var (kind, name) = _steps[at];
        if (kind == StepKind.OfType && IsOf(from, name)) Select(from, at + 1, judging, into);
        else if (kind == StepKind.Resolve && Resolved(from, judging) is { } target) Select(target, at + 1, judging, into);
        else if (kind is StepKind.Child or StepKind.Extension)
            foreach (var child in from.Children)
                if (kind == StepKind.Child ? child.Name == name : child.Name == "extension" && child["url"].Text == name) Select(child, at + 1, judging, into);
    }

    private static bool IsOf(Element element, string type) => DefinitionSet.R4.IsA(element.Definition, type);

    private static Element? Resolved(Element reference, Judging judging)
    {
        if (judging.Targets.Find(reference, out _) is { } found) return found;
        return Targets.TypeOf(reference) is { } type ? new Element(type.Name, type) : null;
    }

    /// <summary>The definitions that it leads to: several where an element may follow several profiles.</summary>
    public IEnumerable<Definition> Follow(Definition from, Schemas schemas)
    {
        IEnumerable<Definition> found = [from];
        foreach (var (kind, name) in _steps) found = found.SelectMany(definition => Next(definition, kind, name, schemas));
        return found;
    }

    /// <summary>True when one of its names is surely none of the type that it is looked up in.</summary>
    public bool LeadsNowhere(Definition from, Schemas schemas)
    {
        IEnumerable<Definition> found = [from];
        foreach (var (kind, name) in _steps)
        {
            if (kind != StepKind.Child) return false;
            var next = found.SelectMany(definition => Children(definition, name, schemas)).ToList();
            if (next.Count == 0) return found.All(definition => definition.Types.All(type => !type["profile"].Exists || type.Each("profile").All(p => schemas.Tree(p.Text!) is not null)));
            found = next;
        }
        return false;
    }

    private static IEnumerable<Definition> Next(Definition from, StepKind kind, string name, Schemas schemas) => kind switch
    {
        StepKind.Child => Children(from, name, schemas),
        StepKind.Extension => Children(from, "extension", schemas).SelectMany(extension => Named(extension, name, schemas)),
        StepKind.Resolve => from.Types.SelectMany(type => type.Each("targetProfile")).Select(target => schemas.Tree(target.Text ?? "")).OfType<Definition>(),
        StepKind.OfType => from.Slices.Find(slice => slice.OnlyType == name) is { } slice ? [slice] : [from],
    };

    private static IEnumerable<Definition> Children(Definition from, string name, Schemas schemas)
    {
        if (from.Child(name) is { } own) return [own];
        return from.Types.SelectMany(Canonicals).Select(canonical => schemas.Tree(canonical)?.Child(name)).OfType<Definition>();
    }

    private static IEnumerable<string> Canonicals(Element type)
    {
        var profiles = type.Each("profile").Select(p => p.Text!).ToList();
        return profiles.Count > 0 ? profiles : [Schemas.Core + Definition.TypeCode(type)];
    }

    private static IEnumerable<Definition> Named(Definition extension, string url, Schemas schemas)
    {
        var slice = extension.Slices.Find(s => s.Types.SelectMany(t => t.Each("profile")).Any(p => p.Text == url) || s.Child("url")?.Raw["fixed"].Text == url);
        if (slice is not null) return [slice];
        return schemas.Tree(url) is { } root ? [root] : [];
    }
}
