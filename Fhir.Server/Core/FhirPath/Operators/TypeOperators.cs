using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.FhirPath.Values;

namespace Fhir.Server.Core.FhirPath.Operators;

/// <summary>https://hl7.org/fhirpath/#types — a type as an expression names it: <c>Patient</c>, <c>FHIR.string</c>, <c>System.Integer</c>.</summary>
internal sealed class TypeName
{
    private readonly TypeDefinition? _fhir;
    private readonly string? _system;
    private readonly Kind _also;

    private TypeName(TypeDefinition? fhir, string? system, Kind also = Kind.Complex) => (_fhir, _system, _also) = (fhir, system, also);

    /// <summary>Null when there is no such type. A bare name is FHIR's, or System's, or both (<c>Quantity</c>).</summary>
    public static TypeName? Of(string name, bool withFhirPrimitives)
    {
        if (name.StartsWith("System.", StringComparison.Ordinal)) return new TypeName(null, name);
        var isFhir = name.StartsWith("FHIR.", StringComparison.Ordinal);
        var fhir = DefinitionSet.R4.Type(isFhir ? name[5..] : name);
        var system = !isFhir && Kinds.IsSystem(name) ? "System." + name : null;
        var also = withFhirPrimitives && fhir is null && Enum.TryParse<Kind>(name, out var kind) ? kind : Kind.Complex;
        return fhir is null && system is null ? null : new TypeName(fhir, system, also);
    }

    /// <summary>For <c>is</c>: of that type or one that specialises it.</summary>
    public bool Covers(Element item)
    {
        if (_fhir is not null && ReferenceEquals(item.Definition, _fhir)) return true;
        if (item.Definition.Kind == TypeKind.System) return _system is not null && (item.Type == _system || _system == "System.Any");
        return _fhir is null ? _also != Kind.Complex && Kinds.Of(item) == _also : DefinitionSet.R4.IsA(item.Definition, _fhir.Name);
    }

    /// <summary>For <c>as</c> and <c>ofType</c>: a primitive must be of exactly that type (a code is not taken for a string).</summary>
    public bool Takes(Element item) => _fhir is { Kind: TypeKind.Primitive } ? item.Type == _fhir.Name : Covers(item);
}

internal sealed class Is(Operator source, TypeName type) : Test
{
    public override bool? Truth(Run run) => run.One(source) is { } item ? type.Covers(item) : null;
}

/// <summary><c>as</c>: one item, or failure; R4's own expressions were written for one that filters (many).</summary>
internal sealed class As(Operator source, TypeName type, bool many) : Operator
{
    public override void Evaluate(Run run, List<Element> into)
    {
        var items = run.Values(source);
        if (!many) run.One(items);
        foreach (var item in items)
            if (type.Takes(item)) into.Add(item);
        run.Return(items);
    }
}
