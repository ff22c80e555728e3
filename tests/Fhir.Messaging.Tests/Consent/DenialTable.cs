using System.Text;
using System.Text.Json.Nodes;
using Fhir.Messaging.Consent;
using Fhir.Messaging.Tests.Clinic;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Json;
using Fhir.Server.Store.Access;

namespace Fhir.Messaging.Tests.ConsentTests;

/// <summary>What a Consent denies to readers, as a table: actor (* = everyone), type (* = all), and a minus before who is excepted.</summary>
public sealed class DenialTable
{
    private const string Bakker = "PractitionerRole/dr.bakker", Rijnmond = "Organization/rijnmond";

    private static readonly Dictionary<string, Action<JsonObject>> Changes = new(StringComparer.Ordinal)
    {
        ["a permit"] = c => c.Provision()["type"] = "permit",
        ["one"] = _ => { },
        ["a person"] = c => c.Provision()["actor"] = new JsonArray(Consents.Actor("https://elsewhere.example/fhir/Practitioner/dr.bakker")),
        ["everyone"] = c => c.Provision().Remove("actor"),
        ["a team"] = c => c.Provision()["actor"] = new JsonArray(Consents.Actor("CareTeam/hart")),
        ["a brother"] = c => c.Provision()["actor"] = new JsonArray(Consents.Actor("RelatedPerson/broer")),
        ["from a practice"] = c => c.Provision()["actor"]!.AsArray().Add(Consents.Actor("Organization/de-linde", "CST")),
        ["a practice to all"] = c => c.Provision()["actor"] = new JsonArray(Consents.Actor("Organization/de-linde", "CST")),
        ["medication requests"] = c => c.Provision()["class"] = new JsonArray(Consents.Class("MedicationRequest", "http://hl7.org/fhir/resource-types")),
        ["facts"] = c => c.Provision()["class"] = new JsonArray(Consents.Class("facts")),
        ["letters"] = c => c.Provision()["class"] = new JsonArray(Consents.Class("letters")),
        ["unknown class"] = c => c.Provision()["class"] = new JsonArray(Consents.Class("x", "http://example.org")),
        ["a category"] = c => c.Provision()["class"] = new JsonArray(Consents.Class("admin", ClinicUrls.ThreadCategory)),
        ["some codes"] = c => c.Provision()["code"] = new JsonArray(new JsonObject { ["text"] = "hart" }),
        ["for research"] = c => c.Provision()["purpose"]![0]!["code"] = "HRESCH",
        ["for who knows"] = c => c.Provision()["purpose"]![0]!["system"] = "http://example.org",
        ["without a purpose"] = c => c.Provision().Remove("purpose"),
        ["withdrawn"] = c => c["status"] = "inactive",
        ["about research"] = c => c["scope"]!["coding"]![0]!["code"] = "research",
        ["everyone but one"] = c => Nested(c, null, Permit(Bakker)),
        ["everyone but one, for research"] = c => Nested(c, null, Permit(Bakker, e => e["purpose"] = new JsonArray(new JsonObject { ["system"] = "http://terminology.hl7.org/CodeSystem/v3-ActReason", ["code"] = "HRESCH" }))),
        ["everyone but one, but not her"] = c => Nested(c, null, Permit(Bakker, e => e["provision"] = new JsonArray(new JsonObject { ["type"] = "deny" }))),
        ["everyone but one, one type"] = c => Nested(c, null, Permit(Bakker, e => e["class"] = new JsonArray(Consents.Class("Observation", "http://hl7.org/fhir/resource-types")))),
        ["everyone but one, unknown class"] = c => Nested(c, null, Permit(Bakker, e => e["class"] = new JsonArray(Consents.Class("x", "http://example.org")))),
        ["everyone but nobody"] = c => Nested(c, null, new JsonObject { ["type"] = "permit" }),
        ["a house but one"] = c => Nested(c, Rijnmond, Permit(Bakker)),
        ["a permit that excepts one"] = c => (c.Provision()["type"], c.Provision()["provision"]) = ("permit", new JsonArray(new JsonObject { ["type"] = "deny", ["actor"] = new JsonArray(Consents.Actor(Rijnmond)) })),
        ["a permit that excepts a class"] = c => (c.Provision()["type"], c.Provision()["provision"]) = ("permit", new JsonArray(new JsonObject { ["type"] = "deny", ["class"] = new JsonArray(Consents.Class("facts")) })),
        ["a permit that excepts a time"] = c => (c.Provision()["type"], c.Provision()["provision"]) = ("permit", new JsonArray(new JsonObject { ["type"] = "deny", ["period"] = new JsonObject { ["start"] = "2027-01-01" } })),
        ["no type, excepts one"] = c => (c.Provision()["type"], c.Provision()["provision"]) = (null, new JsonArray(new JsonObject { ["type"] = "deny", ["actor"] = new JsonArray(Consents.Actor(Rijnmond)) })),
    };

