using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Validation.Rules;

namespace Fhir.Server.Core.Validation.Profiles;

/// <summary>Makes the tests by which an element is known to be of a slice — https://hl7.org/fhir/R4/profiling.html#discriminator</summary>
internal sealed class SliceCompiler
{
    private readonly SchemaCompiler _compiler;
    private readonly List<(string Type, DiscriminatorPath Path)> _discriminators;

    public SliceCompiler(SchemaCompiler compiler, Definition sliced)
    {
        _compiler = compiler;
        _discriminators = [.. Discriminators(sliced)];
    }

    // A re-slicing without discriminators of its own, a choice of types and extensions have them by nature.
    private static IEnumerable<(string, DiscriminatorPath)> Discriminators(Definition sliced)
    {
        var any = false;
        foreach (var discriminator in sliced.Slicing.Each("discriminator"))
        {
            any = true;
            if (DiscriminatorPath.Parse(discriminator["path"].Text ?? "") is { } path) yield return (discriminator["type"].Text ?? "", path);
        }
        if (any) yield break;
        if (sliced.IsChoice) yield return ("type", DiscriminatorPath.Parse("$this")!);
        else if (sliced.Name is "extension" or "modifierExtension") yield return ("value", DiscriminatorPath.Parse("url")!);
    }

    /// <summary>All of them must hold. Without one that tells something, an element is of the slice when it has what the slice demands.</summary>
    public IReadOnlyList<Matcher> Matchers(Definition slice, Node node)
    {
        var matchers = _discriminators.Select(d => MatcherOf(d.Type, d.Path, slice)).OfType<Matcher>().ToList();
        return matchers.Count > 0 ? matchers : [new Matcher(DiscriminatorPath.Parse("$this")!, (element, judging) => judging.Conforms(element, node))];
    }

    // Null where the slice says nothing of what the path leads to.
    private Matcher? MatcherOf(string type, DiscriminatorPath path, Definition slice)
    {
        if (path.OnlyChild == "url" && ExtensionUrl(slice) is { } url) return new Matcher(path, (element, _) => element.Text == url);
        var targets = path.Follow(slice, _compiler.Schemas).ToList();
        if (type == "exists") return new Matcher(path, targets.Exists(t => t.Max == 0) ? null : static (_, _) => true);
        return type switch
        {
            "type" => TypeMatcher(path, targets),
            "profile" => ProfileMatcher(path, targets, slice),
            _ => ValueMatcher(path, targets),
        };
    }

    // The slice of an extension: its url is its profile's, loaded or not.
    private static string? ExtensionUrl(Definition slice)
    {
        if (slice.OnlyType != "Extension" || slice.Child("url")?.Raw["fixed"].Exists == true) return null;
        return slice.Types.SelectMany(t => t.Each("profile")).FirstOrDefault()?.Text?.Split('|')[0];
    }

    private Matcher? TypeMatcher(DiscriminatorPath path, List<Definition> targets)
    {
        var codes = targets.SelectMany(TypesOf).Distinct(StringComparer.Ordinal).ToArray();
        if (!path.EndsInResolve && targets.TrueForAll(t => _compiler.Schemas.CoreOf(t) is { } core && TypesOf(core).All(TypesOf(t).Contains))) return null;
        return new Matcher(path, (element, _) => AllowedTypes.IsOneOf(element, codes)) { TakesStubs = true };
    }

    // The root of a type names it by its path alone.
    private static IEnumerable<string> TypesOf(Definition target) =>
        target.Parent is null ? [target.Path] : target.Types.Select(Definition.TypeCode).OfType<string>();

    private Matcher? ProfileMatcher(DiscriminatorPath path, List<Definition> targets, Definition slice)
    {
        var canonicals = (path.EndsInResolve
            ? targets.Select(t => t.Profile["url"].Text!)
            : targets.Concat(path.IsThis ? [slice] : []).SelectMany(t => t.Types).SelectMany(t => t.Each("profile").Select(p => p.Text!))).Distinct(StringComparer.Ordinal).ToArray();
        return canonicals.Length == 0
            ? TypeMatcher(path, targets)
            : new Matcher(path, (element, judging) => Array.Exists(canonicals, canonical => Follows(element, canonical, judging)));
    }

    private static bool Follows(Element element, string canonical, Judging judging)
    {
        if (judging.Schemas.Find(canonical) is { Broken: null } schema) return judging.Conforms(element, schema);
        judging.IsUnresolved = true;
        return false;
    }

    private Matcher? ValueMatcher(DiscriminatorPath path, List<Definition> targets)
    {
        var tests = targets.Select(ValueTest).ToArray();
        if (tests.Contains(null)) return null;
        return new Matcher(path, (element, judging) => Array.Exists(tests, test => test!(element, judging)));
    }

    // Null where all values will do.
    private Test? ValueTest(Definition target)
    {
        if (target.Raw["fixed"] is { Exists: true } exact) return (element, _) => FixedValue.Same(exact, element);
        if (target.Raw["pattern"] is { Exists: true } pattern) return (element, _) => PatternValue.Fits(pattern, element);
        var node = _compiler.NodeOf(target, null, SchemaCompiler.TypeOf(target, null), _compiler.Schemas.CoreOf(target) is { } core ? [core] : []);
        return node.Rules.Count == 0 ? null : (element, judging) => judging.Conforms(element, node);
    }
}
