using System.Text.Json.Nodes;
using Fhir.Messaging.Tests.Clinic;
using Fhir.Server.Api.Tests;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Tests;
using static Fhir.Messaging.Tests.Clinic.TestClinic;
using Op = Fhir.Messaging.Tests.Clinic.Threads;

namespace Fhir.Messaging.Tests.ThreadTests;

/// <summary>Letters, documents and files that stand in no thread: the practice's own, and their patient's to deny and to find in her log.</summary>
public abstract class BesideThreadsContract
{
    protected abstract Task<TenantDatabase> EmptyAsync();

    private Task<TestClinic> OpenAsync() => TestClinic.OpenAsync(EmptyAsync);

    public static TheoryData<string, string> Bodies => new()
    {
        { "Communication", """{"resourceType":"Communication","status":"completed","subject":{"reference":"Patient/p1"},"payload":[{"contentString":"Gebeld."}]}""" },
        { "Communication", """{"resourceType":"Communication","status":"completed","recipient":[{"reference":"Patient/p1"},{"reference":"Patient/p2"}],"payload":[{"contentString":"Gebeld."}]}""" },
        { "Bundle", """{"resourceType":"Bundle","type":"document","identifier":{"system":"urn:x","value":"1"},"timestamp":"2024-01-01T00:00:00Z","entry":[{"fullUrl":"urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0","resource":{"resourceType":"Composition","status":"final","type":{"text":"x"},"date":"2024-01-01","title":"x","author":[{"reference":"PractitionerRole/dr.jansen"}],"subject":{"reference":"Patient/p1"}}}]}""" },
        { "Binary", """{"resourceType":"Binary","contentType":"text/plain","securityContext":{"reference":"Patient/p1"},"data":"eA=="}""" },
        { "QuestionnaireResponse", """{"resourceType":"QuestionnaireResponse","status":"completed","source":{"reference":"Patient/p1"}}""" },
    };

    private static Task NewPostAsync(TestClinic clinic, string id, string practitioner, string organization, string role) => clinic.PutAsync("PractitionerRole", id,
        $$"""
        "active":true,"practitioner":{"reference":"Practitioner/{{practitioner}}"},"organization":{"reference":"Organization/{{organization}}"},
        "code":[{"coding":[{"system":"{{ClinicUrls.ClinicRole}}","code":"{{role}}"}]}]
        """);

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task What_stands_in_no_thread_is_hidden_by_a_denial_and_in_the_patients_log_but_not_hers_to_read(string type, string body)
    {
        await using var clinic = await OpenAsync();
        await NewPostAsync(clinic, "dr.smit", "dr.bakker", "de-linde", "gp");
        var (smit, self) = (clinic.As("dr.smit"), clinic.As(TestClinic.Patient));
        var path = $"/fhir/{type}/{Ok(await clinic.Jansen.Post($"/fhir/{type}", body), 201).Id}";
        Ok(await smit.Get(path, ("X-Request-Id", "beside")));
        Assert.Equal((404, 404), ((await self.Get(path)).Code, (await clinic.Bakker.Get(path)).Code));
        var log = Ok(await self.Get("/fhir/AuditEvent?action=R")).Text;
        Assert.Contains("beside", log, StringComparison.Ordinal);
        Assert.DoesNotContain("p2", log, StringComparison.Ordinal);
        var deny = Consents.For("PractitionerRole/dr.smit", TestClinic.Patient, clinic.Clock.GetUtcNow(), consent => consent.Provision()["type"] = "deny");
        Ok(await clinic.Jansen.Post("/fhir/Consent", deny), 201);
        Assert.Equal(404, (await smit.Get(path)).Code);
        Ok(await clinic.Jansen.Get(path));
    }

    [Fact]
    public async Task A_file_uploaded_in_one_post_is_not_attached_in_another_of_the_same_person()
    {
        await using var clinic = await OpenAsync();
        await NewPostAsync(clinic, "dr.jansen.ziekenhuis", "dr.jansen", "rijnmond", "specialist");
        var thread = Ok(await Op.Open(clinic.Jansen, TestClinic.Patient, ["dr.jansen.ziekenhuis"], null), 201).Id;
        var binary = Ok(await clinic.Jansen.SendBytes("POST", "/fhir/Binary", "%PDF-1.4 test"u8.ToArray(), "application/pdf"), 201).Headers.Location!.ToString().Split("/Binary/")[1].Split('/')[0];
        JsonObject Attachment() => new() { ["contentType"] = "application/pdf", ["url"] = $"Binary/{binary}", ["title"] = "brief.pdf" };
        Assert.Equal(400, (await Op.Attach(clinic.As("dr.jansen.ziekenhuis"), thread, Attachment())).Code);
        Ok(await Op.Attach(clinic.Jansen, thread, Attachment()), 201);
    }
}

public sealed class BesideThreadsOnSqlite : BesideThreadsContract { protected override Task<TenantDatabase> EmptyAsync() => TestDatabase.SqliteAsync(); }
public sealed class BesideThreadsOnPostgres : BesideThreadsContract { protected override Task<TenantDatabase> EmptyAsync() => TestDatabase.PostgresAsync(); }
