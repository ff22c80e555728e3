using Fhir.Server.Core.Elements;
using Fhir.Server.Core.FhirPath.Values;
using Fhir.Server.Core.Outcomes;

namespace Fhir.Server.Core.FhirPath.Operators;

/// <summary>
/// One evaluation: what $this is now, lists to work in, and the first failure. After a failure operators only have to come
/// to an end; what they still add is thrown away.
/// </summary>
internal sealed class Run
{
    /// <summary>What it costs in steps to make a value, against looking at one.</summary>
    public const int NewValue = 8;
    /// <summary>And to bring two units together.</summary>
    public const int Conversion = 50;

    private const int MaxText = 4 * 1024 * 1024;

    [ThreadStatic] private static Run? t_spare;

    private readonly Stack<List<Element>> _spare = new();
    private long _steps;

    public EvaluationContext Context { get; private set; } = EvaluationContext.Bare;
    /// <summary>What the whole expression is evaluated on.</summary>
    public Element Focus { get; private set; } = Element.None;
    /// <summary>$this; null is an empty collection.</summary>
    public Element? This { get; set; }
    public int Index { get; set; }
    public List<Element>? Total { get; set; }
    /// <summary>What the function was called on, while <c>defineVariable</c> looks at it.</summary>
    public List<Element>? Input { get; set; }
    /// <summary>The variables that the expression has defined so far, the last one first.</summary>
    public DefinedVariable? Defined { get; set; }
    public Issue? Failure { get; private set; }
    /// <summary>One moment for the whole evaluation; null when no clock was given.</summary>
    public DateTimeOffset? Now => _now ??= Context.Clock?.GetLocalNow();
    private DateTimeOffset? _now;

    public static Run Begin(Element focus, EvaluationContext context)
    {
        var run = t_spare ?? new Run();
        t_spare = null;
        (run.Focus, run.This, run.Context, run.Index, run.Failure, run._now, run._steps) = (focus, focus, context, 0, null, null, 0);
        return run;
    }

    public void End()
    {
        (Focus, This, Total, Input, Defined, Context) = (Element.None, null, null, null, null, EvaluationContext.Bare);
        t_spare = this;
    }

    public bool Failed => Failure is not null;

    public void Fail(string text, IssueKind kind = IssueKind.Invalid) => Failure ??= new Issue(kind, text);

    /// <summary>False when the evaluation has failed or has taken too long; loops ask it.</summary>
    public bool Goes(long steps = 1)
    {
        _steps += steps;
        if (_steps > Context.MostSteps) Failure ??= new Issue(IssueKind.Invalid, "The expression takes too many steps.") { Code = "too-costly" };
        return Failure is null;
    }

    /// <summary>False when a text of that length is more than an evaluation may make; long ones count as many steps.</summary>
    public bool Fits(long length)
    {
        if (length > MaxText) Failure ??= new Issue(IssueKind.Invalid, "The expression makes a text that is too long.") { Code = "too-costly" };
        return Failure is null && Goes(length >> 4);
    }

    public List<Element> Rent() => _spare.Count > 0 ? _spare.Pop() : new List<Element>(8);

    public void Return(List<Element> list)
    {
        list.Clear();
        if (list.Capacity <= 1024) _spare.Push(list);
    }

    /// <summary>The operator's values in a list that the caller gives back.</summary>
    public List<Element> Values(Operator of)
    {
        var list = Rent();
        of.Evaluate(this, list);
        return list;
    }

    /// <summary>https://hl7.org/fhirpath/#singleton-evaluation-of-collections — the only item, null when empty; more is a failure.</summary>
    public Element? One(Operator of)
    {
        if (of is OneItem single) return single.Item(this);
        var list = Values(of);
        var one = One(list);
        Return(list);
        return one;
    }

    public Element? One(List<Element> list)
    {
        if (list.Count > 1) Fail("One value is expected where there are several.");
        return list.Count == 1 ? list[0] : null;
    }

    /// <summary>A single item that is no boolean counts as true.</summary>
    public bool? Truth(Operator of)
    {
        var list = Values(of);
        var truth = Truth(list);
        Return(list);
        return truth;
    }

    public bool? Truth(List<Element> list)
    {
        if (One(list) is not { } one || Failed) return null;
        return Kinds.Of(one) != Kind.Boolean || one.Text == "true" ? true : one.Text is null ? null : false;
    }

    /// <summary>A boolean proper: anything else is a failure.</summary>
    public bool? Boolean(Element item)
    {
        if (Kinds.Of(item) != Kind.Boolean) Fail("A boolean is expected.");
        return item.Text is null ? null : item.Text == "true";
    }

    public string? Text(Operator of) => Text(One(of));
    public string? Text(List<Element> list) => Text(One(list));

    private string? Text(Element? one)
    {
        if (one is null || Failed) return null;
        if (Kinds.Of(one) != Kind.String) Fail("A string is expected.");
        return one.Text is { } text && Fits(text.Length) ? text : null;
    }

    public int? Integer(Operator of)
    {
        if (of is Whole whole) return whole.Number(this);
        if (One(of) is not { } one || Failed) return null;
        if (Kinds.Of(one) != Kind.Integer) Fail("An integer is expected.");
        return Numbers.Integer(one.Text);
    }

    /// <summary>Evaluates with another $this and puts the old one back.</summary>
    public void With(Element? item, int index, Operator of, List<Element> into)
    {
        var (before, at) = (This, Index);
        (This, Index) = (item, index);
        of.Evaluate(this, into);
        (This, Index) = (before, at);
    }

    public bool? TruthWith(Element? item, int index, Operator of)
    {
        var (before, at) = (This, Index);
        (This, Index) = (item, index);
        var truth = of.Truth(this);
        (This, Index) = (before, at);
        return truth;
    }
}

/// <summary>A name that <c>defineVariable</c> gave, and the one before it.</summary>
internal sealed record DefinedVariable(string Name, Element[] Values, DefinedVariable? Before)
{
    public static DefinedVariable? Find(DefinedVariable? last, string name)
    {
        while (last is not null && last.Name != name) last = last.Before;
        return last;
    }
}
