using System.Text;
using Fhir.Server.Core.Validation.Rules;

namespace Fhir.Server.Core.Validation.Profiles;

/// <summary>The rules of a profile as text: a line for each demand, indented below what it is about.</summary>
internal sealed class Outline
{
    private readonly StringBuilder _text = new();
    private readonly HashSet<Rule> _open = [];

    public static string Of(Schema schema)
    {
        var outline = new Outline();
        outline.Line(0, $"{schema.Url} ({schema.Type.Name}){(schema.Broken is null ? "" : $" cannot be used: {schema.Broken}")}");
        outline.Tell(schema.Root, 1);
        return outline._text.ToString();
    }

    private void Tell(Rule rule, int depth)
    {
        if (rule.Demand is { } demand) Line(depth, demand);
        if (!_open.Add(rule))
        {
            Line(depth, "...");   // a part that holds itself
            return;
        }
        var below = rule.Demand is null ? depth : depth + 1;
        foreach (var (about, inner) in rule.Inner)
        {
            if (about is not null) Line(below, about);
            Tell(inner, about is null ? below : below + 1);
        }
        _open.Remove(rule);
    }

    private void Line(int depth, string text) => _text.Append(' ', depth * 2).Append(text).Append('\n');
}
