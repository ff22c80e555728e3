using System.Text.Json;
using System.Text.Json.Nodes;
using Scenarios.Stage;

namespace Scenarios;

/// <summary>Access, seen from outside: hidden looks like absent, and everything leaves a trace.</summary>
public sealed class WhoSeesWhat
{
    [Fact]
    public async Task A_company_doctor_knows_of_a_patient_only_who_it_is_and_only_through_a_thread()
    {
        await using var clinic = await Clinic.OpenAsync();
        var (jansen, devries) = (await clinic.DrJansen, await clinic.DrDeVries);
        Assert.Empty(await devries.SearchAsync("Patient"));
        var absent = (await devries.GetAsync("Patient/no-such-patient")).Refused(404);
        Assert.Equal(absent, (await devries.GetAsync("Patient/patient-01")).Refused(404));

        var thread = (await jansen.OpenThreadAsync("Patient/patient-01", devries, "Rug", "Vraag.")).Must(201).Key;

        var patient = (await devries.GetAsync("Patient/patient-01")).Must(200).Json;
        Assert.Equal(["birthDate", "gender", "id", "meta", "name", "resourceType"], patient.EnumerateObject().Select(p => p.Name).Order(StringComparer.Ordinal));
        Assert.Equal("SUBSETTED", patient.GetProperty("meta").GetProperty("tag")[0].GetProperty("code").GetString());
        Assert.DoesNotContain("999902374", Assert.Single(await devries.SearchAsync("Patient")).GetRawText(), StringComparison.Ordinal);

        // What is hidden cannot be searched by either: not the BSN, not the address.
        foreach (var query in new[] { "identifier=999902374", "identifier=http://fhir.nl/fhir/NamingSystem/bsn|999902374", "address=Kastanjestraat", "phone=06-12000001", "organization=Organization/de-linde", "identifier:missing=false" })
            Assert.Empty((await devries.GetAsync($"Patient?{query}")) is { Status: System.Net.HttpStatusCode.OK } found ? found.Entries : []);
        Assert.Empty(await devries.SearchAsync("Condition"));
        (await devries.GetAsync("Condition/condition-01")).Must(404);
        (await devries.GetAsync("Patient/patient-01/_history")).Must(200, 404);
        Assert.DoesNotContain("999902374", (await devries.GetAsync("Patient/patient-01/_history")).Text, StringComparison.Ordinal);
        Assert.DoesNotContain("999902374", (await devries.GetAsync($"Communication?_id={thread.Split('/')[1]}&_include=Communication:subject")).Must(200).Text, StringComparison.Ordinal);
        (await devries.GetAsync("Patient/patient-02")).Must(404);
    }

    [Fact]
    public async Task A_specialist_sees_nothing_before_a_thread_and_consent_is_presumed_for_her()
    {
        await using var clinic = await Clinic.OpenAsync();
        var (jansen, bakker) = (await clinic.DrJansen, await clinic.DrBakker);
        Assert.Empty(await bakker.SearchAsync("Patient"));
        (await bakker.GetAsync("Patient/patient-12")).Must(404);
        Assert.NotEmpty(await bakker.SearchAsync("PractitionerRole"));
        var thread = (await jansen.OpenThreadAsync("Patient/patient-12", bakker, "Druk op de borst", "Verwijzen?", category: "referral-question")).Must(201).Key;
        (await bakker.GetAsync("Patient/patient-12")).Must(200);
        Assert.Single(await bakker.MessagesAsync(thread));
        (await bakker.GetAsync("Patient/patient-11")).Must(404);
    }

    [Fact]
    public async Task Others_of_the_house_do_not_read_along_in_a_thread()
    {
        await using var clinic = await Clinic.OpenAsync();
        var (jansen, devries, bakker) = (await clinic.DrJansen, await clinic.DrDeVries, await clinic.DrBakker);
        var thread = (await jansen.OpenThreadAsync("Patient/patient-01", devries, "Rug", "Vraag.")).Must(201).Key;
        (await bakker.GetAsync(thread)).Must(404);
        (await bakker.GetAsync($"{thread}/$messages")).Must(404);
        (await bakker.SayAsync(thread, "Hallo.")).Refused(404);
        Assert.Empty(await bakker.SearchAsync("Communication"));
        Assert.Empty(await (await clinic.Admin).InboxOrNothingAsync());
    }

