using System.Collections.Immutable;
using System.Text;
using System.Text.Json.Nodes;
using Fhir.Messaging.AddressBook;
using Fhir.Messaging.Consent;
using Fhir.Messaging.Tests.Clinic;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Json;
using Fhir.Server.Core.Tests;
using Fhir.Server.Store.Access;

namespace Fhir.Messaging.Tests.ConsentTests;

/// <summary>The gate as a table: who, under which consents, and whether she is let in.</summary>
public sealed class ConsentTable
{
    private static readonly DateTimeOffset Now = new(2026, 11, 22, 9, 0, 0, TimeSpan.Zero);
    private const string DeVries = "PractitionerRole/dr.devries", Bakker = "PractitionerRole/dr.bakker";

    private static readonly Dictionary<string, Action<JsonObject>> Changes = new(StringComparer.Ordinal)
    {
        ["as it should be"] = _ => { },
        ["for care management"] = c => c.Provision()["purpose"]![0]!["code"] = "CAREMGT",
        ["without an end"] = c => c.Provision()["period"]!.AsObject().Remove("end"),
        ["without a period"] = c => c.Provision().Remove("period"),
        ["ends today"] = c => c.Provision()["period"]!["end"] = "2026-11-22",
        ["another actor beside"] = c => c.Provision()["actor"]!.AsArray().Insert(0, Actor(Bakker)),
        ["denies another, nested"] = c => c.Provision()["provision"] = new JsonArray(Nested("deny", Bakker)),
        ["denies research, nested"] = c => c.Provision()["provision"] = new JsonArray(With(Nested("deny", null), n => n["purpose"] = Purpose("HRESCH"))),

        ["draft"] = c => c["status"] = "draft",
        ["inactive"] = c => c["status"] = "inactive",
        ["entered in error"] = c => c["status"] = "entered-in-error",
        ["about research"] = c => c["scope"]!["coding"]![0]!["code"] = "research",
        ["no type"] = c => c.Provision().Remove("type"),
        ["deny"] = c => c.Provision()["type"] = "deny",
        ["not yet"] = c => c.Provision()["period"]!["start"] = "2026-11-23",
        ["over"] = c => c.Provision()["period"]!["end"] = "2026-11-21",
        ["a date that is none"] = c => c.Provision()["period"]!["end"] = "2026-13-41",
        ["another role of the actor"] = c => c.Provision()["actor"]![0]!["role"]!["coding"]![0]!["code"] = "CST",
        ["another code system"] = c => c.Provision()["actor"]![0]!["role"]!["coding"]![0]!["system"] = "http://example.org",
        ["for research"] = c => c.Provision()["purpose"] = Purpose("HRESCH"),
        ["without a purpose"] = c => c.Provision().Remove("purpose"),
        ["without an actor"] = c => c.Provision().Remove("actor"),
        ["for another"] = c => c.Provision()["actor"] = new JsonArray(Actor(Bakker)),
        ["for the person, not the role"] = c => c.Provision()["actor"] = new JsonArray(Actor("Practitioner/dr.devries")),
        ["excepts her, nested"] = c => c.Provision()["provision"] = new JsonArray(Nested("deny", DeVries)),
        ["excepts her organisation, nested"] = c => c.Provision()["provision"] = new JsonArray(Nested("deny", "Organization/arbodienst-oost")),
        ["excepts the person, nested deeply"] = c => c.Provision()["provision"] = new JsonArray(With(Nested("permit", null), n => n["provision"] = new JsonArray(Nested("deny", "Practitioner/dr.devries")))),
        ["of some codes"] = c => c.Provision()["code"] = new JsonArray(new JsonObject { ["text"] = "x" }),
        ["of one label"] = c => c.Provision()["securityLabel"] = new JsonArray(new JsonObject { ["code"] = "N" }),
        ["of some dates"] = c => c.Provision()["dataPeriod"] = new JsonObject { ["start"] = "2020" },
        ["of some resources"] = c => c.Provision()["data"] = new JsonArray(new JsonObject { ["meaning"] = "instance", ["reference"] = new JsonObject { ["reference"] = "Observation/1" } }),
        ["to correct it"] = c => c.Provision()["action"] = new JsonArray(new JsonObject { ["coding"] = new JsonArray(new JsonObject { ["code"] = "correct" }) }),
        ["to disclose it"] = c => c.Provision()["action"] = new JsonArray(new JsonObject { ["coding"] = new JsonArray(new JsonObject { ["code"] = "disclose" }) }),
        ["excepts everyone, nested"] = c => c.Provision()["provision"] = new JsonArray(Nested("deny", null)),
    };

