using System.Reflection;
using System.Text;
using System.Text.Json.Nodes;
using Fhir.Messaging.Realtime;
using Fhir.Messaging.Tests.Clinic;
using Fhir.Server.Api.Identity;
using Fhir.Server.Api.Tests;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Tests;
using Microsoft.AspNetCore.Routing;
using Op = Fhir.Messaging.Tests.Clinic.Threads;

namespace Fhir.Messaging.Tests.AccessTests;

/// <summary>Every route × role × own, foreign and absent: what comes of it stands in matrix.txt. The routes are those of the running endpoints.</summary>
public abstract class MatrixContract
{
    private static readonly Somebody Locum = new("l.was", "locum", "de-linde"), Proxy = new("rp", "proxy", null), Psychologist = new("p.roos", "psychologist", "de-linde"),
        Midwife = new("m.kok", "midwife", "de-linde"), Paramedic = new("f.bos", "paramedic", "de-linde"), OutOfHours = new("o.nacht", "out-of-hours", "hap");

    private static readonly (string Name, Somebody? Who)[] Roles =
    [
        ("anonymous", null), ("gp", MadeUpClinic.Gp), ("locum-gone", Locum), ("company-doctor", MadeUpClinic.CompanyDoctor), ("specialist", MadeUpClinic.Specialist), ("assistant", MadeUpClinic.Assistant),
        ("nurse", MadeUpClinic.Nurse), ("psychologist", Psychologist), ("midwife", Midwife), ("paramedic", Paramedic), ("out-of-hours", OutOfHours), ("pharmacist", MadeUpClinic.Pharmacist), ("patient", new("mine", "patient", null)), ("proxy", Proxy), ("administrator", new("admin", "administrator", null)),
        ("privacy-officer", new("privacy", "privacy-officer", null)), ("practice-system", new("his-delinde", "practice-system", "de-linde")), ("integrator", new("integrator", "integrator", null)),
    ];

    protected abstract Task<TenantDatabase> EmptyAsync();

    [Fact]
    public async Task H1_The_matrix_is_as_the_table_says_and_foreign_is_as_absent()
    {
        await using var world = await World.OpenAsync(EmptyAsync, [.. LeakListContract.Stage.Facts(), .. Staff()]);
        async Task<string> OpenAsync(Somebody by, string patient) => TestClinic.Ok(await Op.Open(new(world.Clinic.Url, world.TokenOf(by)), patient, ["dr.smit"], "Vraag?"), 201).Id;
        (var own, var foreign) = (await OpenAsync(MadeUpClinic.Gp, "Patient/mine"), await OpenAsync(MadeUpClinic.Specialist, "Patient/theirs"));
        (var ownToClose, var foreignToClose) = (await OpenAsync(MadeUpClinic.Gp, "Patient/mine"), await OpenAsync(MadeUpClinic.Specialist, "Patient/theirs"));
        world.Tick();
        var (lines, betrayals) = (new List<string>(), new List<string>());
        foreach (var (method, pattern) in RoutesOf(world))
        {
            var probe = Probes.Of(method, pattern);
            var (mine, theirs) = pattern.EndsWith("$close-thread", StringComparison.Ordinal) ? (ownToClose, foreignToClose) : (own, foreign);
            foreach (var (name, who) in Roles.Append(("other-tenant", MadeUpClinic.Gp)))
            {
                var client = new Client(world.Clinic.Url, name == "other-tenant" ? Foreign(world) : who is null ? null : world.TokenOf(who));
                var got = new List<Got>();
                foreach (var target in probe.HasTarget ? (string[])["own", "foreign", "absent"] : ["own"]) got.Add(await AskAsync(client, method, probe, target, mine, theirs));
                lines.Add($"{method,-6} {pattern,-44} {name,-16} {string.Join(' ', got.Select(g => Told(g, pattern)))}");
                if (probe.HasTarget && !Knows(name, pattern) && Differ(world, got[1], got[2], theirs) is { } difference) betrayals.Add($"{lines[^1]}\n{difference}");
            }
        }
        Assert.True(betrayals.Count == 0, string.Join("\n\n", betrayals.Take(5)));
        Compare(string.Join('\n', lines) + "\n");
    }

    // The integrator sees all, theirs is the specialist's own, and the log is the privacy officer's.
    private static bool Knows(string role, string pattern) => role is "integrator" or "specialist" || (role == "privacy-officer" && pattern.Contains("AuditEvent", StringComparison.Ordinal));

