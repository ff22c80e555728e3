using System.Text.Json;
using System.Text.Json.Nodes;

namespace Fhir.Server.Store.Audit;

/// <summary>
/// An AuditEvent that a system posted, as it is shown. The row keeps it as it came; shown is what it says behind who really posted it: the first
/// agent and the source are ours and nobody's word, whatever it says there itself stands among its other agents.
/// </summary>
public static class PostedEvent
{
    private const string Participation = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType", Dicom = "http://dicom.nema.org/resources/ontology/DCM";

    public static byte[] Shown(ReadOnlyMemory<byte> posted, AuditAgent by)
    {
        var shown = JsonNode.Parse(posted.Span)!.AsObject();
        var agents = new JsonArray(Poster(by));
        if (by.Organization is { } organization) agents.Add(Agent("http://terminology.hl7.org/CodeSystem/v3-RoleClass", "PROV", new JsonObject { ["reference"] = organization }));
        foreach (var agent in shown["agent"]?.AsArray() ?? []) agents.Add(agent?.DeepClone());
        if (shown["source"]?["observer"] is { } observer) agents.Add(Agent(Dicom, "110153", observer.DeepClone()));
        (shown["agent"], shown["source"]) = (agents, new JsonObject { ["observer"] = Who(by) });
        return JsonSerializer.SerializeToUtf8Bytes(shown);
    }

    private static JsonObject Poster(AuditAgent by)
    {
        var poster = Agent(Participation, "AUT", Who(by));
        if (by.Network is { } address) poster["network"] = new JsonObject { ["address"] = address, ["type"] = "2" };   // https://hl7.org/fhir/R4/valueset-network-type.html
        return poster;
    }

    private static JsonObject Who(AuditAgent by)
    {
        var identifier = new JsonObject { ["value"] = by.Who ?? "unknown" };
        if (by.Issuer is { } issuer) identifier.Insert(0, "system", issuer);
        return new() { ["identifier"] = identifier };
    }

    private static JsonObject Agent(string system, string code, JsonNode who) => new()
    {
        ["type"] = new JsonObject { ["coding"] = new JsonArray(new JsonObject { ["system"] = system, ["code"] = code }) },
        ["who"] = who,
        ["requestor"] = false,
    };
}
