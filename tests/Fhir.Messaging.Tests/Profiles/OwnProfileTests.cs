using System.Text;
using System.Text.Json.Nodes;
using Fhir.Messaging.Tests.Clinic;
using Fhir.Messaging.Threads;
using Fhir.Server.Api.Tests;
using Fhir.Server.Api.Validating;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Json;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Core.Packages;
using Fhir.Server.Core.Terminology;
using Fhir.Server.Core.Validation;
using Microsoft.Extensions.DependencyInjection;
using static Fhir.Messaging.Tests.Clinic.TestClinic;
using Op = Fhir.Messaging.Tests.Clinic.Threads;

namespace Fhir.Messaging.Tests.ProfileTests;

/// <summary>Our own profiles are true of what messaging writes and shows, and what is not true of them is not written.</summary>
public sealed class OwnProfileTests
{
    [Fact]
    public void The_rules_of_each_own_profile_are_as_the_snapshot_says()
    {
        var conformance = Conformance.R4.With(ClinicDefinitions.All().Select(d => d.Resource));
        var validator = new Validator(conformance, new Vocabulary(conformance));
        var outlines = string.Join('\n', ClinicDefinitions.All().Where(d => d.Resource.Type == "StructureDefinition").Select(d => d.Resource["url"].Text!).Order(StringComparer.Ordinal).Select(validator.Outline));
        var snapshot = Path.Combine(AppContext.BaseDirectory, "Profiles", "outlines.txt");
        Assert.True(File.Exists(snapshot), outlines);
        Assert.Equal(File.ReadAllText(snapshot), outlines);
    }

    [Fact]
    public async Task All_that_a_consult_leaves_behind_fits_its_profile()
    {
        await using var clinic = await OpenAsync();
        var consent = await clinic.ConsentAsync();
        await FitsAsync(clinic, "Consent", consent, ClinicUrls.Base + "/StructureDefinition/sharing-consent");
        var thread = Ok(await Op.Open(clinic.Jansen, TestClinic.Patient, ["dr.devries"], "Kan hij aan het werk?", $"Consent/{consent}"), 201).Id;
        var pdf = new JsonObject { ["contentType"] = "application/pdf", ["title"] = "Brief", ["data"] = Convert.ToBase64String("%PDF-1.4 test"u8) };
        var attached = Ok(await Op.Attach(clinic.Jansen, thread, pdf), 201).Id;
        var reply = Ok(await Op.Send(clinic.DeVries, thread, "Ja, in drie weken.", inReplyTo: $"Communication/{attached}"), 201);
        Ok(await Op.MarkRead(clinic.Jansen, thread, 3));
        var withdrawn = reply.Json.DeepClone();
        withdrawn["status"] = "entered-in-error";
        Ok(await clinic.DeVries.Put($"/fhir/Communication/{reply.Id}", withdrawn.ToJsonString()));
        await FitsAsync(clinic, "Communication", thread, ClinicUrls.Thread);
        Ok(await Op.Close(clinic.Jansen, thread));
        await FitsAsync(clinic, "Communication", thread, ClinicUrls.Thread);
        foreach (var message in Ok(await Op.Messages(clinic.Jansen, thread)).Entries())
        {
            await FitsAsync(clinic, "Communication", (string)message["id"]!, ClinicUrls.Message);
            Fits(await clinic.Jansen.Post($"/fhir/Communication/$validate?profile={ClinicUrls.Message}", message.ToJsonString()));
        }
        var shown = Assert.Single(Ok(await Op.Inbox(clinic.Jansen)).Entries());
        Assert.NotNull(shown.Extension(ClinicUrls.Delivery));
        Fits(await clinic.Jansen.Post($"/fhir/Communication/$validate?profile={ClinicUrls.Thread}", shown.ToJsonString()));
        var document = Assert.Single(Ok(await clinic.Jansen.Get($"/fhir/DocumentReference?subject={TestClinic.Patient}")).Entries());
        await FitsAsync(clinic, "DocumentReference", (string)document["id"]!, ClinicUrls.SummaryReference);
        await FitsAsync(clinic, "Bundle", ((string)document["content"]![1]!["attachment"]!["url"]!).Split('/')[1], ClinicUrls.SummaryBundle);
        var composition = Assert.Single(Ok(await clinic.Jansen.Get($"/fhir/Composition?subject={TestClinic.Patient}")).Entries());
        await FitsAsync(clinic, "Composition", (string)composition["id"]!, ClinicUrls.Summary);
    }

