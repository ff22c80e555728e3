using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Scenarios.Stage;

namespace Scenarios;

/// <summary>A GP consults a company doctor, and the outcome lands in the GP's practice system: told over plain HTTP against the real processes.</summary>
public sealed class TheStory
{
    /// <summary>Each attempt that fails makes the next wait longer, up to minutes; how many do so before the test goes on depends on the machine.</summary>
    private const int Patient = 600;
    private const string Summary = "Rugklachten zijn werkgerelateerd. Opbouw in drie weken; controle bij toename. Café, coördinatie, € 10.";

    [Fact]
    public async Task From_a_refused_consult_to_a_summary_in_the_practice_system()
    {
        await using var practiceSystem = await PracticeSystem.StartAsync();
        await using var clinic = await Clinic.OpenAsync(practiceSystem);
        var (jansen, devries, his) = (await clinic.DrJansen, await clinic.DrDeVries, await clinic.HisDeLinde);
        var since = Uri.EscapeDataString(TimeProvider.System.GetUtcNow().AddSeconds(-1).ToString("O", CultureInfo.InvariantCulture));

        // Without the patient's consent the attempt is refused, and nothing is stored.
        Assert.Contains("onsent", (await jansen.OpenThreadAsync("Patient/patient-02", devries, "Rugpijn en werk", "Kan mevrouw tillen?")).Refused(403, 409, 422), StringComparison.Ordinal);
        Assert.Empty(await jansen.InboxAsync());
        Assert.Empty(await jansen.SearchAsync("Communication?subject=Patient/patient-02"));

        // She gave it: Dr Jansen records it, and opens the consult.
        var consent = (await jansen.PostAsync("Consent", ConsentFor("Patient/patient-02", devries))).Must(201);
        var header = (await jansen.OpenThreadAsync("Patient/patient-02", devries, "Rugpijn en werk", "Kan mevrouw tillen?")).Must(201);
        var thread = header.Key;

        // They write back and forth; each is woken at once.
        await using var hisHub = await HubLine.OpenAsync(devries);
        var token = (await hisHub.ResumeAsync(null)).GetProperty("token").GetString();
        await using var herHub = await HubLine.OpenAsync(jansen);
        await herHub.ResumeAsync(null);
        (await devries.SayAsync(thread, "Wat doet ze voor werk?")).Must(200, 201);
        Assert.Equal(2, (await herHub.PushedAsync("thread", e => Seq(e) == 2)).GetProperty("seq").GetInt32());
        (await jansen.SayAsync(thread, "Magazijn; tilt de hele dag.")).Must(200, 201);
        await hisHub.PushedAsync("thread", e => Seq(e) == 3 && e.GetProperty("thread").GetString() == thread);
        Assert.Equal(["Kan mevrouw tillen?", "Wat doet ze voor werk?", "Magazijn; tilt de hele dag."], (await devries.MessagesAsync(thread)).Select(Text));
        Assert.Equal([1, 2, 3], (await jansen.MessagesAsync(thread)).Select(SeqOf));

        // Read receipts.
        (await devries.ReadUpToAsync(thread, 3)).Must(200);
        var receipt = await herHub.PushedAsync("receipt");
        Assert.Equal((thread, devries.Role, 3), (receipt.GetProperty("thread").GetString(), receipt.GetProperty("reader").GetString(), Seq(receipt)));
        Assert.Contains(ReadersOf((await jansen.MessagesAsync(thread))[2]), reader => reader == devries.Role);

        // A client that was away catches up without loss or doubles.
        await hisHub.DisposeAsync();
        var client = Guid.NewGuid();
        (await jansen.SayAsync(thread, "Nog een vraag.", client)).Must(200, 201);
        (await jansen.SayAsync(thread, "Nog een vraag.", client)).Must(200, 201);
        (await jansen.SayAsync(thread, "Iets anders.", client)).Refused(409);
        await using var again = await HubLine.OpenAsync(devries);
        var missed = await again.ResumeAsync(token);
        Assert.Equal(4, Assert.Single(missed.GetProperty("threads").EnumerateArray(), t => t.GetProperty("thread").GetString() == thread).GetProperty("seq").GetInt32());
        Assert.Equal([4], (await devries.MessagesAsync(thread, afterSeq: 3)).Select(SeqOf));
        Assert.Equal(1, Unread(Assert.Single(await devries.InboxAsync())));

        // Dr Jansen closes with a summary; nothing can be said any more.
        Assert.Equal("completed", (await jansen.CloseAsync(thread, Summary)).Must(200).Json.GetProperty("status").GetString());
        (await devries.SayAsync(thread, "Te laat.")).Refused(409, 422);

        // It lands in the practice system, once.
        await Eventually.Async(() => Task.FromResult(practiceSystem.Messages.Count), count => count > 0, "the delivery");
        var message = await File.ReadAllTextAsync(Assert.Single(practiceSystem.Messages), Encoding.UTF8);
        Assert.Contains("ORU^R01", message, StringComparison.Ordinal);
        Assert.Contains("999903743^^^NLMINBIZA^NNNLD", message, StringComparison.Ordinal);
        Assert.Contains("DL1002", message, StringComparison.Ordinal);
        Assert.Contains("^application^pdf^Base64^JVBERi", message, StringComparison.Ordinal);
        await Eventually.Async(async () => DeliveryStateOf(Assert.Single(await jansen.InboxAsync())), state => state == "accepted", "the state 'accepted' at the thread");

        // And the practice system finds it when it pulls.
        var document = Assert.Single(await his.SearchAsync($"DocumentReference?_lastUpdated=gt{since}"));
        Assert.Equal("current", document.GetProperty("status").GetString());
        Assert.Equal(thread, document.GetProperty("context").GetProperty("related")[0].GetProperty("reference").GetString());
        Assert.Equal("Patient/patient-02", document.GetProperty("subject").GetProperty("reference").GetString());
        Assert.Contains("werkgerelateerd", Assert.Single(await his.SearchAsync($"Composition?_lastUpdated=gt{since}")).GetRawText(), StringComparison.Ordinal);
        var attachments = document.GetProperty("content").EnumerateArray().Select(c => c.GetProperty("attachment")).ToList();
        var pdf = Assert.Single(attachments, a => a.GetProperty("contentType").GetString() == "application/pdf");
        var bytes = (await his.SendAsync(HttpMethod.Get, pdf.GetProperty("url").GetString()!, accept: "application/pdf")).Must(200).Body;
        Assert.Equal("%PDF-", Encoding.ASCII.GetString(bytes, 0, 5));
        Assert.Contains(attachments, a => a.GetProperty("contentType").GetString()!.StartsWith("application/fhir+json", StringComparison.Ordinal));
        Assert.Empty(await his.SearchAsync($"DocumentReference?_lastUpdated=gt{Uri.EscapeDataString(document.GetProperty("meta").GetProperty("lastUpdated").GetString()!)}"));

        // The log of all this names no patient and quotes nobody.
        await clinic.StopAsync();
        foreach (var secret in new[] { "Fatima", "van den Berg", "999903743", "Magazijn", "werkgerelateerd", "Rugpijn" })
            Assert.DoesNotContain(secret, clinic.Log, StringComparison.OrdinalIgnoreCase);
        Assert.Equal("Consent", consent.Type);
    }

