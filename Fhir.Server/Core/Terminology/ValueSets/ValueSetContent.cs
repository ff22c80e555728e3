// https://hl7.org/fhir/R4/valueset.html
using Fhir.Server.Core.Elements;

namespace Fhir.Server.Core.Terminology.ValueSets;

/// <summary>A value set with all that it draws from looked up: the truth about which codes are in it.</summary>
public sealed class ValueSetContent
{
    private bool _onlyActive;
    private long _size;

    /// <summary>The ValueSet resource.</summary>
    public required Element Source { get; init; }
    public required IReadOnlyList<Include> Includes { get; init; }
    public required IReadOnlyList<Include> Excludes { get; init; }
    /// <summary>The codes of a stored expansion, by system; asked only where the definition cannot tell.</summary>
    public required IReadOnlySet<(string? System, string Code)> Stored { get; init; }

    /// <summary>How many includes and excludes a question may have to pass, those of imported value sets counted each time they are imported.</summary>
    public long Size => _size > 0 ? _size : _size = Includes.Concat(Excludes).Sum(i => i.Size);

    public string? Url => Source["url"].Text;
    public string? Version => Source["version"].Text;
    /// <summary><c>url|version</c>, or the url alone.</summary>
    public string Canonical => Version is null ? Url ?? "" : $"{Url}|{Version}";
    /// <summary>True where inactive codes do not count: <c>compose.inactive</c> says so, or the request.</summary>
    public bool LeavesInactiveOut => _onlyActive || Source["compose"]["inactive"].Text == "false";

    /// <summary>Whether the code is in it; without a system (an element of type code), whether any of its systems has it in.</summary>
    public Membership Has(string? system, string? version, string code)
    {
        var answer = Any(Includes, system, version, code);
        if (answer != Membership.Out && Excludes.Count > 0) answer = answer.And(Any(Excludes, system, version, code).Not());
        if (answer == Membership.In && LeavesInactiveOut && IsInactive(system, code)) return Membership.Out;
        return answer != Membership.Unknown || Stored.Count == 0 ? answer : Stored.Contains((system, code)) ? Membership.In : answer;
    }

    internal ValueSetContent OnlyActive() => new() { Source = Source, Includes = Includes, Excludes = Excludes, Stored = Stored, _onlyActive = true };

    private static Membership Any(IReadOnlyList<Include> among, string? system, string? version, string code)
    {
        var answer = Membership.Out;
        for (var i = 0; i < among.Count && answer != Membership.In; i++) answer = answer.Or(among[i].Has(system, version, code));
        return answer;
    }

    private bool IsInactive(string? system, string code) =>
        Includes.Any(i => i.System is not null && (system is null || i.System == system) && i.Content?.Find(code) is { IsInactive: true });
}
