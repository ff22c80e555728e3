using System.Collections.Frozen;
using Fhir.Server.Core.Elements;

namespace Fhir.Server.Store.Rules;

/// <summary>What a resource's state gives those whom it names: nothing, access while its period lasts, or what is left of it after it was closed.</summary>
public enum CareHold { None, Open, Grace }

/// <summary>The one table of which state of which resource is care — https://hl7.org/fhir/R4/valueset-care-team-status.html and its likes. What has no line gives nothing.</summary>
public static class CareStates
{
    // A planned visit is none yet: care begins when the patient has arrived. Who is paused (on hold, suspended) has what who is done has.
    private const string Lines =
        """
        CareTeam        active       open
        CareTeam        suspended    grace
        CareTeam        inactive     grace
        Encounter       arrived      open
        Encounter       triaged      open
        Encounter       in-progress  open
        Encounter       onleave      open
        Encounter       finished     grace
        EpisodeOfCare   active       open
        EpisodeOfCare   onhold       grace
        EpisodeOfCare   finished     grace
        ServiceRequest  active       open
        ServiceRequest  on-hold      grace
        ServiceRequest  completed    grace
        """;

    private static readonly FrozenDictionary<(string Type, string Status), CareHold> Table = Lines.Split('\n')
        .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        .ToFrozenDictionary(words => (words[0], words[1]), words => Enum.Parse<CareHold>(words[2], ignoreCase: true));

    public static IEnumerable<string> Types => Table.Keys.Select(key => key.Type).Distinct(StringComparer.Ordinal);

    public static CareHold Of(string type, string? status) => status is null ? CareHold.None : Table.GetValueOrDefault((type, status));

    public static CareHold Of(Element resource) => AsksNobody(resource) ? CareHold.None : Of(resource.Type, resource["status"].Text);

    // https://hl7.org/fhir/R4/servicerequest-definitions.html#ServiceRequest.intent: these ask no one to act, and doNotPerform forbids it.
    private static bool AsksNobody(Element resource) =>
        resource.Type == "ServiceRequest" && (resource["intent"].Text is "proposal" or "plan" or "option" || resource["doNotPerform"].Text == "true");
}