    [Fact]
    public async Task A_message_that_did_not_pass_the_gate_reaches_nobody_outside_its_practice()
    {
        await using var clinic = await Clinic.OpenAsync();
        var (jansen, devries) = (await clinic.DrJansen, await clinic.DrDeVries);
        var answer = await jansen.PostAsync("Communication", JsonNode.Parse($$"""
            {"resourceType":"Communication","status":"in-progress","subject":{"reference":"Patient/patient-02"},"topic":{"text":"Rug"},
             "category":[{"coding":[{"system":"https://samenspraak.example/fhir/CodeSystem/thread-category","code":"advice"}]}],
             "sender":{"reference":"{{jansen.Role}}"},"recipient":[{"reference":"{{devries.Role}}"}]}
            """)!);
        Assert.NotEqual(System.Net.HttpStatusCode.InternalServerError, answer.Status);
        Assert.Empty(await devries.SearchAsync("Communication"));
        (await devries.GetAsync("Patient/patient-02")).Must(404);
    }

    [Fact]
    public async Task The_administrator_sees_no_patient_content()
    {
        await using var clinic = await Clinic.OpenAsync();
        var admin = await clinic.Admin;
        Assert.NotEmpty(await admin.SearchAsync("Organization"));
        foreach (var type in new[] { "Patient", "Condition", "Communication", "Consent", "Encounter" })
            Assert.Empty((await admin.GetAsync(type)) is { Status: System.Net.HttpStatusCode.OK } found ? found.Entries : []);
        (await admin.GetAsync("Patient/patient-01")).Refused(403, 404);
    }

    [Fact]
    public async Task The_practice_system_sees_what_belongs_to_De_Linde_and_nothing_else()
    {
        await using var clinic = await Clinic.OpenAsync();
        var (his, integrator) = (await clinic.HisDeLinde, await clinic.Integrator);
        (await integrator.PutAsync("Patient/elsewhere", JsonNode.Parse("""{"resourceType":"Patient","id":"elsewhere"}""")!)).Must(201);
        (await his.GetAsync("Patient/patient-01")).Must(200);
        (await his.GetAsync("Patient/elsewhere")).Must(404);
        (await (await clinic.DrJansen).GetAsync("Patient/elsewhere")).Must(404);
        Assert.Equal(12, (await his.GetAsync("Patient?_summary=count")).Must(200).Json.GetProperty("total").GetInt32());
    }

    [Fact]
    public async Task Every_access_leaves_a_trace_that_only_the_privacy_officer_reads()
    {
        await using var clinic = await Clinic.OpenAsync();
        var (jansen, devries, privacy) = (await clinic.DrJansen, await clinic.DrDeVries, await clinic.Privacy);
        (await jansen.GetAsync("Patient/patient-01")).Must(200);
        (await devries.GetAsync("Patient/patient-01")).Must(404);
        var rows = await privacy.SearchAsync("AuditEvent?_count=200");
        Assert.Contains(rows, row => Who(row).Contains("dr.jansen", StringComparison.Ordinal) && row.GetRawText().Contains("Patient/patient-01", StringComparison.Ordinal));
        Assert.Contains(rows, row => Who(row).Contains("dr.devries", StringComparison.Ordinal));
        Assert.Empty((await jansen.GetAsync("AuditEvent")) is { Status: System.Net.HttpStatusCode.OK } found ? found.Entries : []);
        (await privacy.GetAsync("Patient/patient-01")).Refused(403, 404);
        (await privacy.DeleteAsync($"AuditEvent/{rows[0].GetProperty("id").GetString()}")).Refused(403, 405);
    }

    [Theory]
    [InlineData("")]
    [InlineData("not.a.token")]
    [InlineData("eyJhbGciOiJub25lIn0.eyJzdWIiOiJkci5qYW5zZW4ifQ.")]
    public async Task A_bad_token_opens_nothing(string token)
    {
        await using var clinic = await Clinic.OpenAsync();
        using var nobody = new Person("nobody", new(clinic.Url), token);
        foreach (var address in new[] { "Patient/patient-01", "Patient", "Organization/de-linde", "Communication/$inbox" })
            (await nobody.GetAsync(address)).Refused(401);
    }

    private static string Who(JsonElement row) => row.GetProperty("agent")[0].GetProperty("who").GetRawText();
}
