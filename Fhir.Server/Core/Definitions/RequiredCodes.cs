using System.Collections.Frozen;

namespace Fhir.Server.Core.Definitions;

/// <summary>The codes of a value set that some element is bound to as <em>required</em> — https://hl7.org/fhir/R4/terminologies.html#required</summary>
public sealed class RequiredCodes
{
    private readonly FrozenSet<string> _codes;

    internal RequiredCodes(string url, IReadOnlyList<CodesOfSystem> systems)
    {
        (Url, Systems) = (url, systems);
        IsEnumerated = systems.Count > 0 && systems.All(s => s.Codes is not null);
        _codes = systems.SelectMany(s => s.Codes ?? FrozenSet<string>.Empty).ToFrozenSet(StringComparer.Ordinal);
    }

    /// <summary>The canonical, without version.</summary>
    public string Url { get; }
    /// <summary>The code systems it draws from; an element of type <c>code</c> has one of these as its unwritten system.</summary>
    public IReadOnlyList<CodesOfSystem> Systems { get; }
    /// <summary>False where the codes cannot be listed: MIME types, currencies, UCUM units.</summary>
    public bool IsEnumerated { get; }

    /// <summary>True when the code is in the value set, or when that cannot be known.</summary>
    public bool Allows(string code) => !IsEnumerated || _codes.Contains(code);

    /// <summary>Likewise for a code with its system, as a Coding has it.</summary>
    public bool Allows(string? system, string? code) =>
        Systems.Count == 0 || (code is not null && Systems.Any(s => s.System == system && s.Codes?.Contains(code) != false));

    /// <summary>The system that a bare code of this value set has, or null when it has none or cannot be told.</summary>
    public string? SystemOf(string code) =>
        Systems.Count == 1 ? Systems[0].System : Systems.FirstOrDefault(s => s.Codes?.Contains(code) == true)?.System;
}

/// <summary>A code system's share of a value set; Codes is null where they cannot be listed.</summary>
public sealed record CodesOfSystem(string System, IReadOnlySet<string>? Codes);
