using System.Collections.Frozen;
using Fhir.Server.Core.Elements;

namespace Fhir.Server.Store.Access;

/// <summary>How sensitive a resource says it is: 0 normal, 1 restricted, 2 very restricted — https://hl7.org/fhir/R4/security-labels.html</summary>
public static class Labels
{
    private const string Confidentiality = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality";
    private const string ActCode = "http://terminology.hl7.org/CodeSystem/v3-ActCode";

    // The information sensitivity policies of v3-ActCode that speak of health.
    private static readonly FrozenSet<string> Sensitive = FrozenSet.ToFrozenSet(
        ["BH", "COGN", "DVD", "EMOTDIS", "MH", "PSY", "PSYTHPN", "SUD", "ETH", "ETHUD", "ALC", "DRGIS", "OPIOIDUD", "GDIS", "HIV", "MST", "PREGNANT", "SCA", "SDV", "SEX", "SPI", "STD", "TBOO", "VIO", "ADOL", "CEL"],
        StringComparer.Ordinal);

    public static int Of(Element resource)
    {
        var label = 0;
        foreach (var coding in resource["meta"].Each("security")) label = Math.Max(label, Of(coding["system"].Text, coding["code"].Text));
        return label;
    }

    // A code without a system is taken for what it looks like: a label that was meant must not be lost.
    private static int Of(string? system, string? code) => code switch
    {
        "V" when system is null or Confidentiality => 2,
        "R" when system is null or Confidentiality => 1,
        not null when (system is null or ActCode) && Sensitive.Contains(code) => 1,
        _ => 0,
    };
}