    // The status, and of a searchset how many were found, of a batch how its entry was answered.
    private static string Told(Got got, string pattern)
    {
        if (got.Code != 200 || pattern.Contains("AuditEvent", StringComparison.Ordinal) || !got.Text.StartsWith("""{"resourceType":"Bundle""", StringComparison.Ordinal)) return $"{got.Code}";
        return (string?)got.Json["type"] switch
        {
            "searchset" => $"200:{got.Json["entry"]?.AsArray().Count ?? 0}",
            "batch-response" => $"200:{((string?)got.Json["entry"]![0]!["response"]!["status"])?[..3]}",
            _ => "200",
        };
    }

    [Fact]
    public void H1_Every_hub_method_is_known() =>
        Assert.Equal(["OnConnectedAsync", "OnDisconnectedAsync", "Resume"],
            typeof(MessagingHub).GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly).Select(m => m.Name).Order(StringComparer.Ordinal));

    private static IEnumerable<(string Method, string Pattern)> RoutesOf(World world)
    {
        var all = world.Clinic.Get<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>().ToList();
        Assert.Empty(all.Where(e => e.Metadata.GetMetadata<Right>() is null).Select(e => e.RoutePattern.RawText));
        return all.SelectMany(e => (e.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["GET"]).Where(m => m is not ("HEAD" or "OPTIONS")).Select(m => (m, e.RoutePattern.RawText!)))
            .Distinct().OrderBy(r => r.Item2, StringComparer.Ordinal).ThenBy(r => r.m, StringComparer.Ordinal);
    }

    private static Task<Got> AskAsync(Client client, string method, Probe probe, string target, string own, string foreign)
    {
        string Filled(string text) => text.Replace("THREAD", target switch { "own" => own, "foreign" => foreign, _ => "nobody" }, StringComparison.Ordinal)
            .Replace("PATIENT", target switch { "own" => "mine", "foreign" => "theirs", _ => "nobody" }, StringComparison.Ordinal)
            .Replace("UNIQUE", $"{client.GetHashCode()}", StringComparison.Ordinal);
        return client.SendBytes(method, Filled(probe.Path), probe.Body is null ? null : Encoding.UTF8.GetBytes(Filled(probe.Body)), probe.ContentType, [.. probe.Headers.Select(h => (h.Name, Filled(h.Value))), ("X-Request-Id", "matrix")]);
    }

    private static string? Differ(World world, Got foreign, Got absent, string thread)
    {
        string Plain(Got got, string id) => new Likeness(world.Clinic.Url).Of(got with { Text = got.Text.Replace(id, "ID", StringComparison.Ordinal) }).Replace(id, "ID", StringComparison.Ordinal);
        var (one, two) = (Plain(foreign, foreign.Text.Contains(thread, StringComparison.Ordinal) ? thread : "theirs"), Plain(absent, "nobody"));
        return one == two ? null : $"foreign: {one}\nabsent: {two}";
    }

    // A token as another tenant would issue it: signed by a key of its own.
    private static string Foreign(World world) => new TokenIssuer(new(System.Security.Cryptography.ECDsa.Create(System.Security.Cryptography.ECCurve.NamedCurves.nistP256)), world.Clinic.Get<TokenNames>(), world.Clinic.Get<Fhir.Server.Api.ApiSettings>(), world.Clinic.Get<TimeProvider>())
        .Issue(new("dr.jansen", "user/*.cruds", TimeSpan.FromMinutes(5)) { PractitionerRole = "PractitionerRole/dr.jansen" });

    private static IEnumerable<Fact> Staff()
    {
        foreach (var (person, more) in ((Somebody, string)[])[(MadeUpClinic.Nurse, ""), (Psychologist, ""), (Midwife, ""), (Paramedic, ""), (OutOfHours, ""), (MadeUpClinic.Pharmacist, ""), (Locum with { Role = "gp" }, ""","period":{"end":"2026-01-31"}""")])
        {
            yield return Of("Practitioner", person.Name, """ "active":true """);
            yield return Of("PractitionerRole", person.Name,
                $$"""
                "active":true,"practitioner":{"reference":"Practitioner/{{person.Name}}"},"organization":{"reference":"Organization/{{person.Organization}}"},
                "code":[{"coding":[{"system":"{{ClinicUrls.ClinicRole}}","code":"{{person.Role}}"}]}]{{more}}
                """);
        }
        yield return Of("Organization", "apotheek", """ "active":true,"name":"Apotheek" """);
        yield return Of("Organization", "hap", """ "active":true,"name":"Huisartsenpost" """);
        yield return Of("RelatedPerson", "rp", """ "active":true,"patient":{"reference":"Patient/mine"} """) with { Home = "de-linde" };
    }

    private static Fact Of(string type, string id, string content) => new(0, type, id, JsonNode.Parse($$"""{"resourceType":"{{type}}","id":"{{id}}",{{content}}}""")!.AsObject());

    private static void Compare(string table)
    {
        var actual = Path.Combine(AppContext.BaseDirectory, "Access", "matrix.actual.txt");
        Directory.CreateDirectory(Path.GetDirectoryName(actual)!);
        File.WriteAllText(actual, table);
        var snapshot = Path.Combine(AppContext.BaseDirectory, "Access", "matrix.txt");
        Assert.True(File.Exists(snapshot), $"There is no matrix.txt; what came of it stands in {actual}.");
        var (is_, was) = (table.Split('\n'), File.ReadAllText(snapshot).Split('\n'));
        Assert.True(is_.SequenceEqual(was), $"Other than the table says ({actual}):\n{string.Join('\n', is_.Except(was).Select(l => "+ " + l).Concat(was.Except(is_).Select(l => "- " + l)).Take(40))}");
    }
}

