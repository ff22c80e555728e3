using System.Text.Json.Nodes;
using Fhir.Messaging.Delivery;
using Fhir.Messaging.Tests.Clinic;
using Fhir.Server.Api.Tests;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Outbox;
using Fhir.Server.Store.Tests;
using Microsoft.Extensions.Hosting;
using Scenarios.Stage;
using static Fhir.Messaging.Tests.Clinic.TestClinic;
using Op = Fhir.Messaging.Tests.Clinic.Threads;

namespace Fhir.Messaging.Tests.DeliveryTests;

public abstract class DeliveryContract
{
    protected abstract Task<TenantDatabase> EmptyAsync();

    // The dispatcher is stopped: the tests say when it runs.
    private async Task<TestClinic> OpenAsync()
    {
        var clinic = await TestClinic.OpenAsync(EmptyAsync);
        await clinic.Get<Dispatch>().StopAsync(default);
        return clinic;
    }

    private static async Task<string> ClosedAsync(TestClinic clinic, string patient = Patient, string summary = "Opbouw in drie weken.")
    {
        var thread = await clinic.OpenThreadAsync("dr.bakker", "vraag", patient);
        Ok(await Op.Close(clinic.As("dr.jansen"), thread, summary));
        return thread;
    }

    private static async Task<JsonNode> DeliveryOfAsync(TestClinic clinic, string thread) =>
        Ok(await Op.Inbox(clinic.As("dr.jansen"))).Entries().Single(h => (string?)h["id"] == thread).Extension(ClinicUrls.Delivery)!;

    private static async Task<(string State, string? Detail)> StateAsync(TestClinic clinic, string thread)
    {
        var delivery = await DeliveryOfAsync(clinic, thread);
        var detail = delivery["extension"]!.AsArray().FirstOrDefault(e => (string?)e!["url"] == "detail");
        return ((string)delivery.Part("state")["valueCode"]!, (string?)detail?["valueString"]);
    }

    [Fact]
    public async Task A_summary_is_queued_sent_and_accepted_with_all_that_the_receiver_needs()
    {
        await using var clinic = await OpenAsync();
        var thread = await ClosedAsync(clinic);
        Assert.Equal("queued", (await StateAsync(clinic, thread)).State);
        Assert.Equal("Endpoint/de-linde", (string?)(await DeliveryOfAsync(clinic, thread)).Part("destination")["valueReference"]!["reference"]);
        Assert.Equal(1, await clinic.Get<Dispatch>().RunOnceAsync(default));
        var got = Assert.Single(clinic.Line.Got);
        Assert.Equal(("999990019", "NNNLD"), (got.Patient.Identifiers.Single().Value, got.Patient.Identifiers.Single().Type));
        Assert.Equal(("Dijk", "1975-03-18", "female"), (got.Patient.Family, got.Patient.BirthDate, got.Patient.Gender));
        Assert.Equal(("Jansen", "01004567", "Huisartsenpraktijk De Linde"), (got.Author.Family, got.Author.Agb, got.ReceivingOrganization));
        Assert.Contains("Opbouw in drie weken.", got.Text, StringComparison.Ordinal);
        Assert.True(got.Pdf.Span.StartsWith("%PDF-"u8));
        Assert.InRange(got.MessageId.Length, 1, 20);
        Assert.Equal(("accepted", "AA"), await StateAsync(clinic, thread));
        Assert.Equal(0, await clinic.Get<Dispatch>().RunOnceAsync(default));
    }