    [Fact]
    public async Task Withdrawn_consent_freezes_the_thread_for_that_party_at_once()
    {
        await using var clinic = await Clinic.OpenAsync();
        var (jansen, devries) = (await clinic.DrJansen, await clinic.DrDeVries);
        var consent = (await jansen.PostAsync("Consent", ConsentFor("Patient/patient-03", devries))).Must(201);
        var thread = (await jansen.OpenThreadAsync("Patient/patient-03", devries, "Hartfalen en werk", "Graag advies.")).Must(201).Key;
        (await devries.SayAsync(thread, "Ik kijk ernaar.")).Must(200, 201);
        await using var hub = await HubLine.OpenAsync(devries);
        await hub.ResumeAsync(null);

        var withdrawn = JsonNode.Parse(consent.Body)!;
        withdrawn["status"] = "inactive";
        (await jansen.PutAsync(consent.Key, withdrawn)).Must(200);

        (await devries.SayAsync(thread, "Nog iets.")).Refused(403, 404);
        (await devries.GetAsync(thread)).Must(404);
        (await devries.GetAsync("Patient/patient-03")).Must(404);
        Assert.Empty(await devries.InboxAsync());
        Assert.Equal(thread, (await hub.PushedAsync("revoked")).GetProperty("thread").GetString());
        Assert.Equal(2, (await jansen.MessagesAsync(thread)).Count);
    }

