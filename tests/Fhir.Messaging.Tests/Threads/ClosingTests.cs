using Fhir.Messaging.Tests.Clinic;
using Fhir.Messaging.Threads;
using Fhir.Server.Store.Database;
using Fhir.Server.Api.Tests;
using static Fhir.Messaging.Tests.Clinic.TestClinic;
using Op = Fhir.Messaging.Tests.Clinic.Threads;

namespace Fhir.Messaging.Tests.ThreadTests;

public sealed class ClosingTests
{
    [Fact]
    public async Task Closing_leaves_a_summary_that_the_practice_finds_and_refuses_more_messages()
    {
        await using var clinic = await TestClinic.OpenAsync();
        await clinic.ConsentAsync();
        var thread = await clinic.OpenThreadAsync(text: "vraag");
        var before = clinic.Clock.GetUtcNow().AddSeconds(-1).ToString("O");
        var closed = Ok(await Op.Close(clinic.Jansen, thread, "E: lage rugklachten <b>&\nP: opbouw"));
        Assert.Equal("completed", (string?)closed.Json["status"]);
        Assert.Equal("queued", (string?)closed.Json.Extension(ClinicUrls.Delivery)!.Part("state")["valueCode"]);
        Assert.Equal(409, (await Op.Send(clinic.DeVries, thread, "nog iets")).Code);
        Assert.Equal(409, (await Op.Close(clinic.Jansen, thread)).Code);

        var found = Assert.Single(Ok(await clinic.System.Get($"/fhir/DocumentReference?related=Communication/{thread}&_lastUpdated=ge{Uri.EscapeDataString(before)}")).Entries());
        Assert.Equal(("current", "final", "11488-4"), ((string?)found["status"], (string?)found["docStatus"], (string?)found["type"]!["coding"]![0]!["code"]));
        var composition = Assert.Single(Ok(await clinic.System.Get($"/fhir/Composition?subject={Patient}")).Entries());
        Assert.Equal("""<div xmlns="http://www.w3.org/1999/xhtml"><p>E: lage rugklachten &lt;b&gt;&amp;</p><p>P: opbouw</p></div>""", (string?)composition["section"]![0]!["text"]!["div"]);
        var pdf = found["content"]![0]!["attachment"]!;
        var bytes = Ok(await clinic.System.Get($"/fhir/{(string)pdf["url"]!}", ("Accept", "application/pdf"))).Bytes;
        Assert.Equal((int)pdf["size"]!, bytes.Length);
        var document = Ok(await clinic.System.Get($"/fhir/{(string)found["content"]![1]!["attachment"]!["url"]!}")).Json;
        Assert.Equal(["Composition", "Patient", "PractitionerRole", "Practitioner", "Organization"], document["entry"]!.AsArray().Select(e => (string?)e!["resource"]!["resourceType"]));
        Assert.Equal("document", (string?)document["type"]);
        foreach (var part in (System.Text.Json.Nodes.JsonNode[])[found, composition, document])
        {
            Assert.Equal(409, (await clinic.Jansen.Put($"/fhir/{(string)part["resourceType"]!}/{(string)part["id"]!}", part.ToJsonString())).Code);
            Assert.Equal(409, (await clinic.Jansen.Delete($"/fhir/{(string)part["resourceType"]!}/{(string)part["id"]!}")).Code);
        }
    }

    [Fact]
    public async Task The_company_doctor_reads_the_summary_and_nowhere_a_BSN()
    {
        await using var clinic = await TestClinic.OpenAsync();
        await clinic.ConsentAsync();
        var thread = await clinic.OpenThreadAsync(text: "vraag");
        Ok(await Op.Close(clinic.Jansen, thread));
        var found = Assert.Single(Ok(await clinic.DeVries.Get($"/fhir/DocumentReference?related=Communication/{thread}")).Entries());
        foreach (var content in found["content"]!.AsArray())
            Assert.DoesNotContain("999990019", Ok(await clinic.DeVries.Get($"/fhir/{(string)content!["attachment"]!["url"]!}", ("Accept", "application/fhir+json"))).Text, StringComparison.Ordinal);
        Assert.DoesNotContain("999990019", Ok(await clinic.DeVries.Get("/fhir/Patient/p1")).Text, StringComparison.Ordinal);
        Assert.Equal(404, (await clinic.Bakker.Get($"/fhir/DocumentReference/{(string)found["id"]!}")).Code);
        Ok(await clinic.DeWit.Get($"/fhir/DocumentReference/{(string)found["id"]!}"));
    }