    [Theory]
    [InlineData("as it should be", true)]
    [InlineData("for care management", true)]
    [InlineData("without an end", true)]
    [InlineData("without a period", true)]
    [InlineData("ends today", true)]
    [InlineData("another actor beside", true)]
    [InlineData("denies another, nested", true)]
    [InlineData("denies research, nested", true)]
    [InlineData("draft", false)]
    [InlineData("inactive", false)]
    [InlineData("entered in error", false)]
    [InlineData("about research", false)]
    [InlineData("no type", false)]
    [InlineData("deny", false)]
    [InlineData("not yet", false)]
    [InlineData("over", false)]
    [InlineData("a date that is none", false)]
    [InlineData("another role of the actor", false)]
    [InlineData("another code system", false)]
    [InlineData("for research", false)]
    [InlineData("without a purpose", false)]
    [InlineData("without an actor", false)]
    [InlineData("for another", false)]
    [InlineData("for the person, not the role", false)]
    [InlineData("excepts her, nested", false)]
    [InlineData("excepts her organisation, nested", false)]
    [InlineData("excepts the person, nested deeply", false)]
    [InlineData("excepts everyone, nested", false)]
    [InlineData("of some codes", false)]
    [InlineData("of one label", false)]
    [InlineData("of some dates", false)]
    [InlineData("of some resources", false)]
    [InlineData("to correct it", false)]
    [InlineData("to disclose it", true)]
    public void A_company_doctor_needs_a_consent_that_fits(string consent, bool letIn)
    {
        Assert.Equal(letIn, Decide(Doctor(DeVries), Consent(1, DeVries, Changes[consent])).LetIn);
        Assert.Equal(letIn, Decide(Doctor(DeVries), Consent(1, "Organization/arbodienst-oost", Changes[consent])).LetIn);
    }

    [Fact]
    public void Without_any_consent_a_company_doctor_stays_out_and_a_specialist_comes_in()
    {
        Assert.False(Decide(Doctor(DeVries)).LetIn);
        Assert.True(Decide(Doctor(Bakker)).LetIn);
        Assert.False(Decide(Doctor(Bakker) with { InCare = false }).LetIn);
        Assert.False(Decide(Doctor(Bakker) with { ClinicRole = null }).LetIn);
        Assert.False(Decide(Doctor(Bakker) with { OrganizationRid = 0 }).LetIn);
    }

    [Fact]
    public void A_denial_of_its_own_wins_over_every_permit()
    {
        var permit = Consent(1, DeVries, _ => { });
        Assert.False(Decide(Doctor(DeVries), permit, Consent(2, DeVries, c => c.Provision()["type"] = "deny")).LetIn);
        Assert.False(Decide(Doctor(DeVries), permit, Consent(2, "x", c => (c.Provision()["type"], c.Provision()["actor"]) = ("deny", null))).LetIn);
        Assert.True(Decide(Doctor(DeVries), permit, Consent(2, DeVries, c => (c["status"], c.Provision()["type"]) = ("inactive", "deny"))).LetIn);
        Assert.True(Decide(Doctor(DeVries), permit, Consent(2, Bakker, c => c.Provision()["type"] = "deny")).LetIn);
    }

    [Theory]
    [InlineData(Bakker)]
    [InlineData("Practitioner/dr.bakker")]
    [InlineData("Organization/rijnmond")]
    public void A_denial_keeps_a_specialist_out(string actor)
    {
        Assert.False(Decide(Doctor(Bakker), Consent(1, actor, c => c.Provision()["type"] = "deny")).LetIn);
        Assert.True(Decide(Doctor(Bakker), Consent(1, actor, c => (c.Provision()["type"], c.Provision()["purpose"]) = ("deny", Purpose("HRESCH")))).LetIn);
        Assert.True(Decide(Doctor(Bakker), Consent(1, actor, c => (c.Provision()["type"], c["scope"]!["coding"]![0]!["code"]) = ("deny", "research"))).LetIn);
    }

