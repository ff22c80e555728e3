using System.Text.Json.Nodes;
using Fhir.Messaging.Tests.Clinic;
using Fhir.Messaging.Threads;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Tests;
using static Fhir.Messaging.Tests.Clinic.TestClinic;
using Op = Fhir.Messaging.Tests.Clinic.Threads;

namespace Fhir.Messaging.Tests.ThreadTests;

public abstract class ThreadContract
{
    protected abstract Task<TenantDatabase> EmptyAsync();

    private Task<TestClinic> OpenAsync() => TestClinic.OpenAsync(EmptyAsync);

    [Fact]
    public async Task A_thread_opens_with_its_first_message_and_both_see_it()
    {
        await using var clinic = await OpenAsync();
        await clinic.ConsentAsync();
        var thread = await clinic.OpenThreadAsync(text: "Kan zij aangepast werk doen?");
        foreach (var reader in (Fhir.Server.Api.Tests.Client[])[clinic.Jansen, clinic.DeVries])
        {
            var message = Assert.Single(Ok(await Op.Messages(reader, thread)).Entries());
            Assert.Equal((1, "Kan zij aangepast werk doen?"), (message.Seq(), message.Text()));
        }
        Assert.Equal(1, Assert.Single(Ok(await Op.Inbox(clinic.DeVries)).Entries()).Unread());
        Assert.Equal(0, Assert.Single(Ok(await Op.Inbox(clinic.Jansen)).Entries()).Unread());
    }

    [Fact]
    public async Task Thirty_two_senders_at_once_get_a_gapless_seq()
    {
        await using var clinic = await OpenAsync();
        var thread = await clinic.OpenThreadAsync("dr.bakker");
        await Task.WhenAll(Enumerable.Range(0, 32).Select(async n =>
        {
            for (var i = 0; i < 5; i++) Ok(await Op.Send(n % 2 == 0 ? clinic.Jansen : clinic.Bakker, thread, $"{n}-{i}"), 201);
        }));
        var messages = Ok(await Op.Messages(clinic.Jansen, thread)).Entries();
        Assert.Equal(Enumerable.Range(1, 160), messages.Select(m => m.Seq()));
        Assert.Equal(160, messages.Select(m => m.Text()).Distinct().Count());
    }

    [Fact]
    public async Task A_resend_is_the_same_message_and_other_content_a_conflict()
    {
        await using var clinic = await OpenAsync();
        var thread = await clinic.OpenThreadAsync("dr.bakker");
        var first = Ok(await Op.Send(clinic.Jansen, thread, "een", "c1"), 201);
        var again = Ok(await Op.Send(clinic.Jansen, thread, "een", "c1"));
        Assert.Equal((first.Id, 1), (again.Id, again.Json.Seq()));
        Assert.Equal(409, (await Op.Send(clinic.Jansen, thread, "twee", "c1")).Code);
        Ok(await Op.Send(clinic.Bakker, thread, "een", "c1"), 201);
        Assert.Equal([1, 2], Ok(await Op.Messages(clinic.Jansen, thread)).Entries().Select(m => m.Seq()));
    }

