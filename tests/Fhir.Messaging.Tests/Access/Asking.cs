using System.Globalization;
using System.Text.Json.Nodes;
using Fhir.Server.Core.Definitions;

namespace Fhir.Messaging.Tests.AccessTests;

/// <summary>One request, in words that hold in two worlds.</summary>
public sealed record Request(string Method, string Path, string? Body = null, params (string Name, string Value)[] Headers)
{
    public override string ToString() => $"{Method} {Path} {string.Join(' ', Headers.Select(h => $"[{h.Name}: {h.Value}]"))} {Body}";
}

/// <summary>Makes up requests: every interaction, every kind of parameter, at what is seen, hidden and absent. One who reads her own log asks one thing at a time.</summary>
public sealed class Asking(IReadOnlyList<Fact> facts, IReadOnlySet<string> hidden, Chance chance, bool readsLog = false)
{
    private static readonly string[] Types = ["Patient", "Observation", "Encounter", "Condition", "MedicationRequest", "AllergyIntolerance", "CareTeam", "ServiceRequest", "Task", "Communication", "Consent", "List", "Appointment", "Schedule", "PractitionerRole", "Organization", "RelatedPerson", "Binary"];
    private static readonly string[] Hops = ["subject:Patient", "patient", "encounter", "performer:PractitionerRole", "for:Patient", "owner:PractitionerRole", "part-of", "sender:PractitionerRole", "general-practitioner:PractitionerRole", "organization", "link:Patient"];
    private readonly string[] _keys = [.. facts.Select(f => f.Key).Distinct(StringComparer.Ordinal)];
    private readonly string[] _hidden = [.. hidden];
    private readonly Dictionary<string, Fact> _last = facts.Where(f => f.Body is not null).GroupBy(f => f.Key, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Last(), StringComparer.Ordinal);
    private int _serial;

    public Request Next() => chance.Next(100) switch
    {
        < 12 => new("GET", $"/fhir/{Key()}", null, Maybe("If-None-Match", $"W/\"{chance.Between(1, 2)}\"")),
        < 16 => new("GET", $"/fhir/{Key()}/_history/{chance.Between(1, 3)}"),
        < 20 => new("GET", $"/fhir/{Key()}/_history{Shape("?", "_count=2", "_since=" + Moment(), "_at=" + Moment())}"),
        < 23 => new("GET", $"/fhir/{Type()}/_history{Shape("?", "_count=5", "_since=" + Moment())}"),
        < 25 => new("GET", $"/fhir/_history?_count={chance.Between(1, 20)}"),
        < 66 => Search(),
        < 70 => new("GET", $"/fhir/?_type={Type()},{Type()}&{chance.Of(["_lastUpdated=ge" + Moment(), "_id=" + Key().Split('/')[1], "_total=accurate"])}"),
        < 76 => Put(),
        < 79 => Patch(),
        < 82 => new("DELETE", $"/fhir/{Written()}", null, Maybe("If-Match", "W/\"1\"")),
        < 86 => Post(),
        < 90 => Bundle(),
        < 94 => Operation(),
        < 95 => Log(),
        < 97 => new("GET", chance.Of(["/fhir/" + OfType("Binary"), "/fhir/" + OfType("Binary") + "?_format=json", "/me"])),
        _ => new("POST", $"/fhir/{Type()}/$validate", Parameters(("resource", null, Changed(Written())))),
    };

    /// <summary>A look into the log: for most there is none.</summary>
    public Request Log()
    {
        var asked = Enumerable.Range(0, chance.Between(0, 2)).Select(_ => chance.Of(
        [
            $"patient={OfType("Patient")}", "patient=Patient/pt0", $"entity={Key()}", $"entity={OfType("Observation")}", $"entity-type={Type()}", $"action={chance.Of(["C", "R", "U", "D", "E"])}", "agent=Device/test",
            $"subtype={chance.Of(["read", "vread", "search", "history", "update", "inbox", "messages", "batch"])}", $"outcome={chance.Of(["0", "4"])}", $"date={chance.Of(["ge", "lt"])}{Moment()}", "_security=BTG", "type=rest",
        ]));
        return new("GET", $"/fhir/AuditEvent?{string.Join('&', asked.Append($"_count={chance.Of(["5", "50", "500"])}"))}");
    }