    [Fact]
    public void A_denial_of_which_it_cannot_be_told_whom_or_until_when_it_means_keeps_her_out()
    {
        Assert.False(Decide(Doctor(Bakker), Consent(1, "CareTeam/some", c => c.Provision()["type"] = "deny")).LetIn);
        Assert.False(Decide(Doctor(Bakker), Consent(1, Bakker, c => (c.Provision()["type"], c.Provision()["period"]!["end"]) = ("deny", "2026-13-41"))).LetIn);
    }

    [Fact]
    public void Nobody_except_her_lets_her_in()
    {
        var nobody = Consent(1, "x", c => (c.Provision()["type"], c.Provision()["actor"], c.Provision()["provision"]) = ("deny", null, new JsonArray(Nested("permit", Bakker))));
        Assert.True(Decide(Doctor(Bakker), nobody).LetIn);
        Assert.False(Decide(Doctor("PractitionerRole/dr.jansen"), nobody).LetIn);
    }

    [Fact]
    public void She_is_in_until_the_consent_ends_or_a_denial_begins()
    {
        Assert.Equal(Micros(2026, 11, 23), Decide(Doctor(DeVries), Consent(1, DeVries, Changes["ends today"])).Reach.Until);
        Assert.Equal(long.MaxValue, Decide(Doctor(DeVries), Consent(1, DeVries, Changes["without an end"])).Reach.Until);
        Assert.Equal((Micros(2027, 1, 1), 2), End(Decide(Doctor(DeVries), Consent(1, DeVries, Changes["ends today"]), Consent(2, DeVries, c => c.Provision()["period"]!["end"] = "2026-12"))));
        var denial = Consent(3, Bakker, c => (c.Provision()["type"], c.Provision()["period"]!["start"]) = ("deny", "2026-12-01"));
        Assert.Equal(Micros(2026, 12, 1), Decide(Doctor(Bakker), denial).Reach.Until);
    }

    private const string Linde = "Organization/de-linde", Jansen = "PractitionerRole/dr.jansen";

    // Receives, sends, gets letters: of Dr de Vries in a thread of that category with Dr Jansen (and Dr Bakker).
    [Theory]
    [InlineData("nothing narrowed", true, true, true)]
    [InlineData("from the practice", true, false, true)]
    [InlineData("from the practice, with a third", false, false, false)]
    [InlineData("to the practice", false, true, false)]
    [InlineData("both, in two", true, true, true)]
    [InlineData("facts", true, true, false)]
    [InlineData("facts and letters, in two", true, true, true)]
    [InlineData("letters", false, false, true)]
    [InlineData("a letter's types", true, true, true)]
    [InlineData("some letters' types", true, true, false)]
    [InlineData("facts and a word unknown", true, true, false)]
    [InlineData("a word unknown in this category", false, false, false)]
    [InlineData("this category", true, true, true)]
    [InlineData("this category, facts", true, true, false)]
    [InlineData("another category, facts", false, false, false)]
    [InlineData("but not from her", true, false, true)]
    [InlineData("but no letters", true, true, false)]
    [InlineData("letters denied", true, true, false)]
    [InlineData("another category denied", true, true, true)]
    [InlineData("a word unknown denied", false, false, false)]
    [InlineData("denied from the practice", false, true, false)]
    [InlineData("denied to the practice", true, false, true)]
    public void What_a_consent_covers_and_no_more(string what, bool receives, bool sends, bool letters)
    {
        var third = what.EndsWith("a third", StringComparison.Ordinal);
        var at = new AtTheGate(Doctor(DeVries) with { Rid = 1 }, [.. Narrowed[what].Select((change, i) => Consent(i, DeVries, change))], Micros(Now))
        {
            Category = "work-related", Others = third ? [Doctor(Jansen) with { Rid = 2 }, Doctor(Bakker) with { Rid = 3 }] : [Doctor(Jansen) with { Rid = 2 }],
        };
        var (asReader, asOpener) = (ConsentGate.Decide(at), ConsentGate.Decide(at with { Opens = true }));
        Assert.Equal(receives, asReader.LetIn);
        Assert.Equal(sends && what != "denied from the practice", asOpener.LetIn);
        var reach = asReader.LetIn ? asReader.Reach : asOpener.Reach;
        if (asReader.LetIn || asOpener.LetIn) Assert.Equal((receives, sends, letters), (reach.Receives > 0, reach.Sends > 0, reach.Letters > 0));
        Assert.All([asReader.Reach, asOpener.Reach], r => Assert.True(r.Until <= Math.Max(r.Receives, r.Sends)));
    }

