using System.Text;
using System.Text.Json.Nodes;
using Fhir.Server.Api.Identity;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Json;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Core.Validation;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;
using Microsoft.Extensions.DependencyInjection;

namespace Fhir.Server.Api.Tests.Audit;

/// <summary>What an event says: the profiles of IHE BALP, the codes, why, by whom with what token — https://profiles.ihe.net/ITI/BALP/</summary>
public abstract class BalpContract(Shared shared)
{
    private House House => shared.House;
    private Client Jansen => House.As("dr.jansen");
    private Client Privacy => House.As("privacy");

    private async Task<JsonNode> EventAsync(string request) => Assert.Single(await EventsAsync(request));
    private async Task<List<JsonNode>> EventsAsync(string request) => [.. (await Privacy.Log("_count=200")).Where(e => e.Request() == request)];

    private async Task<string> ObservationAsync(params string[] patients)
    {
        var performers = string.Join(',', patients.Skip(1).Select(p => $$"""{"reference":"Patient/{{p}}"}"""));
        var more = performers.Length == 0 ? "" : $$""","performer":[{{performers}}]""";
        var made = await Jansen.Post("/fhir/Observation", $$$"""{"resourceType":"Observation","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/{{{patients[0]}}}"}{{{more}}}}""", ("X-Request-Id", "b-create"));
        Assert.Equal(201, made.Code);
        return made.Id;
    }

    [Fact]
    public async Task J1_Every_kind_of_event_is_a_valid_AuditEvent()
    {
        var (one, two) = (await Jansen.NewPatient(), await Jansen.NewPatient());
        var observation = await ObservationAsync(one, two);
        foreach (var path in new[] { $"Observation/{observation}", $"Observation/{observation}/_history/1", $"Observation/{observation}/_history", "Observation?_count=2&status=final", "_history?_count=2", "Patient/nobody-there", $"Observation/{observation}/$validate", "AuditEvent?_count=1", "?_type=Observation&_count=1" })
            await Jansen.Get($"/fhir/{path}", ("X-Request-Id", "b-valid"));
        await Jansen.Post("/fhir", """{"resourceType":"Bundle","type":"batch","entry":[{"request":{"method":"GET","url":"Patient"}},{"request":{"method":"DELETE","url":"Patient/nobody"}}]}""", ("X-Request-Id", "b-valid"));
        await Jansen.Delete($"/fhir/Observation/{observation}");
        await House.As(null).Get("/fhir/Patient", ("X-Request-Id", "b-valid"));
        await Jansen.Get("/me", ("X-Request-Id", "b-valid"));
        await House.As($"Patient/{one}", "patient/*.rs").Get("/fhir/AuditEvent");
        var validator = House.Services.GetRequiredService<Validator>();
        var events = await Privacy.Log("_count=300");
        events.AddRange(await House.As($"Patient/{one}", "patient/*.rs").Log("_count=50"));
        foreach (var e in events)
        {
            Assert.False(JsonReader.Read(Encoding.UTF8.GetBytes(e.ToJsonString()), DefinitionSet.R4).Failed(out var broken, out var tree), broken?.Text);
            var wrong = validator.Validate(tree, ValidationRequest.Default with { DeclaredProfiles = false, Clock = TimeProvider.System }).Where(i => i.Severity <= Severity.Error).ToList();
            Assert.True(wrong.Count == 0, $"{wrong.FirstOrDefault()?.Where} {wrong.FirstOrDefault()?.Rule} {wrong.FirstOrDefault()?.Text}\n{e.ToJsonString()}");
        }
        Assert.Superset(new HashSet<string>("create read vread history-instance search-type search-system history-system operation batch delete".Split(' ')), events.SelectMany(e => e.Subtypes().Split(' ')).ToHashSet());
        Assert.All(events, MeetsItsProfiles);
    }

    // The mandatory elements of the profiles, as IHE publishes them (BALP 1.1).
    private static void MeetsItsProfiles(JsonNode e)
    {
        foreach (var profile in e.Profiles())
        {
            if (profile.StartsWith("OAUTH", StringComparison.Ordinal))
            {
                Assert.NotNull(e.Agent("UserOauthAgent")!["policy"]![0]);
                Assert.NotNull(e.Agent("UserOauthAgent")!["who"]!["identifier"]!["system"]);
                Assert.NotNull(e.Agent("110150")!["who"]!["identifier"]!["value"]);
                continue;
            }
            var act = profile.Replace("Patient", "", StringComparison.Ordinal);
            var (action, client, server, user) = act switch
            {
                "Create" => ("C", "110153", "110152", "AUT"), "Update" => ("U", "110153", "110152", "AUT"), "Delete" => ("D", "110150", "custodian", "AUT"),
                "Read" => ("R", "110152", "110153", "IRCP"), "Query" => ("E", "110153", "110152", "IRCP"), _ => throw new InvalidOperationException(profile),
            };
            Assert.Equal((action, "rest", "0"), ((string)e["action"]!, (string)e["type"]!["code"]!, (string)e["outcome"]!));
            foreach (var side in (string[])[client, server])
            {
                Assert.NotNull(e.Agent(side)!["who"]);
                Assert.NotNull(e.Agent(side)!["network"]!["address"]);
                Assert.False((bool)e.Agent(side)!["requestor"]!);
            }
            Assert.True((bool)e.Agent(user)!["requestor"]!);
            Assert.Null(e.Agent(user)!["network"]);
            var data = Assert.Single(e.Entities("2"));   // BALP's slice: exactly one of that type
            Assert.Equal(act == "Query" ? "24" : "4", (string)data["role"]!["code"]!);
            Assert.NotNull(data[act == "Query" ? "query" : "what"]);
            if (act == "Query") Assert.Null(data["what"]);
            if (profile.StartsWith("Patient", StringComparison.Ordinal)) Assert.Single(e.Patients());
            else Assert.NotEqual(1, e.Patients().Count);
            Assert.All(e.Entities("1"), p => Assert.Equal("1", (string)p["role"]!["code"]!));
        }
    }

