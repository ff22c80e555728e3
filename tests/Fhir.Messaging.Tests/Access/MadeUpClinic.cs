using System.Globalization;
using System.Text.Json.Nodes;

namespace Fhir.Messaging.Tests.AccessTests;

/// <summary>A clinic that a seed makes up: practices, patients, records with histories, care, threads, consents and labels. The facts stand in the order in which they are written.</summary>
public sealed class MadeUpClinic
{
    public static readonly DateTimeOffset Start = new(2026, 3, 2, 8, 0, 0, TimeSpan.Zero);
    public static readonly string[] Families = ["Dijk", "Jansen", "Peeters", "de Boer", "Ünal", "Smit"], Givens = ["Anna", "Bram", "Cem", "Dirk"], Cities = ["Assen", "Breda", "Delft"];
    public static readonly string[] ObservationCodes = ["8480-6", "29463-7", "2339-0", "718-7"], ConditionCodes = ["T90", "P76", "K86"];
    public static readonly string[] Medications = ["metoprolol", "sertraline"];
    public static readonly string[] Statuses = ["final", "preliminary", "amended"];

    public static readonly Somebody Gp = new("dr.jansen", "gp", "de-linde"), Assistant = new("s.dewit", "assistant", "de-linde"), CompanyDoctor = new("dr.devries", "company-doctor", "arbodienst-oost"),
        Specialist = new("dr.bakker", "specialist", "rijnmond"), OtherGp = new("dr.smit", "gp", "de-eik"), Pharmacist = new("a.visser", "pharmacist", "apotheek"),
        Nurse = new("n.mol", "practice-nurse", "de-linde"), Psychologist = new("p.vos", "psychologist", "de-eik");

    public static readonly Somebody[] Clinicians = [Gp, Assistant, CompanyDoctor, Specialist, OtherGp, Pharmacist, Nurse, Psychologist];
    public static readonly string[] Practices = ["de-linde", "de-eik", "rijnmond"];

    private readonly Chance _chance;
    private readonly List<Fact> _facts = [];
    private readonly List<(string Id, string Home)> _patients = [];
    private int _slot, _next;

    private MadeUpClinic(int seed) => _chance = new(seed);

    public static IReadOnlyList<Fact> Of(int seed, int patients = 12)
    {
        var clinic = new MadeUpClinic(seed);
        clinic.Furniture();
        clinic.Staff();
        for (var i = 0; i < patients; i++) clinic.Patient();
        foreach (var (id, home) in clinic._patients) clinic.Record(id, home);
        clinic.Shared();
        clinic.Later();
        return clinic._facts;
    }

    // What each test clinic has from the start, as far as anyone can find it.
    private void Furniture()
    {
        foreach (var id in (string[])["de-linde", "arbodienst-oost", "rijnmond"]) Stands("Organization", id, null, "{}");
        foreach (var person in Clinicians.Where(IsFurnished))
        {
            Stands("Practitioner", person.Name, null, "{}");
            Stands("PractitionerRole", person.Name, null, "{}");
        }
        foreach (var (id, bsn) in ((string, string)[])[("p1", "999990019"), ("p2", "999911120")])
            Stands("Patient", id, "de-linde", $$"""{"identifier":[{"system":"{{ClinicUrls.Bsn}}","value":"{{bsn}}"}],"name":[{"family":"Dijk","given":["Marieke"]}],"gender":"female","birthDate":"1975-03-18"}""");
    }

    private void Stands(string type, string id, string? home, string body) => _facts.Add(new(-1, type, id, JsonNode.Parse(body)!.AsObject()) { Home = home, Stands = true });

    private static bool IsFurnished(Somebody person) => person.Name is "dr.jansen" or "s.dewit" or "dr.devries" or "dr.bakker";