    [Fact]
    public async Task Resends_that_race_end_in_one_message()
    {
        await using var clinic = await OpenAsync();
        var thread = await clinic.OpenThreadAsync("dr.bakker");
        var all = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Op.Send(clinic.Jansen, thread, "een", "c1")));
        Assert.All(all, got => Assert.True(got.Code is 200 or 201, got.Text));
        Assert.Single(all.Select(got => got.Id).Distinct());
        Assert.Single(Ok(await Op.Messages(clinic.Jansen, thread)).Entries());
    }

    [Fact]
    public async Task Plain_posts_do_what_the_operations_do()
    {
        await using var clinic = await OpenAsync();
        await clinic.ConsentAsync();
        var header = Plain("""{"resourceType":"Communication","status":"in-progress","priority":"routine","topic":{"text":"Werk"}}""");
        header["category"] = JsonNode.Parse($$"""[{"coding":[{"system":"{{ClinicUrls.ThreadCategory}}","code":"work-related"}]}]""");
        header["recipient"] = JsonNode.Parse("""[{"reference":"PractitionerRole/dr.devries"}]""");
        var thread = Ok(await clinic.Jansen.Post("/fhir/Communication", header.ToJsonString()), 201).Id;
        var message = Plain("""{"resourceType":"Communication","status":"completed","payload":[{"contentString":"Hoe is het?"}]}""");
        message["partOf"] = JsonNode.Parse($$"""[{"reference":"Communication/{{thread}}"}]""");
        message["identifier"] = JsonNode.Parse($$"""[{"system":"{{ClinicUrls.ClientId}}","value":"c9"}]""");
        var sent = Ok(await clinic.Jansen.Post("/fhir/Communication", message.ToJsonString()), 201);
        Assert.Equal(1, sent.Json.Seq());
        Assert.Equal(sent.Id, Ok(await clinic.Jansen.Post("/fhir/Communication", message.ToJsonString())).Id);
        message["payload"]![0]!["contentString"] = "Iets anders";
        Assert.Equal(409, (await clinic.Jansen.Post("/fhir/Communication", message.ToJsonString())).Code);
        Assert.Equal("Hoe is het?", Assert.Single(Ok(await Op.Messages(clinic.DeVries, thread)).Entries()).Text());
    }

    private static JsonObject Plain(string json)
    {
        var communication = JsonNode.Parse(json)!.AsObject();
        communication["subject"] = new JsonObject { ["reference"] = Patient };
        communication["sender"] = new JsonObject { ["reference"] = "PractitionerRole/dr.jansen" };
        return communication;
    }

    [Fact]
    public async Task One_opens_a_thread_in_ones_own_name_and_who_is_in_none_writes_in_none()
    {
        await using var clinic = await OpenAsync();
        var header = Plain("""{"resourceType":"Communication","status":"in-progress","topic":{"text":"Werk"},"recipient":[{"reference":"PractitionerRole/dr.jansen"}]}""");
        header["category"] = JsonNode.Parse($$"""[{"coding":[{"system":"{{ClinicUrls.ThreadCategory}}","code":"advice"}]}]""");
        header["sender"] = new JsonObject { ["reference"] = "PractitionerRole/dr.bakker" };
        var got = await clinic.Jansen.Post("/fhir/Communication", header.ToJsonString());
        Assert.Equal((403, "Communication.sender"), (got.Code, got.Places[0]));
        var thread = await clinic.OpenThreadAsync("dr.bakker");
        var part = $$"""{"resourceType":"Communication","status":"completed","partOf":[{"reference":"Communication/{{thread}}"}],"sender":{"reference":"PractitionerRole/s.dewit"},"payload":[{"contentString":"x"}]}""";
        got = await clinic.Integrator.Post("/fhir/Communication", part);
        Assert.Equal((403, "Communication.sender"), (got.Code, got.Places[0]));
        Ok(await clinic.Integrator.Post("/fhir/Communication", part.Replace("s.dewit", "dr.bakker", StringComparison.Ordinal)), 201);
    }

    [Fact]
    public async Task Receipts_go_forward_only_and_tell_who_read_what()
    {
        await using var clinic = await OpenAsync();
        var thread = await clinic.OpenThreadAsync("dr.bakker");
        foreach (var text in (string[])["een", "twee", "drie"]) Ok(await Op.Send(clinic.Jansen, thread, text), 201);
        Assert.Equal(3, Assert.Single(Ok(await Op.Inbox(clinic.Bakker)).Entries()).Unread());
        Ok(await Op.MarkRead(clinic.Bakker, thread, 2));
        Ok(await Op.MarkRead(clinic.Bakker, thread, 1));
        Assert.Equal(1, Assert.Single(Ok(await Op.Inbox(clinic.Bakker)).Entries()).Unread());
        Assert.Equal(400, (await Op.MarkRead(clinic.Bakker, thread, 4)).Code);
        var messages = Ok(await Op.Messages(clinic.Jansen, thread)).Entries();
        Assert.Equal("PractitionerRole/dr.bakker", (string?)messages[1].Extension(ClinicUrls.MessageReadBy)!.Part("reader")["valueReference"]!["reference"]);
        Assert.Null(messages[2].Extension(ClinicUrls.MessageReadBy));
        Assert.Equal("1", (string?)Ok(await clinic.Jansen.Get($"/fhir/Communication/{thread}")).Json["meta"]!["versionId"]);
    }

    [Fact]
    public async Task Messages_are_withdrawn_but_never_edited_or_deleted()
    {
        await using var clinic = await OpenAsync();
        var thread = await clinic.OpenThreadAsync("dr.bakker");
        var message = Ok(await Op.Send(clinic.Jansen, thread, "te vroeg"), 201).Json;
        var url = $"/fhir/Communication/{(string)message["id"]!}";
        var edited = message.DeepClone();
        edited["payload"]![0]!["contentString"] = "anders";
        Assert.Equal(409, (await clinic.Jansen.Put(url, edited.ToJsonString())).Code);
        Assert.Equal(409, (await clinic.Jansen.Delete(url)).Code);
        edited = message.DeepClone();
        edited["status"] = "entered-in-error";
        Assert.Equal(403, (await clinic.Bakker.Put(url, edited.ToJsonString())).Code);
        edited["extension"]![0]!["valueInteger"] = 7;
        Assert.Equal(400, (await clinic.Jansen.Put(url, edited.ToJsonString())).Code);
        edited.AsObject().Remove("extension");
        Ok(await clinic.Jansen.Put(url, edited.ToJsonString()));
        var there = Assert.Single(Ok(await Op.Messages(clinic.Bakker, thread)).Entries());
        Assert.Equal((1, "entered-in-error"), (there.Seq(), (string?)there["status"]));
    }

    [Fact]
    public async Task A_header_does_not_change_by_an_update()
    {
        await using var clinic = await OpenAsync();
        await clinic.ConsentAsync();
        var thread = await clinic.OpenThreadAsync();
        var header = Ok(await clinic.Jansen.Get($"/fhir/Communication/{thread}")).Json;
        foreach (Action<JsonNode> change in (Action<JsonNode>[])
        [
            h => h["recipient"]!.AsArray().Add(JsonNode.Parse("""{"reference":"PractitionerRole/dr.bakker"}""")), h => h["subject"]!["reference"] = "Patient/p2",
            h => h["status"] = "completed", h => h.AsObject().Remove("category"), _ => { },
        ])
        {
            var other = header.DeepClone();
            change(other);
            Assert.Equal(409, (await clinic.Jansen.Put($"/fhir/Communication/{thread}", other.ToJsonString())).Code);
        }
        Assert.Equal(409, (await clinic.Jansen.Delete($"/fhir/Communication/{thread}")).Code);
        Assert.Empty(Ok(await Op.Inbox(clinic.Bakker)).Entries());
    }

    [Fact]
    public async Task A_header_does_not_change_while_it_is_closed_either()
    {
        await using var clinic = await OpenAsync();
        await clinic.ConsentAsync();
        var thread = await clinic.OpenThreadAsync();
        var header = Ok(await clinic.Jansen.Get($"/fhir/Communication/{thread}")).Json;
        Assert.True(clinic.Get<Closings>().TryBegin(new("Communication", thread), new("DocumentReference", "verslag")));   // as $close-thread does, in the middle of it
        header["status"] = "completed";
        foreach (var (subject, code) in new[] { ("Patient/p2", 409), ((string)header["subject"]!["reference"]!, 200) })
        {
            header["subject"]!["reference"] = subject;
            var got = await clinic.Integrator.Post("/fhir", $$$"""
                {"resourceType":"Bundle","type":"transaction","entry":[
                 {"resource":{"resourceType":"DocumentReference","id":"verslag","status":"current","content":[{"attachment":{"title":"x"}}]},"request":{"method":"PUT","url":"DocumentReference/verslag"}},
                 {"resource":{{{header.ToJsonString()}}},"request":{"method":"PUT","url":"Communication/{{{thread}}}"}}]}
                """);
            Assert.True(got.Code == code, got.Text);
        }
    }

    [Fact]
    public async Task Who_takes_no_part_sees_no_thread_and_cannot_write_in_it()
    {
        await using var clinic = await OpenAsync();
        await clinic.ConsentAsync();
        var thread = await clinic.OpenThreadAsync(text: "vertrouwelijk");
        foreach (var other in (Fhir.Server.Api.Tests.Client[])[clinic.Bakker, clinic.DeWit])
        {
            Assert.Equal(404, (await other.Get($"/fhir/Communication/{thread}")).Code);
            Assert.Equal(404, (await Op.Messages(other, thread)).Code);
            Assert.Equal(404, (await Op.Send(other, thread, "hallo")).Code);
            Assert.Equal(404, (await Op.MarkRead(other, thread, 1)).Code);
            Assert.Equal(404, (await Op.Close(other, thread)).Code);
        }
        string Part(string id) => $$"""{"resourceType":"Communication","status":"completed","partOf":[{"reference":"Communication/{{id}}"}],"sender":{"reference":"PractitionerRole/dr.bakker"},"payload":[{"contentString":"x"}]}""";
        var (hidden, absent) = (await clinic.Bakker.Post("/fhir/Communication", Part(thread)), await clinic.Bakker.Post("/fhir/Communication", Part("nowhere")));
        Assert.Equal((400, absent.Text), (hidden.Code, hidden.Text));
        Assert.Single(Ok(await Op.Messages(clinic.System, thread)).Entries());
        Assert.Equal(403, (await Op.Send(clinic.System, thread, "hallo")).Code);
        Assert.Equal(403, (await clinic.DeVries.Post("/fhir/Communication", Part(thread))).Code);
    }

    [Fact]
    public async Task A_communication_that_is_no_thread_stays_at_home_whatever_its_recipient_says()
    {
        await using var clinic = await OpenAsync();
        var made = Ok(await clinic.Jansen.Post("/fhir/Communication",
            """{"resourceType":"Communication","status":"completed","subject":{"reference":"Patient/p1"},"sender":{"reference":"PractitionerRole/dr.jansen"},"recipient":[{"reference":"PractitionerRole/dr.bakker"}],"payload":[{"contentString":"x"}]}"""), 201).Id;
        Ok(await clinic.DeWit.Get($"/fhir/Communication/{made}"));
        Assert.Equal(404, (await clinic.Bakker.Get($"/fhir/Communication/{made}")).Code);
        Assert.Equal(404, (await clinic.DeVries.Get($"/fhir/Communication/{made}")).Code);
    }

    [Fact]
    public async Task A_reply_answers_a_message_of_the_same_thread()
    {
        await using var clinic = await OpenAsync();
        var (one, other) = (await clinic.OpenThreadAsync("dr.bakker"), await clinic.OpenThreadAsync("dr.bakker"));
        var message = Ok(await Op.Send(clinic.Jansen, one, "vraag"), 201).Id;
        Assert.Equal(400, (await Op.Send(clinic.Bakker, other, "antwoord", inReplyTo: $"Communication/{message}")).Code);
        var reply = Ok(await Op.Send(clinic.Bakker, one, "antwoord", inReplyTo: $"Communication/{message}"), 201);
        Assert.Equal($"Communication/{message}", (string?)reply.Json["inResponseTo"]![0]!["reference"]);
    }

    [Fact]
    public async Task A_seq_is_given_and_never_taken()
    {
        await using var clinic = await OpenAsync();
        var thread = await clinic.OpenThreadAsync("dr.bakker");
        var forged = $$"""{"resourceType":"Communication","extension":[{"url":"{{ClinicUrls.ThreadSeq}}","valueInteger":9}],"status":"completed","partOf":[{"reference":"Communication/{{thread}}"}],"sender":{"reference":"PractitionerRole/dr.jansen"},"payload":[{"contentString":"x"}]}""";
        Assert.Equal(400, (await clinic.Jansen.Post("/fhir/Communication", forged)).Code);
        Assert.Equal(403, (await clinic.Jansen.Post("/fhir/Communication", forged.Replace("dr.jansen", "dr.bakker", StringComparison.Ordinal).Replace(ClinicUrls.ThreadSeq, "http://example.org/x", StringComparison.Ordinal))).Code);
    }

    [Fact]
    public async Task An_upload_is_attached_by_its_owner_and_then_belongs_to_the_thread()
    {
        await using var clinic = await OpenAsync();
        var thread = await clinic.OpenThreadAsync("dr.bakker");
        var pdf = "%PDF-1.4 test"u8.ToArray();
        var binary = Ok(await clinic.Jansen.SendBytes("POST", "/fhir/Binary", pdf, "application/pdf"), 201).Headers.Location!.ToString().Split("/Binary/")[1].Split('/')[0];
        var attachment = $$"""{"contentType":"application/pdf","url":"Binary/{{binary}}","title":"brief.pdf"}""";
        Assert.Equal(400, (await Op.Attach(clinic.Bakker, thread, JsonNode.Parse(attachment)!.AsObject())).Code);
        Ok(await clinic.DeWit.Get($"/fhir/Binary/{binary}"));
        Ok(await clinic.System.Get($"/fhir/Communication/{thread}"));
        Ok(await clinic.System.SendBytes("POST", "/fhir/Binary", pdf, "application/pdf", ("X-Security-Context", $"Communication/{thread}")), 400);   // it sees the thread and takes no part
        Ok(await Op.Attach(clinic.Jansen, thread, JsonNode.Parse(attachment)!.AsObject()), 201);
        Assert.Equal(pdf, Ok(await clinic.Bakker.Get($"/fhir/Binary/{binary}", ("Accept", "application/pdf"))).Bytes);
        Assert.Equal(404, (await clinic.DeWit.Get($"/fhir/Binary/{binary}")).Code);
        Assert.Equal(409, (await Op.Attach(clinic.Jansen, await clinic.OpenThreadAsync("dr.bakker"), JsonNode.Parse(attachment)!.AsObject())).Code);
        Assert.Equal(409, (await clinic.Jansen.SendBytes("PUT", $"/fhir/Binary/{binary}", "%PDF-1.4 other"u8.ToArray(), "application/pdf")).Code);
        Assert.Equal(409, (await clinic.Jansen.Delete($"/fhir/Binary/{binary}")).Code);
    }

    [Fact]
    public async Task An_attachment_is_what_its_bytes_say()
    {
        await using var clinic = await OpenAsync();
        var thread = await clinic.OpenThreadAsync("dr.bakker");
        var html = Ok(await clinic.Jansen.SendBytes("POST", "/fhir/Binary", "<script>"u8.ToArray(), "application/pdf"), 201).Headers.Location!.ToString().Split("/Binary/")[1].Split('/')[0];
        Assert.Equal(422, (await Op.Attach(clinic.Jansen, thread, new() { ["contentType"] = "application/pdf", ["url"] = $"Binary/{html}" })).Code);
        Assert.Equal(422, (await Op.Attach(clinic.Jansen, thread, new() { ["contentType"] = "image/png", ["data"] = Convert.ToBase64String("%PDF-1.4"u8) })).Code);
        var inline = new JsonObject { ["contentType"] = "application/pdf", ["data"] = Convert.ToBase64String("%PDF-1.4"u8), ["title"] = "a" };
        var first = Ok(await Op.Attach(clinic.Jansen, thread, inline.DeepClone().AsObject(), "c1"), 201);
        Assert.Equal(first.Id, Ok(await Op.Attach(clinic.Jansen, thread, inline, "c1")).Id);
        Ok(await clinic.Bakker.Get($"/fhir/{(string)first.Json["payload"]![0]!["contentAttachment"]!["url"]!}"));
    }

    [Fact]
    public async Task No_BSN_travels_along_with_the_reference_to_the_patient()
    {
        await using var clinic = await OpenAsync();
        await clinic.ConsentAsync();
        var subject = $$""" "subject":{"reference":"{{Patient}}","identifier":{"system":"{{ClinicUrls.Bsn}}","value":"999990019"} } """;
        var header = await clinic.Jansen.Post("/fhir/Communication",
            $$"""
            {"resourceType":"Communication","status":"in-progress",{{subject}},"topic":{"text":"Rug"},"category":[{"coding":[{"system":"{{ClinicUrls.ThreadCategory}}","code":"advice"}]}],
             "sender":{"reference":"PractitionerRole/dr.jansen"},"recipient":[{"reference":"PractitionerRole/dr.devries"}]}
            """);
        Assert.Equal(400, header.Code);
        Assert.Equal(["Communication.subject.identifier"], header.Places);
        var thread = await clinic.OpenThreadAsync();
        var message = await clinic.Jansen.Post("/fhir/Communication",
            $$"""
            {"resourceType":"Communication","status":"completed",{{subject}},"partOf":[{"reference":"Communication/{{thread}}"}],
             "sender":{"reference":"PractitionerRole/dr.jansen"},"payload":[{"contentString":"een"}]}
            """);
        Assert.Equal(400, message.Code);
        Assert.Equal(["Communication.subject.identifier"], message.Places);
    }

    [Fact]
    public async Task A_withdrawal_says_nothing_new()
    {
        await using var clinic = await OpenAsync();
        var thread = await clinic.OpenThreadAsync("dr.bakker", "een");
        var message = Ok(await Op.Messages(clinic.Jansen, thread)).Entries().Single().AsObject();
        message["status"] = "entered-in-error";
        message["text"] = new JsonObject { ["status"] = "additional", ["div"] = """<div xmlns="http://www.w3.org/1999/xhtml">twee</div>""" };
        Assert.Equal(409, (await clinic.Jansen.Put($"/fhir/Communication/{message["id"]}", message.ToJsonString())).Code);
        message.Remove("text");
        Ok(await clinic.Jansen.Put($"/fhir/Communication/{message["id"]}", message.ToJsonString()));
    }
}

public sealed class ThreadsOnSqlite : ThreadContract { protected override Task<TenantDatabase> EmptyAsync() => TestDatabase.SqliteAsync(); }
public sealed class ThreadsOnPostgres : ThreadContract { protected override Task<TenantDatabase> EmptyAsync() => TestDatabase.PostgresAsync(); }