    [Fact]
    public async Task J1_A_search_names_all_that_was_returned_and_whose_it_was()
    {
        var (one, two) = (await Jansen.NewPatient("Zoekmaar"), await Jansen.NewPatient("Zoekmaar"));
        var observation = await ObservationAsync(one);
        await Jansen.Get("/fhir/Patient?family=Zoekmaar", ("X-Request-Id", "b-two"));
        await Jansen.Get($"/fhir/Observation?subject=Patient/{one}&_include=Observation:subject", ("X-Request-Id", "b-one"));
        await Jansen.Get("/fhir/Patient?family=Nergens", ("X-Request-Id", "b-none"));
        var both = await EventAsync("b-two");
        Assert.Equal(new[] { $"Patient/{one}", $"Patient/{two}" }.Order(StringComparer.Ordinal), both.Patients());
        Assert.Equal(["Query", "OAUTHaccessTokenUse.Comprehensive"], both.Profiles());
        var single = await EventAsync("b-one");
        Assert.Equal([$"Patient/{one}"], single.Patients());
        Assert.Equal("PatientQuery", single.Profiles()[0]);
        Assert.Contains(single["entity"]!.AsArray(), x => (string?)x!["what"]?["reference"] == $"Observation/{observation}");
        var none = await EventAsync("b-none");
        Assert.Empty(none.Patients());
        Assert.Equal("Patient?family", Encoding.UTF8.GetString(Convert.FromBase64String((string)none.Entities("2").Single()["query"]!)));
    }

    [Fact]
    public async Task Who_did_it_is_told_with_role_organisation_token_and_address()
    {
        var id = await Jansen.NewPatient();
        await Jansen.Get($"/fhir/Patient/{id}", ("X-Request-Id", "b-who"));
        var e = await EventAsync("b-who");
        Assert.Equal(["PatientRead", "OAUTHaccessTokenUse.Comprehensive"], e.Profiles());
        var user = e.Agent("IRCP")!;
        Assert.Equal(("Practitioner/dr.jansen", "dr.jansen", "PractitionerRole/dr.jansen", "gp"),
            ((string)user["who"]!["reference"]!, (string)user["name"]!, (string)user["altId"]!, (string)user["role"]![0]!["coding"]![0]!["code"]!));
        Assert.Equal(("Organization/de-linde", "de-linde"), ((string)e.Agent("PROV")!["who"]!["reference"]!, (string)e.Agent("PROV")!["who"]!["display"]!));
        Assert.Equal(("samenspraak", "127.0.0.1"), ((string)e.Agent("110150")!["who"]!["identifier"]!["value"]!, (string)e.Agent("110150")!["network"]!["address"]!));
        Assert.Equal(("TREAT", "200 OK"), (e.Purpose(), (string)e["outcomeDesc"]!));
        var token = (string)user["policy"]![0]!;
        Assert.NotEmpty(await Privacy.Log($"policy={token}&patient={id}"));
        Assert.Empty(await Privacy.Log($"policy=another&patient={id}"));
    }

    [Fact]
    public async Task Why_follows_from_the_role()
    {
        var id = await Jansen.NewPatient();
        foreach (var (user, request, why) in ((string, string, string)[])[("privacy", "b-p", "HCOMPL"), ("admin", "b-a", "HSYSADMIN"), ("his-delinde", "b-h", "TREAT"), ($"Patient/{id}", "b-s", "PATRQT")])
        {
            await House.As(user, user.StartsWith("Patient", StringComparison.Ordinal) ? "patient/*.rs" : user == "his-delinde" ? "system/*.cruds" : House.AllRights).Get("/fhir/Organization/de-linde", ("X-Request-Id", request));
            Assert.Equal(why, (await EventAsync(request)).Purpose());
        }
    }