    private static readonly Dictionary<string, Action<JsonObject>[]> Narrowed = new(StringComparer.Ordinal)
    {
        ["nothing narrowed"] = [_ => { }],
        ["from the practice"] = [From(Linde)],
        ["from the practice, with a third"] = [From(Linde)],
        ["to the practice"] = [To(Linde)],
        ["both, in two"] = [From(Linde), To(Linde)],
        ["facts"] = [Of(("facts", ClinicUrls.ItemClass))],
        ["facts and letters, in two"] = [Of(("facts", ClinicUrls.ItemClass)), Of(("letters", ClinicUrls.ItemClass))],
        ["letters"] = [Of(("letters", ClinicUrls.ItemClass))],
        ["a letter's types"] = [Of([.. new[] { "Communication", "Composition", "DocumentReference", "Bundle", "Binary" }.Select(t => (t, Types))])],
        ["some letters' types"] = [Of(("Communication", Types), ("DocumentReference", Types), ("Binary", Types))],
        ["facts and a word unknown"] = [Of(("facts", ClinicUrls.ItemClass), ("x", "http://example.org"))],
        ["a word unknown in this category"] = [Of(("work-related", ClinicUrls.ThreadCategory), ("x", ClinicUrls.ItemClass))],
        ["this category"] = [Of(("work-related", ClinicUrls.ThreadCategory))],
        ["this category, facts"] = [Of(("work-related", ClinicUrls.ThreadCategory), ("facts", ClinicUrls.ItemClass))],
        ["another category, facts"] = [Of(("result", ClinicUrls.ThreadCategory), ("facts", ClinicUrls.ItemClass))],
        ["but not from her"] = [c => c.Provision()["provision"] = new JsonArray(new JsonObject { ["type"] = "deny", ["actor"] = new JsonArray(Consents.Actor(DeVries, "CST")) })],
        ["but no letters"] = [c => c.Provision()["provision"] = new JsonArray(new JsonObject { ["type"] = "deny", ["class"] = new JsonArray(Consents.Class("letters")) })],
        ["letters denied"] = [_ => { }, Of(("letters", ClinicUrls.ItemClass)) + Deny],
        ["another category denied"] = [_ => { }, Of(("result", ClinicUrls.ThreadCategory)) + Deny],
        ["a word unknown denied"] = [_ => { }, Of(("x", "http://example.org")) + Deny],
        ["denied from the practice"] = [_ => { }, From(Linde) + Deny],
        ["denied to the practice"] = [_ => { }, To(Linde) + Deny],
    };

    private const string Types = "http://hl7.org/fhir/resource-types";
    private static Action<JsonObject> Deny => c => c.Provision()["type"] = "deny";
    private static Action<JsonObject> From(string discloser) => c => c.Provision()["actor"]!.AsArray().Add(Consents.Actor(discloser, "CST"));
    private static Action<JsonObject> To(string recipient) => c => c.Provision()["actor"] = new JsonArray(Consents.Actor(recipient), Consents.Actor(DeVries, "INF"));
    private static Action<JsonObject> Of(params (string Code, string System)[] classes) => c => c.Provision()["class"] = new JsonArray([.. classes.Select(k => Consents.Class(k.Code, k.System))]);