    [Fact]
    public async Task What_gets_no_answer_goes_again_after_the_back_off_with_the_same_id()
    {
        await using var clinic = await OpenAsync();
        clinic.Line.Always(LineResult.Retry, "no answer");
        clinic.Clock.Stop();
        var thread = await ClosedAsync(clinic);
        var dispatch = clinic.Get<Dispatch>();
        foreach (var seconds in (int[])[0, 1, 5, 30, 120, 600, 3600, 3600])
        {
            if (seconds > 0)
            {
                clinic.Clock.Advance(TimeSpan.FromSeconds(seconds - 0.01));
                Assert.Equal(0, await dispatch.RunOnceAsync(default));
                clinic.Clock.Advance(TimeSpan.FromSeconds(0.02));
            }
            Assert.Equal(1, await dispatch.RunOnceAsync(default));
        }
        Assert.Equal(("queued", "no answer"), await StateAsync(clinic, thread));
        clinic.Line.Always(LineResult.Accepted, "AA");
        clinic.Clock.Advance(TimeSpan.FromHours(2));
        await dispatch.RunOnceAsync(default);
        Assert.Single(clinic.Line.Got.Select(d => d.MessageId).Distinct());
        Assert.Equal("accepted", (await StateAsync(clinic, thread)).State);
    }

    [Fact]
    public async Task After_three_days_without_an_answer_it_is_parked()
    {
        await using var clinic = await OpenAsync();
        clinic.Line.Always(LineResult.Retry, "no answer");
        var thread = await ClosedAsync(clinic);
        await clinic.Get<Dispatch>().RunOnceAsync(default);
        clinic.Clock.Advance(TimeSpan.FromHours(73));
        await clinic.Get<Dispatch>().RunOnceAsync(default);
        Assert.Equal("parked", (await StateAsync(clinic, thread)).State);
        clinic.Clock.Advance(TimeSpan.FromHours(73));
        Assert.Equal(0, await clinic.Get<Dispatch>().RunOnceAsync(default));
    }

    [Fact]
    public async Task A_no_is_kept_in_the_ledger_and_parked_for_a_person()
    {
        await using var clinic = await OpenAsync();
        clinic.Line.Always(LineResult.Rejected, "AE 207");
        var thread = await ClosedAsync(clinic);
        await clinic.Get<Dispatch>().RunOnceAsync(default);
        Assert.Equal(("parked", "AE 207"), await StateAsync(clinic, thread));
        await using var session = await clinic.Database.ReadAsync(snapshot: false, default);
        Assert.Equal([OutboxState.Queued, OutboxState.Sent, OutboxState.Rejected, OutboxState.Parked], (await OutboxTable.EventsAsync(session, 1, default)).Select(e => e.State));
    }

    [Fact]
    public async Task One_that_waits_or_lies_parked_holds_back_only_the_same_patient()
    {
        await using var clinic = await OpenAsync();
        clinic.Line.Answer = (document, _) => Task.FromResult(document.Text.Contains("kapot", StringComparison.Ordinal) ? new LineAnswer(LineResult.Rejected, "AR") : new LineAnswer(LineResult.Accepted, "AA"));
        var (broken, behind, other) = (await ClosedAsync(clinic, summary: "kapot"), await ClosedAsync(clinic), await ClosedAsync(clinic, "Patient/p2"));
        for (var i = 0; i < 4; i++) await clinic.Get<Dispatch>().RunOnceAsync(default);
        Assert.Equal(("parked", "queued", "accepted"), ((await StateAsync(clinic, broken)).State, (await StateAsync(clinic, behind)).State, (await StateAsync(clinic, other)).State));
    }

    [Fact]
    public async Task One_is_in_flight_per_destination_and_one_that_was_killed_goes_again_with_the_same_id()
    {
        await using var clinic = await OpenAsync();
        var (one, two) = (await ClosedAsync(clinic), await ClosedAsync(clinic, "Patient/p2"));
        var killed = Assert.Single(await clinic.Get<Ledger>().ClaimAsync(TimeSpan.FromMinutes(2), default));   // a process that claims and dies
        Assert.Equal(0, await clinic.Get<Dispatch>().RunOnceAsync(default));
        Assert.Equal("sent", (await StateAsync(clinic, one)).State);
        clinic.Clock.Advance(TimeSpan.FromMinutes(3));
        while (await clinic.Get<Dispatch>().RunOnceAsync(default) > 0) { }
        Assert.Equal(killed.What.MessageId, clinic.Line.Got[0].MessageId);
        Assert.Equal(2, clinic.Line.Got.Count);
        Assert.Equal(("accepted", "accepted"), ((await StateAsync(clinic, one)).State, (await StateAsync(clinic, two)).State));
    }

