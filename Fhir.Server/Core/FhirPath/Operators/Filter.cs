using Fhir.Server.Core.Elements;

namespace Fhir.Server.Core.FhirPath.Operators;

/// <summary>https://hl7.org/fhirpath/#wherecriteria--expression--collection</summary>
internal sealed class Where(Operator source, Operator criterion) : Operator
{
    public override void Evaluate(Run run, List<Element> into)
    {
        var items = run.Values(source);
        for (var i = 0; i < items.Count && run.Goes(); i++)
            if (run.TruthWith(items[i], i, criterion) == true) into.Add(items[i]);
        run.Return(items);
    }

    public override bool Any(Run run)
    {
        var items = run.Values(source);
        var found = false;
        for (var i = 0; i < items.Count && !found && run.Goes(); i++) found = run.TruthWith(items[i], i, criterion) == true;
        run.Return(items);
        return found;
    }
}

/// <summary>https://hl7.org/fhirpath/#existence — <c>exists()</c>, or <c>empty()</c> when nothing is wanted.</summary>
internal sealed class Exists(Operator source, bool wanted) : Test
{
    public override bool? Truth(Run run) => run.Goes() && source.Any(run) == wanted;
}

/// <summary>https://hl7.org/fhirpath/#allcriteria--expression--boolean — an item for which it is empty counts as one that fails.</summary>
internal sealed class All(Operator source, Operator criterion) : Test
{
    public override bool? Truth(Run run)
    {
        var items = run.Values(source);
        var all = true;
        for (var i = 0; i < items.Count && all && run.Goes(); i++) all = run.TruthWith(items[i], i, criterion) == true;
        run.Return(items);
        return all;
    }
}

internal sealed class CountOf(Operator source) : Whole
{
    public override int Number(Run run) => run.Goes() ? source.Count(run) : 0;
}

/// <summary>https://hl7.org/fhir/R4/fhirpath.html#functions — one primitive that has a value and not only extensions.</summary>
internal sealed class HasValue(Operator source) : Test
{
    private readonly OneItem? _single = source as OneItem;

    public override bool? Truth(Run run)
    {
        if (_single is not null) return _single.Item(run)?.Text is not null;
        var items = run.Values(source);
        var has = run.Goes(items.Count) && items is [{ Text: not null }];
        run.Return(items);
        return has;
    }
}

internal sealed class Not(Operator source) : Test
{
    public override bool? Truth(Run run) => !source.Truth(run);
}