    [Fact]
    public async Task Sections_are_kept_as_they_are_given_and_only_the_opening_practice_closes()
    {
        await using var clinic = await TestClinic.OpenAsync();
        var thread = await clinic.OpenThreadAsync("dr.bakker");
        Assert.Equal(403, (await Op.Close(clinic.Bakker, thread)).Code);
        Assert.Equal(400, (await clinic.Jansen.Post($"/fhir/Communication/{thread}/$close-thread", """{"resourceType":"Parameters"}""")).Code);
        Ok(await clinic.Jansen.Post($"/fhir/Communication/{thread}/$close-thread",
            """
            {"resourceType":"Parameters","parameter":[
              {"name":"section","part":[{"name":"title","valueString":"Vraag"},{"name":"text","valueString":"Mag zij werken?"}]},
              {"name":"section","part":[{"name":"title","valueString":"Plan"},{"name":"text","valueString":"Ja, met é ë ç €."}]}]}
            """));
        var composition = Assert.Single(Ok(await clinic.System.Get($"/fhir/Composition?subject={Patient}")).Entries());
        Assert.Equal(["Vraag", "Plan"], composition["section"]!.AsArray().Select(s => (string?)s!["title"]));
    }

    [Fact]
    public async Task Two_who_close_at_once_make_one_summary()
    {
        await using var clinic = await TestClinic.OpenAsync();
        var thread = Ok(await Op.Open(clinic.Jansen, Patient, ["s.dewit", "dr.bakker"]), 201).Id;
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Op.Close(i % 2 == 0 ? clinic.Jansen : clinic.DeWit, thread)));
        Assert.Single(answers, a => a.Code == 200);
        Assert.All(answers, a => Assert.True(a.Code is 200 or 409 or 412, a.Text));
        Assert.Single(Ok(await clinic.System.Get($"/fhir/DocumentReference?related=Communication/{thread}")).Entries());
    }

    [Fact]
    public async Task A_frozen_party_gets_no_delivery()
    {
        await using var clinic = await TestClinic.OpenAsync();
        await clinic.PutAsync("Endpoint", "arbodienst-oost", """ "status":"active","connectionType":{"code":"hl7v2-mllp"},"payloadType":[{"text":"x"}],"address":"mllp://127.0.0.1:1" """);
        var consent = await clinic.ConsentAsync();
        var (kept, frozen) = (await clinic.OpenThreadAsync(), await clinic.OpenThreadAsync());
        int Deliveries(Got header) => header.Json["extension"]!.AsArray().Count(e => (string?)e!["url"] == ClinicUrls.Delivery);
        Assert.Equal(2, Deliveries(Ok(await Op.Close(clinic.Jansen, kept))));
        await clinic.Jansen.Delete($"/fhir/Consent/{consent}");
        Assert.Equal(1, Deliveries(Ok(await Op.Close(clinic.Jansen, frozen))));
    }

    [Theory]
    [InlineData("until_at = 1")]
    [InlineData("letters_until = 1")]
    public async Task Who_is_out_of_the_thread_or_may_have_no_letters_gets_no_delivery(string ended)
    {
        await using var clinic = await TestClinic.OpenAsync();
        await clinic.PutAsync("Endpoint", "arbodienst-oost", """ "status":"active","connectionType":{"code":"hl7v2-mllp"},"payloadType":[{"text":"x"}],"address":"mllp://127.0.0.1:1" """);
        await clinic.ConsentAsync();
        var thread = await clinic.OpenThreadAsync();
        await using (var session = await clinic.Database.WriteAsync(default))
        {
            await session.ExecuteAsync(Sql.Raw($"update participant set {ended} where owner = 0"), default);
            await session.CommitAsync(default);
        }
        Ok(await Op.Close(clinic.Jansen, thread));
        Assert.Equal(1, await clinic.Database.FirstAsync(Sql.Raw("select count(*) from outbox"), r => r.GetInt64(0), default));
    }

    [Fact]
    public async Task Nobody_closes_it_without_a_summary_while_another_is_closing_it()
    {
        await using var clinic = await TestClinic.OpenAsync();
        var thread = await clinic.OpenThreadAsync("dr.bakker", "een");
        var header = Ok(await clinic.Jansen.Get($"/fhir/Communication/{thread}")).Json;
        header["status"] = "completed";
        clinic.Get<Closings>().TryBegin(new("Communication", thread), new("DocumentReference", "not-yet"));
        Assert.Equal(409, (await clinic.System.Put($"/fhir/Communication/{thread}", header.ToJsonString())).Code);
        clinic.Get<Closings>().End(new("Communication", thread));
        Ok(await Op.Close(clinic.Jansen, thread));
    }
}
