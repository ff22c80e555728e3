using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace Fhir.Server.Store.Access;

/// <summary>A patient whose record somebody opened in an emergency, and until when at most.</summary>
[StructLayout(LayoutKind.Auto)]
public readonly record struct OpenGlass(long Patient, long UntilMicros);

public sealed partial record AccessContext
{
    /// <summary>
    /// Whose glass she has broken, as far as is known here. Without any, the ground is left out of her queries: so nothing is seen through
    /// glass that the log would not mark. Whether it holds is still judged by the table, against the clock.
    /// </summary>
    public ImmutableArray<OpenGlass> Glass { get; init; } = [];

    /// <summary>Has she broken glass for this patient, and is it open?</summary>
    public bool IsBehindGlass(long patient) => !Glass.IsDefaultOrEmpty && Glass.Any(glass => glass.Patient == patient && glass.UntilMicros > NowMicros);
}