    [Fact]
    public void Consents_that_follow_each_other_make_one_stay_and_a_gap_ends_it()
    {
        Action<JsonObject> until = c => c.Provision()["period"]!["end"] = "2026-11-30";
        Action<JsonObject> next = c => c.Provision()["period"] = new JsonObject { ["start"] = "2026-12-01", ["end"] = "2026-12-31" };
        Action<JsonObject> later = c => c.Provision()["period"] = new JsonObject { ["start"] = "2026-12-02", ["end"] = "2026-12-31" };
        Assert.Equal(Micros(2027, 1, 1), Decide(Doctor(DeVries), Consent(1, DeVries, until), Consent(2, DeVries, next)).Reach.Until);
        Assert.Equal(Micros(2026, 12, 1), Decide(Doctor(DeVries), Consent(1, DeVries, until), Consent(2, DeVries, later)).Reach.Until);
        var december = Consent(3, DeVries, next + (c => c.Provision()["type"] = "deny"));
        Assert.Equal(Micros(2026, 12, 1), Decide(Doctor(DeVries), Consent(1, DeVries, c => c.Provision().Remove("period")), december).Reach.Until);
    }

    [Fact]
    public void A_consent_that_was_chosen_must_be_the_one_that_fits()
    {
        var (fits, other) = (Consent(1, DeVries, _ => { }), Consent(2, Bakker, _ => { }));
        Assert.True(ConsentGate.Decide(new(Doctor(DeVries), [fits, other], Micros(Now)) { Chosen = fits.Key }).LetIn);
        Assert.False(ConsentGate.Decide(new(Doctor(DeVries), [fits, other], Micros(Now)) { Chosen = other.Key }).LetIn);
    }

    [Fact]
    public void Only_the_gate_makes_a_consented_message_or_writes_a_participant()
    {
        var sources = Directory.GetFiles(Path.Combine(TestFolders.Repository, "Fhir.Messaging"), "*.cs", SearchOption.AllDirectories).Select(f => (Name: Path.GetFileName(f), Text: File.ReadAllText(f))).ToList();
        Assert.Equal(["ConsentGate.cs"], sources.Where(s => s.Text.Contains("new ConsentedMessage(", StringComparison.Ordinal)).Select(s => s.Name));
        Assert.Equal(["ParticipantRows.cs"], sources.Where(s => s.Text.Contains("insert into participant", StringComparison.Ordinal) || s.Text.Contains("update participant", StringComparison.Ordinal)).Select(s => s.Name));
    }

    private static (long, long) End(Verdict verdict) => (verdict.Reach.Until, verdict.Consent);

    private static Verdict Decide(Clinician who, params PatientConsent[] consents) => ConsentGate.Decide(new(who, [.. consents], Micros(Now)));

    private static Clinician Doctor(string role) => role switch
    {
        DeVries => New(role, Role.CompanyDoctor, "arbodienst-oost"),
        Bakker => New(role, Role.Specialist, "rijnmond"),
        _ => New(role, Role.Gp, "de-linde"),
    };

    private static Clinician New(string role, Role what, string organization) => new()
    {
        Key = References.Key(role)!.Value, Rid = 7, ClinicRole = what, Organization = new("Organization", organization), OrganizationRid = 8,
        Practitioner = new("Practitioner", role.Split('/')[1]),
    };

    private static PatientConsent Consent(long rid, string actor, Action<JsonObject> change)
    {
        var json = Encoding.UTF8.GetBytes(Consents.For(actor, "Patient/p1", Now, change));
        Assert.False(JsonReader.Read(json, DefinitionSet.R4).Failed(out var issue, out var consent), issue?.Text);
        return PatientConsent.From(rid, new("Consent", $"c{rid}"), consent!);
    }

    private static JsonObject Actor(string reference) => new()
    {
        ["role"] = new JsonObject { ["coding"] = new JsonArray(new JsonObject { ["system"] = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType", ["code"] = "IRCP" }) },
        ["reference"] = new JsonObject { ["reference"] = reference },
    };

    private static JsonObject Nested(string type, string? actor)
    {
        var nested = new JsonObject { ["type"] = type };
        if (actor is not null) nested["actor"] = new JsonArray(Actor(actor));
        return nested;
    }

    private static JsonObject With(JsonObject json, Action<JsonObject> change)
    {
        change(json);
        return json;
    }

    private static JsonArray Purpose(string code) => new(new JsonObject { ["system"] = "http://terminology.hl7.org/CodeSystem/v3-ActReason", ["code"] = code });
    private static long Micros(int year, int month, int day) => Micros(new DateTimeOffset(year, month, day, 0, 0, 0, TimeSpan.Zero));
    private static long Micros(DateTimeOffset at) => (at - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
}
