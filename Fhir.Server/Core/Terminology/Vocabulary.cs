using System.Collections.Concurrent;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Core.Packages;
using Fhir.Server.Core.Terminology.Systems;
using Fhir.Server.Core.Terminology.ValueSets;

namespace Fhir.Server.Core.Terminology;

/// <summary>All terminology that is loaded. Safe from all threads; what it has looked up once it keeps.</summary>
public sealed class Vocabulary(Conformance conformance)
{
    private readonly ConcurrentDictionary<string, Result<CompiledValueSet>> _compiled = new(StringComparer.Ordinal);

    public CodeSystems Systems { get; } = new(conformance);

    /// <summary>Whether the value set (canonical, with <c>|version</c> or without) has the code; system is null for an element of type code.</summary>
    public Membership Contains(string valueSet, string? system, string? version, string code) =>
        Compile(valueSet).Failed(out _, out var compiled) ? Membership.Unknown : compiled.Contains(system, version, code);

    /// <summary>Whether the code system has the code.</summary>
    public Membership IsCode(string system, string? version, string code)
    {
        if (Systems.Find(system, version) is { } content) return content.Has(code);
        return version is not null && Systems.Find(system) is { } other && other.Has(code) == Membership.In ? Membership.In : Membership.Unknown;
    }

    /// <summary>The value set, ready for many questions; it may be held as long as this vocabulary. NotFound when it is not loaded.</summary>
    public Result<CompiledValueSet> Compile(string valueSet)
    {
        if (_compiled.TryGetValue(valueSet, out var known)) return known;
        if (!new ValueSetCompiler(conformance, Systems).Compile(valueSet).Failed(out var issue, out var content)) return _compiled.GetOrAdd(valueSet, _ => new CompiledValueSet(content));
        // Names that are not known are not kept: they come from outside, and have no end.
        return issue.Kind == IssueKind.NotFound ? issue : _compiled.GetOrAdd(valueSet, issue);
    }
}