    private void Staff()
    {
        foreach (var (id, name) in ((string, string)[])[("de-eik", "Huisartsenpraktijk De Eik"), ("apotheek", "Apotheek Noord")])
            Say("Organization", id, null, $$""" "active":true,"name":"{{name}}" """);
        foreach (var person in Clinicians.Where(c => !IsFurnished(c)))
        {
            Say("Practitioner", person.Name, null, $$""" "name":[{"family":"{{person.Name}}"}] """);
            Say("PractitionerRole", person.Name, null,
                $$"""
                "active":true,"practitioner":{"reference":"Practitioner/{{person.Name}}"},"organization":{"reference":"Organization/{{person.Organization}}"},
                "code":[{"coding":[{"system":"{{ClinicUrls.ClinicRole}}","code":"{{person.Role}}"}]}]
                """);
        }
    }

    private void Patient()
    {
        var (id, home) = ($"pt{_patients.Count}", _patients.Count < 5 ? "de-linde" : _chance.Of(Practices));
        _patients.Add((id, home));
        var link = _patients.Count > 1 && _chance.In(5) ? $$""","link":[{"other":{"reference":"Patient/{{_chance.Of(_patients).Id}}"},"type":"seealso"}]""" : "";
        Say("Patient", id, home,
            $$"""
            "identifier":[{"system":"{{ClinicUrls.Bsn}}","value":"{{(900000000 + _patients.Count).ToString(CultureInfo.InvariantCulture)}}"}],"active":{{(_chance.In(6) ? "false" : "true")}},
            "name":[{"family":"{{_chance.Of(Families)}}","given":["{{_chance.Of(Givens)}}"]}],"gender":"{{_chance.Of((string[])["female", "male", "other"])}}",
            "birthDate":"19{{_chance.Between(40, 99)}}-0{{_chance.Between(1, 9)}}-1{{_chance.Between(0, 9)}}","address":[{"city":"{{_chance.Of(Cities)}}"}],
            "generalPractitioner":[{"reference":"PractitionerRole/{{_chance.Of(Clinicians).Name}}"}],"managingOrganization":{"reference":"Organization/{{home}}"}{{link}}
            """, label: 0);
    }

    private void Record(string patient, string home)
    {
        var subject = $$""" "subject":{"reference":"Patient/{{patient}}"} """;
        var encounter = _chance.In(2) ? Encounter(home, subject) : null;
        for (var i = _chance.Between(2, 5); i > 0; i--) Observation(patient, home, encounter);
        for (var i = _chance.Between(0, 2); i > 0; i--)
            Say("Condition", Id("con"), Writer(home), $$""" {{subject}},"code":{"coding":[{"system":"http://hl7.org/fhir/sid/icpc-1-nl","code":"{{_chance.Of(ConditionCodes)}}"}]},"recordedDate":"{{Day()}}" """);
        for (var i = _chance.Between(0, 2); i > 0; i--)
            Say("MedicationRequest", Id("med"), Writer(home), $$""" "status":"active","intent":"order",{{subject}},{{Medication(_chance.Of(Medications))}},"requester":{"reference":"PractitionerRole/{{_chance.Of(Clinicians).Name}}"} """);
        if (_chance.In(2)) Say("AllergyIntolerance", Id("all"), Writer(home), $$""" "patient":{"reference":"Patient/{{patient}}"},"code":{"text":"penicilline"},"criticality":"{{_chance.Of((string[])["low", "high"])}}" """);
        if (_chance.In(2)) Say("CareTeam", Id("team"), Writer(home), $$""" "status":"{{(_chance.In(4) ? "inactive" : "active")}}",{{subject}},"participant":[{"member":{"reference":"{{_chance.Of(Clinicians).Reference}}"} },{"member":{"reference":"{{_chance.Of(Clinicians).Reference}}"} }] """, label: 0);
        if (_chance.In(3)) Say("ServiceRequest", Id("ref"), Writer(home), $$""" "status":"{{(_chance.In(4) ? "completed" : "active")}}","intent":"order",{{subject}},"performer":[{"reference":"{{_chance.Of(Clinicians).Reference}}"}] """, label: 0);
        if (_chance.In(2)) Say("Task", Id("task"), Writer(home), $$""" "status":"requested","intent":"order","for":{"reference":"Patient/{{patient}}"},"owner":{"reference":"{{_chance.Of(Clinicians).Reference}}"},"description":"{{_chance.Of(Families)}}" """);
        if (_chance.In(2)) Say("Binary", Id("bin"), Writer(home), $$""" "contentType":"text/plain","data":"{{_chance.Of((string[])["RGlqaw==", "U21pdA==", "w5xuYWw="])}}"{{(_chance.In(3) ? "" : $$""","securityContext":{"reference":"Patient/{{patient}}"}""")}} """);
        Say("RelatedPerson", patient.Replace("pt", "rp", StringComparison.Ordinal), home, $$""" "active":true,"patient":{"reference":"Patient/{{patient}}"} """, label: 0);
        Threads(patient, home);
    }