    [Fact]
    public async Task A_consent_that_lets_somebody_in_permits_names_her_and_is_for_care_whatever_its_exceptions()
    {
        await using var clinic = await OpenAsync();
        Assert.Empty(Broken(c => c.Provision()["provision"] = new JsonArray(new JsonObject { ["type"] = "deny", ["period"] = new JsonObject { ["start"] = "2030-01-01" } })));
        Assert.Equal(["sam-consent-1"], Broken(c => c.Provision()["type"] = "deny"));
        Assert.Equal(["sam-consent-2"], Broken(c => c.Provision()["purpose"] = null));
        Assert.Equal(["sam-consent-3"], Broken(c => c.Provision()["actor"]![0]!["reference"]!["reference"] = "Practitioner/dr.devries"));

        Assert.Equal(["sam-consent-4"], Broken(c => c["performer"]![0]!["reference"] = "PractitionerRole/dr.devries"));
        Assert.Equal(["sam-consent-5"], Broken(c => c.Provision()["code"] = new JsonArray(new JsonObject { ["text"] = "rug" })));
        Assert.Empty(Broken(c => c.Provision()["class"] = new JsonArray(Consents.Class("facts"))));
        Assert.Equal(["sam-consent-6"], Broken(c => c.Provision()["class"] = new JsonArray(Consents.Class("facts", "http://example.org"))));

        List<string?> Broken(Action<JsonObject> change)
        {
            var consent = Tree(JsonNode.Parse(Consents.For("PractitionerRole/dr.devries", TestClinic.Patient, clinic.Clock.GetUtcNow(), change))!);
            return [.. clinic.Get<Validator>().Validate(consent, new() { Profiles = [ClinicUrls.Base + "/StructureDefinition/sharing-consent"] }).Where(i => i.Severity <= Severity.Error).Select(i => i.Rule ?? i.Code)];
        }
    }

    [Theory]
    [InlineData(nameof(ClinicUrls.Message), "sender")]
    [InlineData(nameof(ClinicUrls.Message), "payload")]
    [InlineData(nameof(ClinicUrls.Message), "partOf")]
    [InlineData(nameof(ClinicUrls.Thread), "category")]
    [InlineData(nameof(ClinicUrls.Thread), "recipient")]
    [InlineData(nameof(ClinicUrls.Thread), "topic")]
    public async Task What_lacks_something_is_refused_before_it_is_written(string profile, string without)
    {
        await using var clinic = await OpenAsync();
        var isMessage = profile == nameof(ClinicUrls.Message);
        var resource = isMessage ? Message() : Header();
        Assert.False(Make(clinic, resource, isMessage ? ClinicUrls.Message : ClinicUrls.Thread).Failed(out var issue, out _), $"{issue?.Where} {issue?.Text}");
        resource.Remove(without);
        Assert.True(Make(clinic, resource, isMessage ? ClinicUrls.Message : ClinicUrls.Thread).Failed(out issue, out _));
        Assert.Equal(IssueKind.Unfit, issue.Kind);
        Assert.Contains(issue.Others.Prepend(issue), i => i.Where == $"Communication.{without}");
    }

