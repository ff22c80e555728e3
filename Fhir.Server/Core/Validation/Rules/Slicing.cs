using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Core.Validation.Profiles;

namespace Fhir.Server.Core.Validation.Rules;

/// <summary>Whether an element that a discriminator leads to is as the slice has it.</summary>
internal delegate bool Test(Element element, Judging judging);

/// <summary>One discriminator of one slice; without a test nothing may stand where the path leads.</summary>
internal sealed class Matcher(DiscriminatorPath path, Test? test)
{
    public DiscriminatorPath Path => path;
    /// <summary>Whether the type alone, as the text of a reference gives it, is enough to tell.</summary>
    public bool TakesStubs { get; init; }

    public bool Matches(Element element, Judging judging)
    {
        if (path.IsThis && test is not null) return test(element, judging);
        var found = new List<Element>();
        path.Select(element, judging, found);
        if (path.Resolves && !TakesStubs && found.RemoveAll(IsStub) > 0) judging.IsUnresolved = true;
        return test is null ? found.Count == 0 : found.Exists(item => test(item, judging));
    }

    private static bool IsStub(Element element) => element is { Children.Count: 0, Text: null };
}

/// <summary>A named part of the repetitions of an element.</summary>
internal sealed record Slice(string Name, IReadOnlyList<Matcher> Matchers, int Min, int Max, Node Node)
{
    public Slicing? Reslicing { get; init; }
    /// <summary>Where all goes that no other slice takes.</summary>
    public bool IsDefault => Name == "@default";

    public IEnumerable<(string?, Rule)> Rules(string sliced) =>
        Reslicing is null ? [($"{sliced}:{Name} {Cardinality.Range(Min, Max)}{By}", Node)] : [($"{sliced}:{Name} {Cardinality.Range(Min, Max)}{By}", Node), (null, Reslicing)];

    private string By => string.Concat(Matchers.Select(matcher => $" by {matcher.Path}"));

    public bool Takes(Element element, Judging judging)
    {
        foreach (var matcher in Matchers)
            if (!matcher.Matches(element, judging)) return false;
        return !IsDefault;
    }
}

/// <summary>Each repetition belongs to one slice, or to none where the slicing is open — https://hl7.org/fhir/R4/profiling.html#slicing</summary>
internal sealed class Slicing(string name, IReadOnlyList<Slice> slices, bool isOrdered, string? rules) : Rule
{
    public override string Demand => $"{name} in slices, {rules}{(isOrdered ? ", in order" : "")}";
    public override IEnumerable<(string?, Rule)> Inner => slices.SelectMany(slice => slice.Rules(name));

    public override void Check(Element element, Judging judging)
    {
        var items = new List<Element>();
        foreach (var child in element.Children)
            if (child.Name == name) items.Add(child);
        Check(element, items, judging);
    }

    private void Check(Element parent, List<Element> items, Judging judging)
    {
        var taken = new List<Element>?[slices.Count];
        var (last, anyOther, severity) = (-1, false, Severity.Error);
        foreach (var item in items)
        {
            var at = Find(item, judging, ref severity);
            if (at < 0)
            {
                anyOther = true;
                if (rules == "closed") judging.Add(item, "structure", $"The {name} is of no slice, and no other is allowed.", severity);
                continue;
            }
            if (anyOther && rules == "openAtEnd") judging.Add(item, "structure", $"The slices of {name} stand before all others: {slices[at].Name} does not.");
            if (isOrdered && at < last) judging.Add(item, "structure", $"The slices of {name} have an order, and {slices[at].Name} does not stand in its place.");
            last = Math.Max(at, last);
            (taken[at] ??= []).Add(item);
            slices[at].Node.Check(item, judging);
        }
        for (var i = 0; i < slices.Count; i++) Count(parent, slices[i], taken[i] ?? [], severity, judging);
    }

    // Only a warning, once a reference could not be followed: what it leads to may be of the slice.
    private int Find(Element item, Judging judging, ref Severity severity)
    {
        judging.IsUnresolved = false;
        for (var i = 0; i < slices.Count; i++)
            if (slices[i].Takes(item, judging)) return i;
        if (judging.IsUnresolved) severity = Severity.Warning;
        for (var i = 0; i < slices.Count; i++)
            if (slices[i].IsDefault) return i;
        return -1;
    }

    private void Count(Element parent, Slice slice, List<Element> items, Severity severity, Judging judging)
    {
        var what = $"The slice {name}:{slice.Name}";
        if (items.Count < slice.Min) judging.Add(parent, "required", Cardinality.TooFew(what, slice.Min), severity, "." + name);
        if (items.Count > slice.Max) judging.Add(items[slice.Max], "structure", Cardinality.TooMany(what, slice.Max));
        slice.Reslicing?.Check(parent, items, judging);
    }
}