    // Some stand inside the request itself.
    private string Medication(string code) => _chance.In(2) ? $$""" "medicationCodeableConcept":{"text":"{{code}}"} """
        : $$""" "medicationReference":{"reference":"#m"},"contained":[{"resourceType":"Medication","id":"m","status":"{{_chance.Of((string[])["active", "inactive"])}}","code":{"coding":[{"system":"urn:med","code":"{{code}}"}]} }] """;

    // A visit that is going on gives care; one that was planned does not.
    private string Encounter(string home, string subject)
    {
        var now = _chance.In(2);
        var period = now ? """ "period":{"start":"2025-03-02"} """ : $$""" "period":{"start":"2025-03-{{_chance.Between(1, 28):00}}","end":"2025-04-{{_chance.Between(1, 28):00}}"} """;
        return Say("Encounter", Id("enc"), Writer(home),
            $$"""
            "status":"{{(now ? "in-progress" : "planned")}}","class":{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"AMB"},{{subject}},{{period}},
            "participant":[{"individual":{"reference":"{{_chance.Of(Clinicians).Reference}}"} }]
            """, label: 0);
    }

    private void Observation(string patient, string home, string? encounter)
    {
        var at = encounter is null ? "" : $$""","encounter":{"reference":"Encounter/{{encounter}}"}""";
        Say("Observation", Id("obs"), Writer(home),
            $$"""
            "status":"{{_chance.Of(Statuses)}}","category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"{{_chance.Of((string[])["vital-signs", "laboratory"])}}"}]}],
            "code":{"coding":[{"system":"http://loinc.org","code":"{{_chance.Of(ObservationCodes)}}"}]},"subject":{"reference":"Patient/{{patient}}"}{{at}},
            "effectiveDateTime":"{{Day()}}","performer":[{"reference":"{{_chance.Of(Clinicians).Reference}}"}],"valueQuantity":{"value":{{_chance.Between(1, 20)}},"unit":"mmol/L","system":"http://unitsofmeasure.org","code":"mmol/L"}
            """);
    }

    // A consent where one is needed, the header, and some messages. Presumed consent lets the others in.
    private void Threads(string patient, string home)
    {
        var sender = Clinicians.Where(c => c.Organization == home && c.Role is "gp" or "specialist").FirstOrDefault(c => c.Organization == home);
        if (sender is null || !_chance.In(3, 2)) return;
        var to = _chance.Of(Clinicians.Where(c => c != sender && c.Role is not "assistant").ToList());
        if (to == CompanyDoctor) Consent(patient, home, to, "permit", Day(), "2027-01-01");
        var header = Id("thr");
        Say("Communication", header, home,
            $$"""
            "status":"in-progress","category":[{"coding":[{"system":"{{ClinicUrls.ThreadCategory}}","code":"advice"}]}],"priority":"{{_chance.Of((string[])["routine", "urgent"])}}",
            "subject":{"reference":"Patient/{{patient}}"},"topic":{"text":"Overleg"},"sent":"2026-03-02T08:00:00.000Z","recipient":[{"reference":"{{to.Reference}}"}],"sender":{"reference":"{{sender.Reference}}"}
            """, label: 0, thread: header);
        if (_chance.In(2)) Deny(patient, home, _chance.Of(Clinicians.Where(c => c != sender && c != to).ToList()));
        for (var i = _chance.Between(1, 3); i > 0; i--)
            Say("Communication", Id("msg"), home,
                $$"""
                "status":"completed","partOf":[{"reference":"Communication/{{header}}"}],"subject":{"reference":"Patient/{{patient}}"},"sent":"2026-03-02T08:00:00.000Z",
                "sender":{"reference":"{{(_chance.In(2) ? sender : to).Reference}}"},"payload":[{"contentString":"{{_chance.Of(Families)}}?"}]
                """, label: 0, thread: header);
    }