    private string Key() => chance.In(3) && _hidden.Length > 0 ? chance.Of(_hidden) : chance.In(10) ? $"{Type()}/nobody{chance.Next(3)}" : chance.Of(_keys);
    private string OfType(string type) => _keys.Where(k => k.StartsWith(type + "/", StringComparison.Ordinal)).ToArray() is { Length: > 0 } some ? chance.Of(some) : $"{type}/nobody";
    private string Type() => chance.Of(Types);

    // What opens or closes doors is not written here: the worlds would differ by more than what is hidden.
    private string Written()
    {
        for (; ; )
            if (Key() is var key && key.Split('/')[0] is not ("RelatedPerson" or "Consent" or "CareTeam" or "ServiceRequest" or "Encounter" or "EpisodeOfCare" or "Practitioner" or "PractitionerRole" or "Organization")) return key;
    }

    private static string Moment() => MadeUpClinic.Start.AddSeconds(40).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private (string, string)[] Maybe(string name, string value) => chance.In(2) ? [(name, value)] : [];

    private string Shape(string lead, params string[] some) => chance.In(2) ? lead + chance.Of(some) : "";

    // --- searches ---------------------------------------------------------------------------------------------------

    private Request Search()
    {
        var type = Type();
        var query = string.Join('&', Criteria(type).Concat(Results(type)));
        if (chance.In(8)) return new("GET", $"/fhir/{chance.Of([OfType("Patient"), OfType("Encounter"), "Practitioner/dr.jansen"])}/{chance.Of([type, "*", "Patient"])}?{string.Join('&', Results(type))}");
        return chance.In(6)
            ? new("POST", $"/fhir/{type}/_search", query, ("Content-Type", "application/x-www-form-urlencoded"))
            : new("GET", $"/fhir/{type}?{query}", null, Maybe("Prefer", "handling=lenient"));
    }

    private IEnumerable<string> Criteria(string type)
    {
        for (var i = chance.Between(0, 2); i > 0; i--)
            yield return chance.Next(6) switch
            {
                0 => Chain(type),
                1 => Has(),
                2 => chance.Of([$"_id={Key().Split('/')[1]},{Key().Split('/')[1]}", $"_lastUpdated={chance.Of(["ge", "lt", "eq", "gt"])}{Moment()}", $"_id:not={Key().Split('/')[1]}"]),
                _ => Plain(type),
            };
    }

    private string Chain(string type) => $"{chance.Of(Hops)}.{chance.Of([Plain("Patient"), Plain("Observation"), $"_id={Key().Split('/')[1]}", Plain("PractitionerRole"), "general-practitioner:PractitionerRole.organization=Organization/de-eik"])}{(type == "x" ? "!" : "")}";

    private string Has() => chance.Of([
        $"_has:Observation:{chance.Of(["patient", "subject", "encounter"])}:{Plain("Observation")}", $"_has:Condition:patient:{Plain("Condition")}", $"_has:CareTeam:patient:{Plain("CareTeam")}",
        $"_has:Communication:subject:{Plain("Communication")}", $"_has:Communication:part-of:{Plain("Communication")}", $"_has:Task:patient:{Plain("Task")}", $"_has:Observation:patient:encounter.{Plain("Encounter")}",
        $"_has:PractitionerRole:organization:_has:Observation:performer:{Plain("Observation")}", $"_has:Patient:link:{Plain("Patient")}"]);

    private string Plain(string type)
    {
        var some = DefinitionSet.R4.SearchParameters(type).Where(p => p.Expression is not null && p.Type != SearchParameterType.Special).ToList();
        var parameter = chance.Of(some);
        return chance.In(8) ? $"{parameter.Code}:missing={(chance.In(2) ? "true" : "false")}" : $"{parameter.Code}{Value(parameter)}";
    }

