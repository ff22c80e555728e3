using System.Globalization;
using System.Text;
using System.Text.Json;
using Fhir.Server.Api.Identity;
using Fhir.Server.Store.Access;

namespace Fhir.Server.Api.Audit;

/// <summary>
/// The entities of an event: what it was about, what left with the answer, each patient concerned, the query (names only: values are not kept)
/// and the request. In BALP a type of 2 marks the one resource of a read or write, and the query of a search; all others have their resource type.
/// </summary>
internal static class AuditEntityJson
{
    private const string Kinds = "http://terminology.hl7.org/CodeSystem/audit-entity-type", Roles = "http://terminology.hl7.org/CodeSystem/object-role";
    private const string ResourceTypes = "http://hl7.org/fhir/resource-types", Requests = "https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType";

    public static void Write(Utf8JsonWriter json, AuditLine line, AuditView view)
    {
        var (about, others, patients) = (About(line, view), Others(line, view).ToList(), view.PatientsOf(line));
        var query = line.Act == AuditAct.Search ? $"{(line.Type < 0 ? "" : AccessTable.Name((int)line.Type))}?{line.ParameterNames}" : line.ParameterNames;
        if (about is null && others.Count == 0 && patients.Count == 0 && query is null && line.Request is null) return;
        json.WriteStartArray("entity");
        if (about is not null) Data(json, about, IsTheOne(line.Act) ? (Kinds, "2") : (ResourceTypes, line.Key!.Value.Type));
        foreach (var key in others) Data(json, key.ToString(), (ResourceTypes, key.Type));
        foreach (var patient in patients) Patient(json, view.Facts.KeyOf(patient)!.Value);
        if (query is not null && view.Sight.Tells(line)) Query(json, query, line.Act == AuditAct.Search);
        if (line.Request is { } request) Request(json, request);
        json.WriteEndArray();
    }

    private static bool IsTheOne(AuditAct act) => act is AuditAct.Create or AuditAct.Update or AuditAct.Delete or AuditAct.Read or AuditAct.VersionRead;

    private static string? About(AuditLine line, AuditView view)
    {
        if (line.Key is not { } key || !view.Sight.Tells(line)) return null;
        return line.Version > 0 ? string.Create(CultureInfo.InvariantCulture, $"{key}/_history/{line.Version}") : key.ToString();
    }

    private static IEnumerable<ResourceKey> Others(AuditLine line, AuditView view)
    {
        if (!view.Sight.Tells(line)) return [];
        var named = line.Body is { } body ? AuditFacts.InEvent(body).Select(key => view.Facts.RidOf(key.ToString())) : [];
        return line.Returned.Concat(named).Distinct().Where(view.Shows).Select(view.Facts.KeyOf).OfType<ResourceKey>().Where(key => key != line.Key);
    }

    private static void Data(Utf8JsonWriter json, string what, (string System, string Code) type)
    {
        json.WriteStartObject();
        json.Reference("what", what);
        json.Coding("type", type.System, type.Code);
        json.Coding("role", Roles, "4");
        json.WriteEndObject();
    }

    private static void Patient(Utf8JsonWriter json, ResourceKey patient)
    {
        json.WriteStartObject();
        json.Reference("what", patient.ToString());
        json.Coding("type", Kinds, "1");
        json.Coding("role", Roles, "1");
        json.WriteEndObject();
    }

    private static void Query(Utf8JsonWriter json, string names, bool isSearch)
    {
        json.WriteStartObject();
        if (isSearch) json.Coding("type", Kinds, "2");
        json.Coding("role", Roles, "24");
        json.WriteString("description", "The names of the parameters; their values are not kept.");
        json.WriteString("query", Convert.ToBase64String(Encoding.UTF8.GetBytes(names)));
        json.WriteEndObject();
    }

    private static void Request(Utf8JsonWriter json, string id)
    {
        json.WriteStartObject();
        json.Reference("what", null, (null, id));
        json.Coding("type", Requests, "XrequestId");
        json.WriteEndObject();
    }
}