    [Fact]
    public async Task What_must_not_be_said_is_refused_before_it_is_written()
    {
        await using var clinic = await OpenAsync();
        var named = Message();
        named["subject"]!["identifier"] = new JsonObject { ["system"] = ClinicUrls.Bsn, ["value"] = "999990019" };
        Assert.True(Make(clinic, named, ClinicUrls.Message).Failed(out var issue, out _));
        Assert.StartsWith("Communication.subject", issue.Where, StringComparison.Ordinal);
        Assert.DoesNotContain("999990019", string.Join(' ', issue.Others.Select(o => o.Text).Append(issue.Text)), StringComparison.Ordinal);
        var forged = Header();
        forged["category"]![0]!["coding"]![0]!["code"] = "gossip";
        Assert.True(Make(clinic, forged, ClinicUrls.Thread).Failed(out issue, out _));
        Assert.StartsWith("Communication.category", issue.Where, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_message_that_breaks_the_profile_is_not_stored_whatever_the_settings_say()
    {
        // The same profile, only stricter: as if our own code wrote something that the profile does not allow.
        var stricter = ClinicDefinitions.All().Single(d => d.Resource["url"].Text == ClinicUrls.Message);
        var json = JsonNode.Parse(stricter.Json.Span)!;
        json["differential"]!["element"]!.AsArray().Add(new JsonObject { ["id"] = "Communication.note", ["path"] = "Communication.note", ["min"] = 1 });
        await using var clinic = await OpenAsync(add: services => services.AddSingleton(new LoadedDefinitions([Tree(json)])), validation: new() { Writes = new(Strictness.Off, Strictness.Off) });
        var thread = await clinic.OpenThreadAsync("dr.bakker");
        var got = await Op.Send(clinic.Jansen, thread, "Dit past niet.");
        Assert.Equal(422, got.Code);
        Assert.Contains("Communication.note", got.Places);
        Assert.Empty(Ok(await Op.Messages(clinic.Jansen, thread)).Entries());
        Assert.Equal(422, (await Op.Open(clinic.Jansen, TestClinic.Patient, ["dr.bakker"], "Dit ook niet.")).Code);
        Assert.Single(Ok(await Op.Inbox(clinic.Jansen)).Entries());
    }

    [Fact]
    public async Task What_others_wrote_badly_does_not_keep_a_thread_from_closing()
    {
        await using var clinic = await OpenAsync();
        await clinic.PutAsync("Practitioner", "dr.jansen", """ "name":[{"family":"Jansen"}],"telecom":[{"value":"0201234567"}] """);   // cpt-2: a value without its system
        var thread = await clinic.OpenThreadAsync("dr.bakker");
        Ok(await Op.Close(clinic.Jansen, thread));
    }

    private static Result<Fhir.Server.Store.Resources.Write> Make(TestClinic clinic, JsonObject resource, string profile) => clinic.Get<NewWrite>().Of(resource, "x1", profile);

    private static JsonObject Message() => JsonNode.Parse("""
        {"resourceType":"Communication","partOf":[{"reference":"Communication/t1"}],"status":"completed","subject":{"reference":"Patient/p1"},
         "sender":{"reference":"PractitionerRole/dr.jansen"},"payload":[{"contentString":"Goedemiddag."}]}
        """)!.AsObject();

    private static JsonObject Header() => JsonNode.Parse($$"""
        {"resourceType":"Communication","status":"in-progress","category":[{"coding":[{"system":"{{ClinicUrls.ThreadCategory}}","code":"advice"} ] } ],"subject":{"reference":"Patient/p1"},
         "topic":{"text":"Werk"},"recipient":[{"reference":"PractitionerRole/dr.bakker"}],"sender":{"reference":"PractitionerRole/dr.jansen"} }
        """)!.AsObject();

    private static async Task FitsAsync(TestClinic clinic, string type, string id, string profile) =>
        Fits(await clinic.Jansen.Get($"/fhir/{type}/{id}/$validate?profile={Uri.EscapeDataString(profile)}"));

    private static void Fits(Got got) => Assert.DoesNotContain(Ok(got).Json["issue"]!.AsArray(), issue => (string)issue!["severity"]! is "error" or "fatal");

    private static Fhir.Server.Core.Elements.Element Tree(JsonNode json) =>
        JsonReader.Read(Encoding.UTF8.GetBytes(json.ToJsonString()), DefinitionSet.R4).Failed(out var issue, out var tree) ? throw new InvalidOperationException(issue.Text) : tree;
}