    private string Value(SearchParameterDefinition parameter) => parameter.Type switch
    {
        SearchParameterType.Token => (chance.In(4) ? ":not=" : "=") + chance.Of([.. MadeUpClinic.ObservationCodes, .. MadeUpClinic.ConditionCodes, .. MadeUpClinic.Statuses, "active", "true", "female", "requested", "|AMB", "90000000" + chance.Next(9), "low", "V", "de"]),
        SearchParameterType.String => chance.Of(["=", ":exact=", ":contains="]) + chance.Of([.. MadeUpClinic.Families, .. MadeUpClinic.Givens, .. MadeUpClinic.Cities, "a", "Visites"]),
        SearchParameterType.Reference => chance.In(6) ? ":identifier=900000001" : "=" + chance.Of([Key(), OfType("Patient"), OfType("Encounter"), "PractitionerRole/dr.bakker", "Organization/rijnmond", Key().Split('/')[1]]),
        SearchParameterType.Date => $"={chance.Of(["", "ge", "lt", "sa", "ne", "ap"])}{chance.Of(["2025", "2025-06", "2025-03-14", "1975", "2026-03-02"])}",
        SearchParameterType.Quantity => $"={chance.Of(["", "gt", "le", "ne"])}{chance.Between(1, 20)}{chance.Of(["", "||mmol/L", "|http://unitsofmeasure.org|mmol/L"])}",
        SearchParameterType.Number => $"={chance.Of(["", "gt", "le"])}{chance.Between(0, 5)}",
        SearchParameterType.Uri => "=http://example.org/x",
        SearchParameterType.Composite => $"={chance.Of(MadeUpClinic.ObservationCodes)}$gt3",
        _ => "=x",
    };

    private IEnumerable<string> Results(string type)
    {
        for (var i = chance.Between(0, 2); i > 0; i--)
            yield return chance.Next(9) switch
            {
                0 => $"_count={chance.Between(0, 5)}",
                1 => "_total=accurate",
                2 => "_summary=" + chance.Of(["count", "true", "data", "text"]),
                3 => "_elements=" + chance.Of(["id", "status,code", "name", "subject"]),
                4 => $"_include{(chance.In(3) ? ":iterate" : "")}={chance.Of(["*", $"{type}:*", $"{type}:patient", $"{type}:subject:Patient", "Patient:general-practitioner", "Patient:link", "Observation:encounter", "Communication:part-of", "Appointment:patient"])}",
                5 or 6 => $"_revinclude{(chance.In(3) ? ":iterate" : "")}={chance.Of(["Observation:patient", "Observation:encounter", "Condition:subject", "Communication:subject", "Communication:part-of", "Task:patient", "CareTeam:patient", "Patient:link", "Appointment:patient", "Patient:general-practitioner", "Observation:*"])}",
                _ => "_sort=" + chance.Of(["_lastUpdated", "-_lastUpdated", "_id", "-date", "date", "patient", "-subject", "status", "name", "birthdate", "-family", "value-quantity", "encounter", "address-city", "general-practitioner"]),
            };
    }

    // --- writes -----------------------------------------------------------------------------------------------------

    private Request Put()
    {
        var key = Written();
        return new("PUT", $"/fhir/{key}", Changed(key), Maybe(chance.In(3) ? "If-None-Match" : "If-Match", chance.In(3) ? "*" : $"W/\"{chance.Between(1, 3)}\""));
    }

    private string Changed(string key)
    {
        var body = _last.TryGetValue(key, out var fact) ? (JsonObject)fact.Body!.DeepClone() : new JsonObject { ["resourceType"] = key.Split('/')[0], ["id"] = key.Split('/')[1] };
        body["implicitRules"] = $"urn:oid:1.2.{_serial++}";
        if (chance.In(5) && body["subject"] is not null) body["subject"] = new JsonObject { ["reference"] = OfType("Patient") };
        return body.ToJsonString();
    }

    private Request Patch() => new("PATCH", $"/fhir/{Written()}",
        """{"resourceType":"Parameters","parameter":[{"name":"operation","part":[{"name":"type","valueCode":"replace"},{"name":"path","valueString":"Observation.status"},{"name":"value","valueCode":"amended"}]}]}""", Maybe("If-Match", "W/\"1\""));

    private Request Post() => chance.Next(6) switch
    {
        4 => new("POST", "/fhir/Binary", "%PDF-1.4\n%%EOF", ("Content-Type", "application/pdf"), ("X-Security-Context", OfType("Patient"))),
        5 => new("PUT", $"/fhir/{OfType("Binary")}", "Nieuw.", ("Content-Type", "text/plain")),
        0 => new("POST", "/fhir/Patient", $$"""{"resourceType":"Patient","identifier":[{"system":"{{ClinicUrls.Bsn}}","value":"90000000{{chance.Next(9)}}"}],"name":[{"family":"Nieuw"}]}""", ("If-None-Exist", $"identifier={ClinicUrls.Bsn}|90000000{chance.Next(9)}")),
        1 => new("POST", "/fhir/Observation", NewObservation(), ("If-None-Exist", chance.Of([$"patient={OfType("Patient")}&code={chance.Of(MadeUpClinic.ObservationCodes)}", $"_id={OfType("Observation").Split('/')[1]}", $"patient.name={Uri.EscapeDataString(chance.Of(MadeUpClinic.Families))}"]))),
        2 => new("POST", "/fhir/Observation", NewObservation()),
        _ => new("POST", "/fhir/Task", $$"""{"resourceType":"Task","status":"requested","intent":"order","for":{"reference":"{{OfType("Patient")}}"},"focus":{"reference":"{{Key()}}"} }"""),
    };

