using System.Globalization;
using Fhir.Server.Api.Identity;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Audit;

namespace Fhir.Server.Api.Audit;

/// <summary>One line of the log, whichever stream it stands in.</summary>
public sealed record AuditLine
{
    public required bool IsWrite { get; init; }
    public required long N { get; init; }
    public required long AtMicros { get; init; }
    public required AuditAgent By { get; init; }
    public string? Request { get; init; }
    public required AuditAct Act { get; init; }
    public required long Type { get; init; }
    public string? Id { get; init; }
    public int Version { get; init; }
    /// <summary>The names of the parameters; of an operation its own name before them, <c>$validate?mode</c>; of a disclosure the receiver.</summary>
    public string? Query { get; init; }
    public int Status { get; init; }
    /// <summary>How many refused strangers the line stands for; 0 = it is about one access.</summary>
    public long Times { get; init; }
    /// <summary>Who did it had broken glass for a patient whom it concerned.</summary>
    public bool BrokenGlass { get; init; }
    public long PatientRid { get; init; }
    public IReadOnlyList<long> Returned { get; init; } = [];
    /// <summary>What it was about besides, though it did not leave: what criteria named, or what was counted.</summary>
    public IReadOnlyList<long> Concerned { get; init; } = [];
    /// <summary>The AuditEvent itself, for one that was posted.</summary>
    public byte[]? Body { get; init; }

    public AuditPlace Place => new(AtMicros, IsWrite, N);
    public bool WentWell => Status < 400;

    /// <summary>Its id as an AuditEvent.</summary>
    public string EventId => Act == AuditAct.Append && Id is not null ? Id : !IsWrite ? ReadNumber.Of(N).ToString() : string.Create(CultureInfo.InvariantCulture, $"w-{N}");

    /// <summary>What it was about, when it was about one resource.</summary>
    public ResourceKey? Key => Type >= 0 && Id is not null && Act != AuditAct.Append ? new(AccessTable.Name((int)Type), Id) : null;

    /// <summary>The operation's name without its $, or null.</summary>
    public string? Operation => Act == AuditAct.Operation && Query is { Length: > 1 } text && text[0] == '$' ? text[1..].Split('?')[0] : null;

    /// <summary>The parameters' names, or null.</summary>
    public string? ParameterNames => Act == AuditAct.Disclose ? null : Operation is null ? Query : Query!.Split('?') is [_, { Length: > 0 } names] ? names : null;

    /// <summary>Of a disclosure: the organisation that it went to, and its Endpoint.</summary>
    public (string? Organization, string? Endpoint) Receiver => Act == AuditAct.Disclose && Query?.Split(' ') is [var organization, var endpoint] ? (organization, endpoint) : default;
}

/// <summary>Where a page of the log begins: behind this line, newest first; at one moment writes stand before reads.</summary>
[System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Auto)]
public readonly record struct AuditPlace(long AtMicros, bool IsWrite, long N) : IComparable<AuditPlace>
{
    public static readonly AuditPlace Newest = new(long.MaxValue, IsWrite: true, long.MaxValue);

    public long Written => IsWrite ? 1 : 0;

    /// <summary>Older ones are less.</summary>
    public int CompareTo(AuditPlace other) => (AtMicros, Written, N).CompareTo((other.AtMicros, other.Written, other.N));

    public static bool operator <(AuditPlace left, AuditPlace right) => left.CompareTo(right) < 0;
    public static bool operator >(AuditPlace left, AuditPlace right) => left.CompareTo(right) > 0;
    public static bool operator <=(AuditPlace left, AuditPlace right) => left.CompareTo(right) <= 0;
    public static bool operator >=(AuditPlace left, AuditPlace right) => left.CompareTo(right) >= 0;
}
