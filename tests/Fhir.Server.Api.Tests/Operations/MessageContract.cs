using System.Text.Json.Nodes;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Tests;

namespace Fhir.Server.Api.Tests.Operations;

/// <summary>$process-message — https://hl7.org/fhir/R4/messageheader-operation-process-message.html</summary>
public abstract class MessageContract : IAsyncLifetime
{
    private const string Events = "https://samenspraak.example/fhir/CodeSystem/message-event";
    private House _house = null!;

    protected abstract Task<TenantDatabase?> DatabaseAsync();

    public async ValueTask InitializeAsync() => _house = await House.OpenAsync(on: await DatabaseAsync());

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return _house.DisposeAsync();
    }

    private Client His => _house.As("his-delinde");

    private static string Message(string? id, string? bundle, string entries, string code = "store-resources", string more = "") =>
        $$"""
        {"resourceType":"Bundle","type":"message",{{(bundle is null ? "" : $$""" "identifier":{"system":"urn:x","value":"{{bundle}}"},""")}}"timestamp":"2026-03-01T10:00:00Z","entry":[
        {"fullUrl":"urn:uuid:10000000-0000-0000-0000-000000000001","resource":{"resourceType":"MessageHeader",{{(id is null ? "" : $"\"id\":\"{id}\",")}}"eventCoding":{"system":"{{Events}}","code":"{{code}}"},
        "source":{"name":"HIS","endpoint":"https://his.example/fhir"},"focus":[{"reference":"urn:uuid:20000000-0000-0000-0000-000000000002"}]{{more}} } }{{(entries.Length > 0 ? "," + entries : "")}}]}
        """;

    private static string Patient(string family, string bsn = "999911120") =>
        $$"""{"fullUrl":"urn:uuid:20000000-0000-0000-0000-000000000002","resource":{"resourceType":"Patient","identifier":[{"system":"http://fhir.nl/fhir/NamingSystem/bsn","value":"{{bsn}}"}],"name":[{"family":"{{family}}"}]} }""";

    private static string Observation(string text, string subject = "urn:uuid:20000000-0000-0000-0000-000000000002") =>
        $$"""{"fullUrl":"urn:uuid:30000000-0000-0000-0000-000000000003","resource":{"resourceType":"Observation","status":"final","code":{"text":"{{text}}"},"subject":{"reference":"{{subject}}"} } }""";

    private static Task<Got> Send(Client by, string message) => by.Post("/fhir/$process-message", message);

    private static JsonNode Response(Got got, string code)
    {
        Assert.True(got.Code == 200, got.Text);
        Assert.Equal(("Bundle", "message"), ((string)got.Json["resourceType"]!, (string)got.Json["type"]!));
        var header = got.Json["entry"]![0]!["resource"]!;
        Assert.True((string)header["response"]!["code"]! == code, got.Text);
        return header;
    }

    private static string Said(Got got) => (string)got.Json["entry"]![1]!["resource"]!["issue"]![0]!["diagnostics"]!;

    private async Task<int> Count(string query) => (int)(await His.Get($"/fhir/{query}{(query.Contains('?', StringComparison.Ordinal) ? '&' : '?')}_summary=count")).Json["total"]!;

    [Fact]
    public async Task A_message_is_stored_as_one_transaction_and_answered_by_a_message()
    {
        var got = await Send(His, Message("m1", "b1", $"{Patient("Eerst")},{Observation("een")}"));
        var header = Response(got, "ok");
        Assert.Equal(("m1", "https://his.example/fhir"), ((string)header["response"]!["identifier"]!, (string)header["destination"]![0]!["endpoint"]!));
        var patient = (string)header["focus"]![0]!["reference"]!;
        Assert.Equal("Eerst", (string)(await His.Get($"/fhir/{patient}")).Json["name"]![0]!["family"]!);
        Assert.Equal(1, await Count($"Observation?subject={patient}"));
        var valid = await His.Post("/fhir/Bundle/$validate", got.Text);
        Assert.DoesNotContain("\"error\"", valid.Text, StringComparison.Ordinal);
        Assert.Equal(404, (await _house.As("dr.bakker").Get($"/fhir/{patient}")).Code);
        Assert.Equal(1, await Count("MessageHeader"));
    }

    [Fact]
    public async Task The_same_message_twice_answers_the_same_and_stores_once()
    {
        foreach (var (id, bundle) in ((string?, string?)[])[("m2", "b2"), ("m3", null), (null, "b4"), (null, null)])
        {
            var before = await Count("Observation");
            var message = Message(id, bundle, $"{Patient($"Twee{id}{bundle}", $"n{id}{bundle}")},{Observation("x")}");
            var all = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => Send(His, message)));
            Response(all[0], "ok");
            Assert.Single(all.Select(got => got.Text).Append((await Send(His, message)).Text).Distinct());
            Assert.Equal(before + 1, await Count("Observation"));
        }
    }

    [Fact]
    public async Task A_Bundle_identifier_is_not_used_for_another_message_and_another_sender_is_another()
    {
        Response(await Send(His, Message("m5", "b5", Patient("Vijf", "5"))), "ok");
        Response(await Send(His, Message("m6", "b5", Patient("Zes", "6"))), "fatal-error");
        Assert.Equal(0, await Count("Patient?family=Zes"));
        var theirs = Response(await Send(_house.As("his-delinde", with: t => t with { Organization = "Organization/rijnmond" }), Message("m5", "b5", Patient("Vijf", "5"))), "ok");
        Assert.Equal(404, (await His.Get($"/fhir/{theirs["focus"]![0]!["reference"]}")).Code);
    }

    [Fact]
    public async Task Who_is_here_already_is_meant_by_his_identifier_and_not_changed()
    {
        var first = Response(await Send(His, Message("m7", "b7", Patient("Was", "7"))), "ok");
        var second = Response(await Send(His, Message("m8", "b8", $"{Patient("Anders", "7")},{Observation("later")}")), "ok");
        Assert.Equal((string)first["focus"]![0]!["reference"]!, (string)second["focus"]![0]!["reference"]!);
        Assert.Equal(1, await Count("Patient?identifier=7"));
        Assert.Equal(1, await Count($"Observation?subject={first["focus"]![0]!["reference"]}"));
    }

    [Fact]
    public async Task What_stands_under_an_address_of_ours_is_changed()
    {
        var patient = await His.NewPatient("Oud");
        var entry = $$"""{"fullUrl":"{{_house.Url}}/fhir/Patient/{{patient}}","resource":{"resourceType":"Patient","id":"{{patient}}","name":[{"family":"Nieuw"}]} }""";
        Response(await Send(His, Message("m9", "b9", entry).Replace("urn:uuid:20000000-0000-0000-0000-000000000002", $"{_house.Url}/fhir/Patient/{patient}", StringComparison.Ordinal)), "ok");
        Assert.Equal("Nieuw", (string)(await His.Get($"/fhir/Patient/{patient}")).Json["name"]![0]!["family"]!);
        var foreign = await _house.As("dr.bakker").NewPatient("Vreemd");
        var answers = new List<string>();
        foreach (var id in (string[])[foreign, "nobody"])
        {
            var got = await Send(His, Message("m10", $"b10-{id}", entry.Replace(patient, id, StringComparison.Ordinal)).Replace("urn:uuid:20000000-0000-0000-0000-000000000002", "urn:uuid:10000000-0000-0000-0000-000000000001", StringComparison.Ordinal));
            Response(got, "fatal-error");
            answers.Add(Said(got));
        }
        Assert.Equal(answers[0], answers[1]);   // H4: hidden is as absent
    }

    [Fact]
    public async Task What_is_refused_is_a_fatal_error_that_says_why_and_leaves_nothing()
    {
        foreach (var (message, part) in new[]
        {
            (Message("m11", "b11", Patient("Elf"), code: "unknown"), "event"),
            (Message("m12", "b12", Patient("Elf"), more: ""","response":{"identifier":"x","code":"ok"}"""), "answer"),
            (Message("m13", "b13", $"{Patient("Elf")},{Observation("x", "Patient/nobody").Replace("final", "nonsense", StringComparison.Ordinal)}"), "status"),
            (Message("m14", "b14", $$"""{{Patient("Elf")}},{"fullUrl":"urn:uuid:30000000-0000-0000-0000-000000000003"}"""), "resource"),
            (Message("m15", "b15", Patient("Elf"), more: ""","meta":{"tag":[{"system":"https://samenspraak.example/fhir/NamingSystem/message","code":"a.b"}]}"""), "tag"),
        })
        {
            var got = await Send(His, message);
            Response(got, "fatal-error");
            Assert.Contains(part, got.Json["entry"]![1]!.ToJsonString(), StringComparison.OrdinalIgnoreCase);
            Assert.Equal((string)got.Json["entry"]![1]!["fullUrl"]!, (string)got.Json["entry"]![0]!["resource"]!["response"]!["details"]!["reference"]!);
        }
        Assert.Equal((0, 0), (await Count("Patient?family=Elf"), await Count("MessageHeader")));
        foreach (var none in (string[])["""{"resourceType":"Patient"}""", """{"resourceType":"Bundle","type":"batch"}""", """{"resourceType":"Bundle","type":"message"}""", $$"""{"resourceType":"Bundle","type":"message","entry":[{{Patient("Elf")}}]}"""])
            Assert.Equal(400, (await Send(His, none)).Code);
    }

    [Fact]
    public async Task It_is_answered_at_once_and_may_come_as_Parameters()
    {
        foreach (var query in (string[])["?async=true", "?response-url=http://x"]) Assert.Equal(400, (await His.Post($"/fhir/$process-message{query}", Message("m16", "b16", ""))).Code);
        string Wrapped(string more) => $$"""{"resourceType":"Parameters","parameter":[{"name":"content","resource":{{Message("m17", "b17", Patient("Zeventien", "17"))}} }{{more}}]}""";
        Assert.Equal(400, (await Send(His, Wrapped(""",{"name":"async","valueBoolean":true}"""))).Code);
        Assert.Equal(400, (await Send(His, Wrapped(""",{"name":"other","valueBoolean":true}"""))).Code);
        Assert.Equal(0, await Count("MessageHeader"));
        Response(await Send(His, Wrapped(""",{"name":"async","valueBoolean":false}""")), "ok");
        Assert.Equal(404, (await His.Get("/fhir/$process-message")).Code);
    }

    [Fact]
    public async Task G7_It_is_for_who_writes_here_and_stores_no_more_than_she_could()
    {
        foreach (var who in (string[])["dr.jansen", "dr.devries", "admin", "privacy"]) Assert.Equal(403, (await Send(_house.As(who), Message("m18", "b18", ""))).Code);
        Assert.Equal(401, (await Send(_house.As(null), Message("m18", "b18", ""))).Code);
        Assert.Equal(403, (await Send(_house.As("his-delinde", "system/Patient.cruds"), Message("m18", "b18", Patient("Nee", "18")))).Code);
        var narrow = await Send(_house.As("his-delinde", "system/MessageHeader.cr system/Patient.cruds"), Message("m19", "b19", $"{Patient("Nee", "19")},{Observation("nee")}"));
        Response(narrow, "fatal-error");
        Assert.Equal(0, await Count("Patient?family=Nee"));
    }

    [Fact]
    public async Task J1_What_a_message_stored_and_that_it_was_answered_is_in_the_log()
    {
        var got = await His.Post("/fhir/$process-message", Message("m20", "b20", Patient("Log", "20")), ("X-Request-Id", "message-20"));
        var patient = (string)Response(got, "ok")["focus"]![0]!["reference"]!;
        var log = (await _house.As("privacy").Get($"/fhir/AuditEvent?patient={patient}&_count=50")).Json["entry"]!.AsArray().Select(e => e!["resource"]!.ToJsonString()).Where(e => e.Contains("message-20", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(log);
        Assert.Contains(log, e => e.Contains("process-message", StringComparison.Ordinal));
    }
}

public sealed class MessageOnSqlite : MessageContract
{
    protected override Task<TenantDatabase?> DatabaseAsync() => Task.FromResult<TenantDatabase?>(null);
}

public sealed class MessageOnPostgres : MessageContract
{
    protected override async Task<TenantDatabase?> DatabaseAsync() => await TestDatabase.PostgresAsync();
}