/// <summary>How a route is tried: THREAD and PATIENT are own, foreign and absent in turn. Writes name a version that is not there, so that who may gets 412 and nothing changes.</summary>
public sealed record Probe(string Path, string? Body = null, string ContentType = "application/fhir+json", params (string Name, string Value)[] Headers)
{
    public bool HasTarget => Texts.Any(t => t.Contains("PATIENT", StringComparison.Ordinal) || t.Contains("THREAD", StringComparison.Ordinal));

    private IEnumerable<string> Texts => [Path, Body ?? "", .. Headers.Select(h => h.Value)];
}

/// <summary>One probe for each route. A route without one fails the test: who adds a route says here how it is tried.</summary>
internal static class Probes
{
    private const string Stale = "W/\"99\"", Observation = """{"resourceType":"Observation","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/PATIENT"} }""";
    private const string Form = "application/x-www-form-urlencoded", Expression = """{"resourceType":"Parameters","parameter":[{"name":"expression","valueString":"1 + 1"},{"name":"resource","resource":{"resourceType":"Patient"} }]}""";

    public static Probe Of(string method, string pattern) => (method, pattern) switch
    {
        (_, "/health/live" or "/health/ready" or "/me" or "/fhir/metadata") => new(pattern),
        ("GET", "/fhir/") => new("/fhir/?_type=Patient&_id=PATIENT"),
        ("GET", "/fhir/{type}") => new("/fhir/Patient?_id=PATIENT"),
        ("GET", "/fhir/{type}/{id}") => new("/fhir/Patient/PATIENT"),
        ("GET", "/fhir/{type}/{id}/_history") => new("/fhir/Patient/PATIENT/_history"),
        ("GET", "/fhir/{type}/{id}/_history/{version}") => new("/fhir/Patient/PATIENT/_history/1"),
        ("GET", "/fhir/{type}/_history") => new("/fhir/Patient/_history"),
        ("GET", "/fhir/_history") => new("/fhir/_history?_count=1"),
        ("GET", "/fhir/Binary/{id}") => new("/fhir/Binary/PATIENT"),
        ("GET", "/fhir/AuditEvent") => new("/fhir/AuditEvent?patient=Patient/PATIENT&_count=1&_elements=id"),
        ("GET", "/fhir/AuditEvent/{id}") => new("/fhir/AuditEvent/PATIENT"),
        ("POST", "/fhir/AuditEvent/_search") => new("/fhir/AuditEvent/_search", "patient=Patient/PATIENT", Form),
        ("POST", "/fhir/") => new("/fhir/", """{"resourceType":"Bundle","type":"batch","entry":[{"request":{"method":"GET","url":"Patient/PATIENT"} }]}"""),
        ("POST", "/fhir/_search") => new("/fhir/_search", "_type=Patient&_id=PATIENT", Form),
        ("POST", "/fhir/{type}/_search") => new("/fhir/Patient/_search", "_id=PATIENT", Form),
        ("GET", "/fhir/{compartment}/{focus}/{type:alpha}") => new("/fhir/Patient/PATIENT/Observation"),
        ("GET", "/fhir/{compartment}/{focus}/*") => new("/fhir/Patient/PATIENT/*?_type=Observation"),
        ("POST", "/fhir/{compartment}/{focus}/{type:alpha}/_search") => new("/fhir/Patient/PATIENT/Observation/_search", "", Form),
        ("POST", "/fhir/{compartment}/{focus}/_search") => new("/fhir/Patient/PATIENT/_search", "_type=Observation", Form),
        ("POST", "/fhir/{type}") => new("/fhir/Observation", Observation),
        ("PUT", "/fhir/{type}/{id}") => new("/fhir/Patient/PATIENT", """{"resourceType":"Patient","id":"PATIENT"}""", Headers: ("If-Match", Stale)),
        ("PATCH", "/fhir/{type}/{id}") => new("/fhir/Patient/PATIENT", """{"resourceType":"Parameters","parameter":[{"name":"operation","part":[{"name":"type","valueCode":"replace"},{"name":"path","valueString":"Patient.birthDate"},{"name":"value","valueDate":"2000-01-01"}]}]}""", Headers: ("If-Match", Stale)),
        ("DELETE", "/fhir/{type}/{id}") => new("/fhir/Patient/PATIENT", Headers: ("If-Match", Stale)),
        ("PUT", "/fhir/{type}") => new("/fhir/Patient?_id=PATIENT", """{"resourceType":"Patient","id":"PATIENT"}""", Headers: ("If-Match", Stale)),
        ("PATCH", "/fhir/{type}") => new("/fhir/Patient?_id=PATIENT", """{"resourceType":"Parameters","parameter":[{"name":"operation","part":[{"name":"type","valueCode":"replace"},{"name":"path","valueString":"Patient.birthDate"},{"name":"value","valueDate":"2000-01-01"}]}]}""", Headers: ("If-Match", Stale)),
        ("DELETE", "/fhir/{type}") => new("/fhir/Patient?_id=PATIENT", Headers: ("If-Match", Stale)),
        ("POST", "/fhir/Binary") => new("/fhir/Binary", "%PDF-1.4\n%%EOF", "application/pdf", ("X-Security-Context", "Patient/PATIENT")),
        ("PUT", "/fhir/Binary/{id}") => new("/fhir/Binary/PATIENT", "%PDF-1.4\n%%EOF", "application/pdf", ("If-Match", Stale)),
        ("GET", "/fhir/{type}/{id}/$validate") => new("/fhir/Patient/PATIENT/$validate"),
        ("POST", "/fhir/{type}/$validate") => new("/fhir/Observation/$validate", Observation),
        ("POST", "/fhir/{type}/{id}/$validate") => new("/fhir/Patient/PATIENT/$validate", """{"resourceType":"Patient","id":"PATIENT"}"""),
        ("GET", "/fhir/$export" or "/fhir/Patient/$export") => new($"{pattern}?_type=Patient&_typeFilter=Patient%3F_id%3DPATIENT", Headers: ("Prefer", "respond-async")),
        ("GET", "/fhir/Group/{id}/$export") => new("/fhir/Group/PATIENT/$export", Headers: ("Prefer", "respond-async")),
        ("POST", "/fhir/$export" or "/fhir/Patient/$export" or "/fhir/Group/{id}/$export") => new(pattern.Replace("{id}", "PATIENT", StringComparison.Ordinal), """{"resourceType":"Parameters","parameter":[{"name":"_type","valueString":"Patient"},{"name":"patient","valueReference":{"reference":"Patient/PATIENT"} }]}""", Headers: ("Prefer", "respond-async")),
        ("POST", "/fhir/$import") => new(pattern, "", "application/fhir+ndjson", ("Prefer", "respond-async")),
        (_, "/fhir/$job/{job}") => new("/fhir/$job/PATIENT"),
        ("GET", "/fhir/$job/{job}/answer") => new("/fhir/$job/PATIENT/answer"),
        ("GET", "/fhir/$job/{job}/{type}/{part}") => new("/fhir/$job/PATIENT/Patient/1"),
        (_, "/fhir/{type}/{id}/$meta") => new("/fhir/Patient/PATIENT/$meta"),
        (_, "/fhir/{type}/{id}/$meta-add" or "/fhir/{type}/{id}/$meta-delete") => new(pattern.Replace("{type}/{id}", "Patient/PATIENT", StringComparison.Ordinal), """{"resourceType":"Parameters","parameter":[{"name":"meta","valueMeta":{"tag":[{"code":"x"}]} }]}""", Headers: ("If-Match", Stale)),
        (_, "/fhir/{type}/$meta") => new("/fhir/Basic/$meta"),
        (_, "/fhir/$meta") => new(pattern),
        (_, "/fhir/Patient/{id}/$everything" or "/fhir/Encounter/{id}/$everything") => new(pattern.Replace("{id}", "PATIENT", StringComparison.Ordinal) + "?_count=1&_type=Observation", method == "POST" ? """{"resourceType":"Parameters"}""" : null),
        (_, "/fhir/Composition/{id}/$document") => new("/fhir/Composition/PATIENT/$document", method == "POST" ? """{"resourceType":"Parameters"}""" : null),
        ("POST", "/fhir/$process-message") => new(pattern, """{"resourceType":"Bundle","type":"message","entry":[{"resource":{"resourceType":"MessageHeader","id":"UNIQUE","eventCoding":{"system":"http://x","code":"unknown"},"source":{"endpoint":"http://x"} }}]}"""),
        ("POST", "/fhir/$fhirpath") => new("/fhir/$fhirpath", Expression),
        (_, "/fhir/CodeSystem/$lookup" or "/fhir/CodeSystem/$validate-code" or "/fhir/ValueSet/$validate-code") => new(pattern + "?url=http://hl7.org/fhir/administrative-gender&system=http://hl7.org/fhir/administrative-gender&code=male", method == "POST" ? """{"resourceType":"Parameters"}""" : null),
        (_, "/fhir/ValueSet/$expand") => new(pattern + "?url=http://hl7.org/fhir/ValueSet/administrative-gender", method == "POST" ? """{"resourceType":"Parameters"}""" : null),
        (_, "/fhir/CodeSystem/$subsumes" or "/fhir/ConceptMap/$translate") => new(pattern + "?system=http://hl7.org/fhir/administrative-gender&codeA=male&codeB=male&code=male", method == "POST" ? """{"resourceType":"Parameters"}""" : null),
        (_, "/fhir/CodeSystem/{id}/$subsumes" or "/fhir/CodeSystem/{id}/$validate-code" or "/fhir/ConceptMap/{id}/$translate" or "/fhir/ValueSet/{id}/$expand" or "/fhir/ValueSet/{id}/$validate-code") =>
            new(pattern.Replace("{id}", "PATIENT", StringComparison.Ordinal), method == "POST" ? """{"resourceType":"Parameters"}""" : null),
        ("GET", "/fhir/Communication/$inbox") => new(pattern),
        ("GET", "/fhir/Communication/{id}/$messages") => new("/fhir/Communication/THREAD/$messages"),
        ("POST", "/fhir/Communication/$open-thread") => new(pattern, """{"resourceType":"Parameters","parameter":[{"name":"subject","valueReference":{"reference":"Patient/PATIENT"} },{"name":"recipient","valueReference":{"reference":"PractitionerRole/dr.smit"} },{"name":"topic","valueString":"x"},{"name":"category","valueCode":"advice"}]}"""),
        ("POST", "/fhir/Communication/{id}/$send-message") => new("/fhir/Communication/THREAD/$send-message", """{"resourceType":"Parameters","parameter":[{"name":"text","valueString":"x"},{"name":"client-id","valueString":"UNIQUE"}]}"""),
        ("POST", "/fhir/Communication/{id}/$mark-read") => new("/fhir/Communication/THREAD/$mark-read", """{"resourceType":"Parameters","parameter":[{"name":"seq","valueInteger":1}]}"""),
        ("POST", "/fhir/Communication/{id}/$close-thread") => new("/fhir/Communication/THREAD/$close-thread", """{"resourceType":"Parameters","parameter":[{"name":"summary","valueString":"Klaar."}]}"""),
        (_, "/hub/negotiate") => new("/hub/negotiate?negotiateVersion=1"),
        (_, "/hub") => new("/hub"),
        (_, "/fhir/Patient/$declare-care") => new(pattern, """{"resourceType":"Parameters","parameter":[]}"""),
        (_, "/fhir/Patient/$break-glass") => new(pattern, """{"resourceType":"Parameters","parameter":[]}"""),
        _ => throw new InvalidOperationException($"Nobody said how {method} {pattern} is tried: add a probe."),
    };
}

public sealed class MatrixOnSqlite : MatrixContract
{
    protected override Task<TenantDatabase> EmptyAsync() => TestDatabase.SqliteAsync();
}

public sealed class MatrixOnPostgres : MatrixContract
{
    protected override Task<TenantDatabase> EmptyAsync() => TestDatabase.PostgresAsync();
}