    [Fact]
    public async Task Nobody_writes_a_consent_that_widens_her_own_access()
    {
        await using var clinic = await Clinic.OpenAsync();
        var (devries, jansen) = (await clinic.DrDeVries, await clinic.DrJansen);
        (await devries.PostAsync("Consent", ConsentFor("Patient/patient-04", devries))).Refused(403, 404, 422);
        (await jansen.PostAsync("Consent", ConsentFor("Patient/patient-04", jansen))).Refused(403, 422);
    }

    [Fact]
    public async Task A_practice_system_that_is_down_says_no_or_talks_nonsense_loses_nothing()
    {
        await using var practiceSystem = PracticeSystem.Down();
        await using var clinic = await Clinic.OpenAsync(practiceSystem);
        var (jansen, devries) = (await clinic.DrJansen, await clinic.DrDeVries);
        var first = (await jansen.OpenThreadAsync("Patient/patient-01", devries, "Werk", "Vraag.")).Must(201).Key;
        (await jansen.CloseAsync(first, "Samenvatting.")).Must(200);
        await Eventually.Async(() => StateAsync(first), state => state is "queued" or "sent", "queueing");

        await clinic.KillAsync();
        await practiceSystem.AnswerAsync("half");
        await clinic.StartAsync();
        await Eventually.Async(() => Task.FromResult(practiceSystem.Messages.Count), count => count == 1, "the first try", seconds: Patient);
        await practiceSystem.AnswerAsync("aa");
        await Eventually.Async(() => StateAsync(first), state => state == "accepted", "the delivery at last", seconds: Patient);
        Assert.Single(practiceSystem.Messages);

        await practiceSystem.AnswerAsync("ae");
        var second = (await jansen.OpenThreadAsync("Patient/patient-05", devries, "Werk", "Vraag.")).Must(201).Key;
        (await jansen.CloseAsync(second, "Samenvatting.")).Must(200);
        await Eventually.Async(() => StateAsync(second), state => state is "rejected" or "parked", "the refusal", seconds: Patient);
        Assert.Equal("accepted", await StateAsync(first));

        async Task<string?> StateAsync(string thread) => DeliveryStateOf((await jansen.InboxAsync()).Single(h => $"Communication/{h.GetProperty("id").GetString()}" == thread));
    }

    public static JsonObject ConsentFor(string patient, Person recipient) => JsonNode.Parse($$$"""
        {"resourceType":"Consent","status":"active",
         "scope":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/consentscope","code":"patient-privacy"}]},
         "category":[{"coding":[{"system":"http://loinc.org","code":"59284-0"}]}],
         "patient":{"reference":"{{{patient}}}"},"performer":[{"reference":"{{{patient}}}"}],
         "policyRule":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"OPTIN"}]},
         "provision":{"type":"permit","period":{"start":"2020-01-01","end":"2099-12-31"},
          "actor":[{"role":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ParticipationType","code":"IRCP"}]},"reference":{"reference":"{{{recipient.Role}}}"}}],
          "purpose":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActReason","code":"TREAT"}]}}
        """)!.AsObject();

    private static string Text(JsonElement message) => message.GetProperty("payload")[0].GetProperty("contentString").GetString()!;
    private static int Seq(JsonElement push) => push.GetProperty("seq").GetInt32();
    private static int SeqOf(JsonElement message) => Extension(message, "thread-seq")!.Value.GetProperty("valueInteger").GetInt32();
    private static int Unread(JsonElement header) => Extension(header, "thread-unread")!.Value.GetProperty("valueUnsignedInt").GetInt32();

    private static string? DeliveryStateOf(JsonElement header) =>
        Extension(header, "delivery") is { } delivery ? delivery.GetProperty("extension").EnumerateArray().First(e => e.GetProperty("url").GetString() == "state").GetProperty("valueCode").GetString() : null;

    private static IEnumerable<string?> ReadersOf(JsonElement message) =>
        from extension in message.GetProperty("extension").EnumerateArray()
        where extension.GetProperty("url").GetString()!.EndsWith("/message-read-by", StringComparison.Ordinal)
        from part in extension.GetProperty("extension").EnumerateArray()
        where part.GetProperty("url").GetString() == "reader"
        select part.GetProperty("valueReference").GetProperty("reference").GetString();

    private static JsonElement? Extension(JsonElement resource, string name) =>
        resource.TryGetProperty("extension", out var all)
            ? all.EnumerateArray().Where(e => e.GetProperty("url").GetString() == $"https://samenspraak.example/fhir/StructureDefinition/{name}").Select(e => (JsonElement?)e).FirstOrDefault()
            : null;
}
