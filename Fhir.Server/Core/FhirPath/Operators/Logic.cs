namespace Fhir.Server.Core.FhirPath.Operators;

// https://hl7.org/fhirpath/#boolean-logic — three-valued: null is "unknown".

internal sealed class And(Operator left, Operator right) : Test
{
    public override bool? Truth(Run run)
    {
        if (!run.Goes()) return null;
        var first = left.Truth(run);
        if (first == false) return false;
        var second = right.Truth(run);
        return second == false ? false : first & second;
    }
}

internal sealed class Or(Operator left, Operator right) : Test
{
    public override bool? Truth(Run run)
    {
        if (!run.Goes()) return null;
        var first = left.Truth(run);
        if (first == true) return true;
        var second = right.Truth(run);
        return second == true ? true : first | second;
    }
}

internal sealed class Xor(Operator left, Operator right) : Test
{
    public override bool? Truth(Run run) => run.Goes() && left.Truth(run) is { } a && right.Truth(run) is { } b ? a != b : null;
}

internal sealed class Implies(Operator left, Operator right) : Test
{
    public override bool? Truth(Run run)
    {
        if (!run.Goes()) return null;
        var first = left.Truth(run);
        if (first == false) return true;
        var second = right.Truth(run);
        return second == true ? true : first == true ? second : null;
    }
}
