using Fhir.Server.Core.Elements;

namespace Fhir.Server.Core.Validation.Rules;

/// <summary>One demand on an element, made from a definition; it tells what is wrong and holds no state, so all threads share it.</summary>
internal abstract class Rule
{
    public abstract void Check(Element element, Judging judging);

    /// <summary>What it demands, in one line, for who reads the rules; null when it only holds others.</summary>
    public virtual string? Demand => GetType().Name;

    /// <summary>The rules inside it, and what they are about.</summary>
    public virtual IEnumerable<(string? About, Rule Rule)> Inner => [];
}

/// <summary>All that is demanded of an element in one place of a definition. Filled after it is made, since definitions may hold themselves.</summary>
internal sealed class Node : Rule
{
    public IReadOnlyList<Rule> Rules { get => _rules; set => _rules = [.. value]; }
    private Rule[] _rules = [];
    public override string? Demand => null;
    public override IEnumerable<(string?, Rule)> Inner => _rules.Select(rule => ((string?)null, rule));

    public override void Check(Element element, Judging judging)
    {
        if (!judging.Deeper()) return;
        foreach (var rule in _rules) rule.Check(element, judging);
        judging.Up();
    }
}

/// <summary>Judges each child of a name by what is demanded of it.</summary>
internal sealed class EachChild(string name, Node node) : Rule
{
    public override string? Demand => null;
    public override IEnumerable<(string?, Rule)> Inner => [(name, node)];

    public override void Check(Element element, Judging judging)
    {
        foreach (var child in element.Children)
            if (child.Name == name) node.Check(child, judging);
    }
}
