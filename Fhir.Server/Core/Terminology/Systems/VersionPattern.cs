namespace Fhir.Server.Core.Terminology.Systems;

/// <summary>A version that stands for several: <c>1.x</c>, <c>1.2.*</c>.</summary>
internal static class VersionPattern
{
    public static bool IsPattern(string version) => version.Split('.').Any(IsAny);

    /// <summary>True when the version is the pattern, or one that it stands for.</summary>
    public static bool Matches(string pattern, string version)
    {
        var (wanted, there) = (pattern.Split('.'), version.Split('.'));
        if (!wanted.Any(IsAny)) return pattern == version;
        for (var i = 0; i < wanted.Length; i++)
        {
            if (IsAny(wanted[i]) && i == wanted.Length - 1) return true;
            if (i >= there.Length || !(IsAny(wanted[i]) || wanted[i] == there[i])) return false;
        }
        return there.Length == wanted.Length;
    }

    private static bool IsAny(string part) => part is "x" or "X" or "*";
}