    [Fact]
    public async Task A_late_worker_changes_nothing_but_an_acceptance_counts()
    {
        await using var clinic = await OpenAsync();
        var thread = await ClosedAsync(clinic);
        var ledger = clinic.Get<Ledger>();
        var late = Assert.Single(await ledger.ClaimAsync(TimeSpan.FromMinutes(2), default));
        clinic.Clock.Advance(TimeSpan.FromMinutes(3));
        Assert.Single(await ledger.ClaimAsync(TimeSpan.FromMinutes(2), default));
        await ledger.RejectedAsync(late, "AR", default);
        Assert.Equal("sent", (await StateAsync(clinic, thread)).State);
        await ledger.AcceptedAsync(late, "AA", default);
        Assert.Equal("accepted", (await StateAsync(clinic, thread)).State);
    }

    [Fact]
    public async Task A_patient_whom_the_receiver_cannot_know_is_parked_with_the_reason()
    {
        await using var clinic = await OpenAsync();
        await clinic.NewPatientAsync("p9", bsn: null);
        var thread = await ClosedAsync(clinic, "Patient/p9");
        await clinic.Get<Dispatch>().RunOnceAsync(default);
        Assert.Equal(("parked", "The patient has no identifier that the receiver knows."), await StateAsync(clinic, thread));
        Assert.Empty(clinic.Line.Got);
    }

    [Fact]
    public async Task A_connection_type_that_nobody_speaks_is_parked()
    {
        await using var clinic = await OpenAsync();
        await clinic.PutAsync("Endpoint", "de-linde", """ "status":"active","connectionType":{"code":"pigeon"},"payloadType":[{"text":"x"}],"address":"pigeon://roof" """);
        var thread = await ClosedAsync(clinic);
        await clinic.Get<Dispatch>().RunOnceAsync(default);
        Assert.Equal("parked", (await StateAsync(clinic, thread)).State);
    }

    private static Task ActiveAsync(TestClinic clinic, string organization) => clinic.PutAsync("Endpoint", organization,
        """ "status":"active","connectionType":{"code":"hl7v2-mllp"},"payloadType":[{"text":"ORU"}],"address":"mllp://127.0.0.1:2576" """);

    private static async Task<string> StateAtAsync(TestClinic clinic, string thread, string endpoint) =>
        Ok(await Op.Inbox(clinic.As("dr.jansen"))).Entries().Single(h => (string?)h["id"] == thread)["extension"]!.AsArray()
            .Where(e => (string?)e!["url"] == ClinicUrls.Delivery && (string?)e.Part("destination")["valueReference"]!["reference"] == $"Endpoint/{endpoint}").Select(e => (string)e!.Part("state")["valueCode"]!).Single();

