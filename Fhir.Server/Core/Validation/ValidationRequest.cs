using Fhir.Server.Core.Elements;

namespace Fhir.Server.Core.Validation;

/// <summary>How far a validation goes, and what it may ask of the world around it.</summary>
public sealed record ValidationRequest
{
    /// <summary>Everything R4 demands, and the profiles that the resource says it follows.</summary>
    public static readonly ValidationRequest Default = new();

    /// <summary>What <see cref="StructureCheck"/> finds; false when it has looked at the resource already.</summary>
    public bool Structure { get; init; } = true;
    /// <summary>R4's invariants, bindings, reference targets, extensions, and the rules of Bundles and other types.</summary>
    public bool BaseRules { get; init; } = true;
    /// <summary>The profiles in <c>meta.profile</c>, those of contained and bundled resources too.</summary>
    public bool DeclaredProfiles { get; init; } = true;
    /// <summary>Canonicals of profiles that the resource must follow besides.</summary>
    public IReadOnlyList<string> Profiles { get; init; } = [];
    /// <summary>The resource may hold conditional references, as an entry of a transaction may.</summary>
    public bool InTransaction { get; init; }
    /// <summary>For invariants that ask for the time.</summary>
    public TimeProvider? Clock { get; init; }
    /// <summary>Finds what a reference text points to, or null; asked after contained resources and the entries of the Bundle.</summary>
    public Func<string, Element?>? Resolve { get; init; }
}