    [Fact]
    public async Task An_access_with_broken_glass_says_so_and_only_that_one()
    {
        var (id, other) = (await Jansen.NewPatient(), await Jansen.NewPatient());
        await Jansen.Get($"/fhir/Patient/{id}", ("X-Request-Id", "b-before"));
        var database = House.Services.GetRequiredService<TenantDatabase>();
        var now = (TimeProvider.System.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
        async Task<long> RidAsync(string type, string name) =>
            await database.FirstAsync(Sql.Of($"select rid from res where typ = {AccessTable.Number(type)} and fid = {name}"), r => r.GetInt64(0), default);
        var (actor, patient) = (await RidAsync("PractitionerRole", "dr.jansen"), await RidAsync("Patient", id));
        await using (var session = await database.WriteAsync(default))
        {
            await session.ExecuteAsync(Sql.Of($"insert into glass(actor, patient, from_at, until_at, task, token) values({actor}, {patient}, {now}, {now + 60_000_000L}, 0, {"t-" + id})"), default);
            await session.CommitAsync(default);
        }
        House.Services.GetRequiredService<DirectoryEpoch>().Changed();   // as $break-glass does
        await Jansen.Get($"/fhir/Patient/{id}", ("X-Request-Id", "b-glass"));
        await Jansen.Get($"/fhir/Patient/{other}", ("X-Request-Id", "b-other"));
        await House.As("dr.bakker").Get($"/fhir/Patient/{id}", ("X-Request-Id", "b-bakker"));
        Assert.Equal(("BTG", "BTG"), ((await EventAsync("b-glass")).Purpose(), (string)(await EventAsync("b-glass"))["meta"]!["security"]![0]!["code"]!));
        foreach (var request in (string[])["b-before", "b-other", "b-bakker"]) Assert.Equal("TREAT", (await EventAsync(request)).Purpose());
        Assert.Equal(["b-glass"], (await Privacy.Log($"_security=http://terminology.hl7.org/CodeSystem/v3-ActReason|BTG&patient={id}")).Select(e => e.Request()));
        Assert.Contains((await Privacy.Log("_security=BTG")).Select(e => e.Request()), r => r == "b-glass");
        var list = await Jansen.Post("/fhir/List", $$$"""
            {"resourceType":"List","status":"current","mode":"working","entry":[{"item":{"reference":"Patient/{{{other}}}"}},{"item":{"reference":"Patient/{{{id}}}"}}]}
            """, ("X-Request-Id", "b-several"));
        Assert.True(list.Code == 201, list.Text);
        await Jansen.Put($"/fhir/Patient/{id}", $$"""{"resourceType":"Patient","id":"{{id}}","active":true}""", ("X-Request-Id", "b-update"));
        await Jansen.Put($"/fhir/Patient/{other}", $$"""{"resourceType":"Patient","id":"{{other}}","active":true}""", ("X-Request-Id", "b-not"));
        await Jansen.Get($"/fhir/Patient/{id}/_history/9", ("X-Request-Id", "b-vain"));
        await Jansen.Delete($"/fhir/List/{(string)list.Json["id"]!}", ("X-Request-Id", "b-delete"));
        await using (var session = await database.WriteAsync(default))
        {
            await session.ExecuteAsync(Sql.Of($"delete from glass where actor = {actor}"), default);
            await session.CommitAsync(default);
        }
        Assert.Equal(["b-delete", "b-glass", "b-several", "b-update", "b-vain"], (await Privacy.Log($"_security=BTG&patient={id}")).Select(e => e.Request()).Order(StringComparer.Ordinal));   // the lines say it, whoever empties the table
        Assert.Equal("BTG", (await EventAsync("b-update")).Purpose());
    }

    [Fact]
    public async Task J1_Each_entry_of_a_batch_is_one_event_with_its_own_outcome()
    {
        var id = await Jansen.NewPatient();
        await Jansen.Post("/fhir", $$$"""
            {"resourceType":"Bundle","type":"batch","entry":[
             {"request":{"method":"GET","url":"Patient/{{{id}}}"}},
             {"request":{"method":"GET","url":"Patient/never-there"}},
             {"resource":{"resourceType":"Observation","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/{{{id}}}"}},"request":{"method":"POST","url":"Observation"}},
             {"resource":{"resourceType":"Organization","name":"x"},"request":{"method":"POST","url":"Organization"}},
             {"request":{"method":"DELETE","url":"Patient/never-there"}},
             {"resource":{"resourceType":"Patient"},"request":{"method":"POST","url":"Patient","ifNoneExist":"_id={{{id}}}"}},
             {"resource":{"resourceType":"Patient","id":"{{{id}}}","active":true},"request":{"method":"PUT","url":"Patient/{{{id}}}"}}]}
            """, ("X-Request-Id", "b-batch"));
        var told = (await EventsAsync("b-batch")).Select(e => $"{e["action"]} {e.Subtypes()} {e["outcome"]} {string.Join(' ', e.Patients())}").Order(StringComparer.Ordinal);
        Assert.Equal(((string[])[$"C create 0 Patient/{id}", $"C create 0 Patient/{id}", "C create 4 ", "D delete 4 ", "E batch 0 ", $"E search-type 0 Patient/{id}", $"R read 0 Patient/{id}", "R read 4 ", $"U update 0 Patient/{id}"]).Order(StringComparer.Ordinal), told);
    }
}

public sealed class BalpOnSqlite(Shared shared) : BalpContract(shared), IClassFixture<Shared>;
public sealed class BalpOnPostgres(SharedOnPostgres shared) : BalpContract(shared), IClassFixture<SharedOnPostgres>;