    [Theory]
    [InlineData("a permit", "")]
    [InlineData("one", Bakker + " *")]
    [InlineData("a person", "Practitioner/dr.bakker *")]
    [InlineData("everyone", "* *")]
    [InlineData("a team", "* *")]
    [InlineData("a brother", "")]
    [InlineData("from a practice", Bakker + " *")]
    [InlineData("a practice to all", "* *; -Organization/de-linde *")]
    [InlineData("medication requests", Bakker + " MedicationRequest")]
    [InlineData("facts", Bakker + " Communication")]
    [InlineData("letters", Bakker + " Binary; " + Bakker + " Bundle; " + Bakker + " Composition; " + Bakker + " DiagnosticReport; " + Bakker + " DocumentReference; " + Bakker + " Media")]
    [InlineData("unknown class", Bakker + " *")]
    [InlineData("a category", "")]
    [InlineData("some codes", Bakker + " *")]
    [InlineData("for research", "")]
    [InlineData("for who knows", Bakker + " *")]
    [InlineData("without a purpose", Bakker + " *")]
    [InlineData("withdrawn", "")]
    [InlineData("about research", "")]
    [InlineData("everyone but one", "* *; -" + Bakker + " *")]
    [InlineData("everyone but one, for research", "* *")]
    [InlineData("everyone but one, but not her", "* *")]
    [InlineData("everyone but one, one type", "* *; -" + Bakker + " Observation")]
    [InlineData("everyone but one, unknown class", "* *")]
    [InlineData("everyone but nobody", "* *")]
    [InlineData("a house but one", "-" + Bakker + " *; " + Rijnmond + " *")]
    [InlineData("a permit that excepts one", Rijnmond + " *")]
    [InlineData("a permit that excepts a class", Bakker + " Communication")]
    [InlineData("a permit that excepts a time", "")]
    [InlineData("no type, excepts one", Rijnmond + " *")]
    public void What_a_consent_denies(string consent, string lines) =>
        Assert.Equal(lines, string.Join("; ", Lines(Changes[consent]).Select(l => $"{(l.Exempt ? "-" : "")}{l.Actor?.ToString() ?? "*"} {l.Type ?? "*"}").Order(StringComparer.Ordinal)));

    [Fact]
    public void A_denial_holds_in_its_period_and_an_exception_no_longer_than_what_it_stands_in()
    {
        Action<JsonObject> until = c => c.Provision()["period"] = new JsonObject { ["end"] = "2026-12-31" };
        Assert.Equal(Micros(2027, 1, 1), Assert.Single(Lines(until)).Period.Until);
        Assert.Equal(Validity.Always, Assert.Single(Lines(c => c.Provision()["period"] = new JsonObject { ["end"] = "2026-13-41" })).Period);
        var excepted = Assert.Single(Lines(until + Changes["a permit that excepts one"] + (c => c.Provision()["provision"]![0]!["period"] = new JsonObject { ["start"] = "2026-12-01" })));
        Assert.Equal(new Validity(Micros(2026, 12, 1), Micros(2027, 1, 1)), excepted.Period);
    }

    private static List<DenialLine> Lines(Action<JsonObject> change)
    {
        var json = Encoding.UTF8.GetBytes(Consents.For(Bakker, "Patient/p1", new(2026, 11, 22, 9, 0, 0, TimeSpan.Zero), c =>
        {
            (c.Provision()["type"], c.Provision()["period"]) = ("deny", null);
            change(c);
        }));
        Assert.False(JsonReader.Read(json, DefinitionSet.R4).Failed(out var issue, out var consent), issue?.Text);
        return [.. DenialLine.Of(PatientConsent.From(1, new("Consent", "c1"), consent!))];
    }

    private static void Nested(JsonObject consent, string? actor, JsonObject exception)
    {
        if (actor is null) consent.Provision().Remove("actor");
        else consent.Provision()["actor"] = new JsonArray(Consents.Actor(actor));
        consent.Provision()["provision"] = new JsonArray(exception);
    }

    private static JsonObject Permit(string actor, Action<JsonObject>? change = null)
    {
        var permit = new JsonObject { ["type"] = "permit", ["actor"] = new JsonArray(Consents.Actor(actor)) };
        change?.Invoke(permit);
        return permit;
    }

    private static long Micros(int year, int month, int day) => (new DateTimeOffset(year, month, day, 0, 0, 0, TimeSpan.Zero) - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
}