    private string NewObservation() => $$"""{"resourceType":"Observation","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"{{chance.Of(MadeUpClinic.ObservationCodes)}}"}]},"subject":{"reference":"{{OfType("Patient")}}"},"encounter":{"reference":"{{OfType("Encounter")}}"} }""";

    private Request Bundle()
    {
        var (isBatch, writes, made) = (chance.In(2), 0, 0);
        // Entries of a batch are done together, in no order that could be compared: one of them writes, and the log has their lines as they came.
        var entries = Enumerable.Range(0, isBatch && readsLog ? 1 : chance.Between(1, 4)).Select(_ => (chance.Next(isBatch ? 5 : 4) is > 1 and var kind && (!isBatch || writes++ == 0) ? kind : chance.Next(2)) switch
        {
            0 => Entry("GET", Key(), null),
            1 => Entry("GET", $"{Type()}?{string.Join('&', Criteria(Type()))}", null),
            2 when made++ == 0 => Entry("POST", "Observation", NewObservation()),   // two that are made at one moment have ids in no order
            2 => Entry("GET", Key(), null),
            3 => Entry("PUT", Written() is var key ? key : "", Changed(key)),
            _ => Entry("DELETE", Written(), null),
        });
        return new("POST", "/fhir/", $$"""{"resourceType":"Bundle","type":"{{(isBatch ? "batch" : "transaction")}}","entry":[{{string.Join(',', entries)}}]}""");
    }

    private static string Entry(string method, string url, string? resource)
    {
        var entry = new JsonObject { ["request"] = new JsonObject { ["method"] = method, ["url"] = url } };
        if (resource is not null) entry["resource"] = JsonNode.Parse(resource);
        return entry.ToJsonString();
    }

    private Request Operation()
    {
        var thread = facts.Where(f => f.Thread == f.Id && f.Thread is not null).Select(f => f.Id).ToList() is { Count: > 0 } threads && !chance.In(8) ? chance.Of(threads) : "nobody";
        return chance.Next(8) switch
        {
            0 => new("GET", "/fhir/Communication/$inbox"),
            1 or 2 => new("GET", $"/fhir/Communication/{thread}/$messages?after-seq={chance.Next(2)}"),
            3 => new("POST", $"/fhir/Communication/{thread}/$send-message", Parameters(("text", "valueString", "Ja."), ("client-id", "valueString", $"c{_serial++}"))),
            4 => new("POST", $"/fhir/Communication/{thread}/$mark-read", """{"resourceType":"Parameters","parameter":[{"name":"seq","valueInteger":1}]}"""),
            5 => new("POST", $"/fhir/Communication/{thread}/$close-thread", Parameters(("summary", "valueString", "Klaar."))),
            6 => new("POST", "/fhir/Communication/$open-thread", $$"""{"resourceType":"Parameters","parameter":[{"name":"subject","valueReference":{"reference":"{{OfType("Patient")}}"} },{"name":"recipient","valueReference":{"reference":"{{chance.Of(MadeUpClinic.Clinicians).Reference}}"} },{"name":"topic","valueString":"x"},{"name":"category","valueCode":"advice"}]}"""),
            _ => new("GET", $"/fhir/{Key()}/{chance.Of(["$validate", "$everything"])}"),
        };
    }

    private static string Parameters(params (string Name, string? Type, string Value)[] all) => new JsonObject
    {
        ["resourceType"] = "Parameters",
        ["parameter"] = new JsonArray([.. all.Select(p => p.Type is null ? new JsonObject { ["name"] = p.Name, ["resource"] = JsonNode.Parse(p.Value) } : new JsonObject { ["name"] = p.Name, [p.Type] = p.Value })]),
    }.ToJsonString();
}