    // Queued while they might have it; then the patient takes it back, in one of these ways.
    [Theory]
    [InlineData("the organisation is denied", "Organization/rijnmond")]
    [InlineData("the clinician is denied", "PractitionerRole/dr.bakker")]
    [InlineData("everyone is denied", null)]
    public async Task H6_What_was_queued_for_somebody_who_is_denied_since_does_not_leave(string why, string? denied)
    {
        await using var clinic = await OpenAsync();
        await ActiveAsync(clinic, "rijnmond");
        clinic.Line.Always(LineResult.Retry, why);
        var thread = await ClosedAsync(clinic);
        await clinic.Get<Dispatch>().RunOnceAsync(default);
        Assert.Equal(("queued", "queued"), (await StateAtAsync(clinic, thread, "de-linde"), await StateAtAsync(clinic, thread, "rijnmond")));
        var denial = Consents.For(denied ?? "", Patient, clinic.Clock.GetUtcNow(), c => { c.Provision()["type"] = "deny"; if (denied is null) c.Provision().Remove("actor"); });
        var consent = Ok(await clinic.Jansen.Post("/fhir/Consent", denial), 201).Id;
        var before = clinic.Line.Got.Count;
        clinic.Line.Always(LineResult.Accepted, "AA");
        clinic.Clock.Advance(TimeSpan.FromMinutes(1));
        while (await clinic.Get<Dispatch>().RunOnceAsync(default) > 0) { }
        Assert.Equal(["Huisartsenpraktijk De Linde"], clinic.Line.Got.Skip(before).Select(d => d.ReceivingOrganization));   // its own thread is its own
        Assert.Equal(("accepted", "withheld"), (await StateAtAsync(clinic, thread, "de-linde"), await StateAtAsync(clinic, thread, "rijnmond")));
        var log = Ok(await clinic.As(Patient).Get("/fhir/AuditEvent?outcome=4&type=http://dicom.nema.org/resources/ontology/DCM|110106")).Entries();
        Assert.Contains("Organization/rijnmond", Assert.Single(log).ToJsonString(), StringComparison.Ordinal);

        // It is final, and holds nothing back: what may be sent later is sent.
        Ok(await clinic.Jansen.Delete($"/fhir/Consent/{consent}"), 204);
        clinic.Clock.Advance(TimeSpan.FromHours(2));
        Assert.Equal(0, await clinic.Get<Dispatch>().RunOnceAsync(default));
        var next = await ClosedAsync(clinic);
        while (await clinic.Get<Dispatch>().RunOnceAsync(default) > 0) { }
        Assert.Equal(("withheld", "accepted"), (await StateAtAsync(clinic, thread, "rijnmond"), await StateAtAsync(clinic, next, "rijnmond")));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task H6_What_was_queued_under_a_consent_that_ended_does_not_leave(bool withdrawn)
    {
        await using var clinic = await OpenAsync();
        await ActiveAsync(clinic, "arbodienst-oost");
        var consent = await clinic.ConsentAsync();
        var thread = await clinic.OpenThreadAsync();
        Ok(await Op.Close(clinic.Jansen, thread));
        Assert.Equal("queued", await StateAtAsync(clinic, thread, "arbodienst-oost"));
        if (withdrawn) Ok(await clinic.Jansen.Delete($"/fhir/Consent/{consent}"), 204);
        else clinic.Clock.Advance(TimeSpan.FromDays(32));
        while (await clinic.Get<Dispatch>().RunOnceAsync(default) > 0) { }
        Assert.Equal(["Huisartsenpraktijk De Linde"], clinic.Line.Got.Select(d => d.ReceivingOrganization));
        Assert.Equal(("accepted", "withheld"), (await StateAtAsync(clinic, thread, "de-linde"), await StateAtAsync(clinic, thread, "arbodienst-oost")));
    }

    [Fact]
    public async Task The_service_sends_by_itself()
    {
        await using var clinic = await TestClinic.OpenAsync(EmptyAsync);
        var thread = await ClosedAsync(clinic);
        await Eventually.Async(() => StateAsync(clinic, thread), now => now.State == "accepted", "the delivery");
    }
}

public sealed class DeliveryOnSqlite : DeliveryContract { protected override Task<TenantDatabase> EmptyAsync() => TestDatabase.SqliteAsync(); }
public sealed class DeliveryThroughPgbouncer : DeliveryContract { protected override Task<TenantDatabase> EmptyAsync() => Fhir.Server.Store.Tests.Pooled.Pgbouncer.DatabaseAsync(); }
public sealed class DeliveryOnPostgres : DeliveryContract { protected override Task<TenantDatabase> EmptyAsync() => TestDatabase.PostgresAsync(); }