    // Whom the patient does not want to read along: never one of the thread, whose place in it is another question.
    private void Deny(string patient, string home, Somebody actor) => Consent(patient, home, actor, "deny", "2026-01-01", "2027-01-01");

    private void Consent(string patient, string home, Somebody actor, string type, string from, string until) =>
        Say("Consent", Id("cst"), home,
            $$"""
            "status":"active","scope":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/consentscope","code":"patient-privacy"}]},"category":[{"coding":[{"system":"http://loinc.org","code":"59284-0"}]}],
            "patient":{"reference":"Patient/{{patient}}"},"performer":[{"reference":"Patient/{{patient}}"}],"policyRule":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"OPTIN"}]},
            "provision":{"type":"{{type}}","period":{"start":"{{from}}","end":"{{until}}"},"actor":[{"role":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ParticipationType","code":"IRCP"}]},"reference":{"reference":"{{actor.Reference}}"} }],
            "purpose":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActReason","code":"TREAT"}]}
            """, label: 0);

    // What belongs to organisations, and what is about several patients.
    private void Shared()
    {
        foreach (var practice in Practices)
        {
            Say("Schedule", Id("sched"), practice, $$""" "actor":[{"reference":"{{Clinicians.First(c => c.Organization == practice).Reference}}"}],"comment":"{{practice}}" """, label: 0);
            var (one, other) = (_chance.Of(_patients).Id, _chance.Of(_patients).Id);
            Say("List", Id("list"), practice, """ "status":"current","mode":"working","title":"Visites" """, label: 0);
            Say("Appointment", Id("app"), practice, $$""" "status":"booked","participant":[{"actor":{"reference":"Patient/{{one}}"},"status":"accepted"},{"actor":{"reference":"Patient/{{other}}"},"status":"accepted"}] """, label: 0);
        }
    }

    // Updates and deletes: what is hidden must be so in histories too.
    private void Later()
    {
        foreach (var fact in _facts.Where(f => !f.Stands && f.Type is "Observation" or "Condition" or "Task" or "Patient" or "Encounter" or "Binary").ToList())
        {
            if (!_chance.In(3)) continue;
            var body = (JsonObject)fact.Body!.DeepClone();
            body["language"] = _chance.Of((string[])["nl", "fr", "en"]);
            if (fact.Type == "Observation") body["status"] = _chance.Of(Statuses);
            Add(fact with { Body = body });
            if (fact.Type is "Observation" or "Condition" && _chance.In(3)) Add(fact with { Body = null });
        }
    }

    private string Writer(string home) => _chance.In(6) ? _chance.Of(Practices) : home;
    private string Id(string kind) => $"{kind}{_next++}";
    private string Day() => $"2025-{_chance.Between(1, 12):00}-{_chance.Between(1, 28):00}";

    private string Say(string type, string id, string? home, string content, int? label = null, string? thread = null)
    {
        var body = JsonNode.Parse($$"""{"resourceType":"{{type}}","id":"{{id}}",{{content}}}""")!.AsObject();
        if (label is null && _chance.In(5)) body["meta"] = JsonNode.Parse($$"""{"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-Confidentiality","code":"{{_chance.Of((string[])["R", "V"])}}"}]}""");
        Add(new(0, type, id, body) { Home = home, Thread = thread });
        return id;
    }

    // Four or so of a second: some share their moment.
    private void Add(Fact fact)
    {
        if (_chance.In(4) || _facts.Any(f => f.Slot == _slot && f.Key == fact.Key)) _slot++;
        _facts.Add(fact with { Slot = _slot });
    }
}
