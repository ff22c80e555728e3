using Fhir.Server.Store.Database;
using Fhir.Server.Store.Tests;
using Microsoft.Extensions.DependencyInjection;

namespace Fhir.Server.Api.Tests.Interactions;

/// <summary>Catalogue H5 by every road of the API: update, patch, bundle, condition.</summary>
public abstract class WriteEscalationContract(Shared shared)
{
    private Client Jansen => shared.House.As("dr.jansen");
    private Client Bakker => shared.House.As("dr.bakker");

    private static string Observation(string patient, string? id = null, string? security = null)
    {
        var named = id is null ? "" : $"\"id\":\"{id}\",";
        var marked = security is null ? "" : """ "meta":{"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-Confidentiality","code":"@"}]},""".Replace("@", security, StringComparison.Ordinal);
        return $$"""{"resourceType":"Observation",{{named}}{{marked}}"status":"final","code":{"text":"x"},"subject":{"reference":"{{patient}}"} }""";
    }

    private static string Bundle(string type, params string[] entries) => $$"""{"resourceType":"Bundle","type":"{{type}}","entry":[{{string.Join(',', entries)}}]}""";
    private static string Entry(string method, string url, string? resource, string more = "") => $$"""{"request":{"method":"{{method}}","url":"{{url}}"{{more}}}{{(resource is null ? "" : $",\"resource\":{resource}")}}}""";

    private static string Replace(string path, string value) =>
        $$"""{"resourceType":"Parameters","parameter":[{"name":"operation","part":[{"name":"type","valueCode":"replace"},{"name":"path","valueString":"{{path}}"},{{value}}]}]}""";

    private static string Drop(string path) =>
        $$"""{"resourceType":"Parameters","parameter":[{"name":"operation","part":[{"name":"type","valueCode":"delete"},{"name":"path","valueString":"{{path}}"}]}]}""";

    private async Task<(string One, string Other, string Observation)> PatientsAsync(string? security = null)
    {
        var (one, other) = (await Jansen.NewPatient(), await Jansen.NewPatient());
        return (one, other, (await Jansen.Post("/fhir/Observation", Observation($"Patient/{one}", security: security))).Id);
    }

    [Fact]
    public async Task H5_No_road_moves_a_resource_to_another_patient()
    {
        var (one, other, id) = await PatientsAsync();
        var moved = Observation($"Patient/{other}", id);
        Assert.Equal(409, (await Jansen.Put($"/fhir/Observation/{id}", moved)).Code);
        Assert.Equal(409, (await Jansen.Send("PATCH", $"/fhir/Observation/{id}", Replace("Observation.subject.reference", $$"""{"name":"value","valueString":"Patient/{{other}}"}"""))).Code);
        Assert.Equal(409, (await Jansen.Send("PATCH", $"/fhir/Observation/{id}", Drop("Observation.subject"))).Code);
        Assert.Equal(409, (await Jansen.Post("/fhir", Bundle("transaction", Entry("PUT", $"Observation/{id}", moved)))).Code);
        var batch = (await Jansen.Post("/fhir", Bundle("batch", Entry("PUT", $"Observation/{id}", moved)))).Json;
        Assert.StartsWith("409", (string)batch["entry"]![0]!["response"]!["status"]!, StringComparison.Ordinal);
        Assert.Equal(204, (await Jansen.Delete($"/fhir/Observation/{id}")).Code);
        Assert.Equal(409, (await Jansen.Put($"/fhir/Observation/{id}", moved)).Code);
        Assert.Equal($"Patient/{one}", (string)(await Jansen.Put($"/fhir/Observation/{id}", Observation($"Patient/{one}", id))).Json["subject"]!["reference"]!);
    }

    [Fact]
    public async Task H5_No_road_takes_a_security_label_away()
    {
        await Clinic.HireAsync(shared.House.As("integrator"), "poh.visser", "practice-nurse", "de-linde");
        var nurse = shared.House.As("poh.visser");
        var (one, _, id) = await PatientsAsync("R");
        var bare = Observation($"Patient/{one}", id);
        Assert.Equal(200, (await nurse.Get($"/fhir/Observation/{id}")).Code);
        Assert.Equal(403, (await nurse.Put($"/fhir/Observation/{id}", bare)).Code);
        Assert.Equal(403, (await nurse.Send("PATCH", $"/fhir/Observation/{id}", Drop("Observation.meta.security[0]"))).Code);
        Assert.Equal(403, (await nurse.Post("/fhir", Bundle("transaction", Entry("PUT", $"Observation/{id}", bare)))).Code);
        Assert.Equal(200, (await Jansen.Put($"/fhir/Observation/{id}", bare)).Code);
    }

    [Fact]
    public async Task H5_A_hidden_patient_answers_as_none_to_whoever_refers_to_it()
    {
        var (hidden, _, id) = await PatientsAsync();
        await Jansen.Put($"/fhir/Patient/{hidden}", $$"""{"resourceType":"Patient","id":"{{hidden}}","identifier":[{"system":"urn:h5","value":"{{hidden}}"}]}""");
        foreach (var (reference, missing) in new[] { ($"Patient/{hidden}", "Patient/nobody"), ($"Patient?identifier=urn:h5|{hidden}", "Patient?identifier=urn:h5|nobody") })
        {
            var (first, second) = (await Bundled(reference), await Bundled(missing));
            Assert.Equal((second.Code, second.Text), (first.Code, first.Text));
            Assert.True(first.Code is 400 or 412, first.Text);
        }
        Assert.Equal(["Observation.subject"], (await Bakker.Post("/fhir/Observation", Observation($"Patient/{hidden}"))).Places);
        foreach (var way in new Func<string, Task<Got>>[]
        {
            observation => Bakker.Put($"/fhir/Observation/{observation}", Observation("#", observation)),
            observation => Bakker.Delete($"/fhir/Observation/{observation}"),
            observation => Bakker.Send("PATCH", $"/fhir/Observation/{observation}", Drop("Observation.subject")),
            observation => Bakker.Post("/fhir", Bundle("transaction", Entry("PUT", $"Observation/{observation}", Observation("#", observation)))),
            observation => Bakker.Post("/fhir", Bundle("transaction", Entry("DELETE", $"Observation/{observation}", null))),
        })
        {
            var (hers, none) = (await way(id), await way("nothing"));
            Assert.Equal((none.Code, none.Text.Replace("nothing", "", StringComparison.Ordinal)), (hers.Code, hers.Text.Replace(id, "", StringComparison.Ordinal)));
            Assert.InRange(hers.Code, 400, 499);
        }
        Assert.Equal(200, (await Jansen.Get($"/fhir/Observation/{id}")).Code);

        Task<Got> Bundled(string reference) => Bakker.Post("/fhir", Bundle("transaction", Entry("POST", "Observation", Observation(reference))));
    }

    [Fact]
    public async Task H5_A_condition_that_a_hidden_resource_meets_makes_a_new_one()
    {
        var hidden = await Jansen.NewPatient();
        await Jansen.Put($"/fhir/Patient/{hidden}", $$"""{"resourceType":"Patient","id":"{{hidden}}","identifier":[{"system":"urn:h5","value":"{{hidden}}"}]}""");
        var made = await Bakker.Post("/fhir/Patient", $$"""{"resourceType":"Patient","identifier":[{"system":"urn:h5","value":"{{hidden}}"}]}""", ("If-None-Exist", $"identifier=urn:h5|{hidden}"));
        Assert.Equal(201, made.Code);
        Assert.NotEqual(hidden, made.Id);
    }

    [Theory]
    [InlineData("""{"resourceType":"CareTeam","status":"active","subject":{"reference":"Patient/@"},"participant":[{"member":{"reference":"PractitionerRole/dr.bakker"}}]}""")]
    [InlineData("""{"resourceType":"EpisodeOfCare","status":"active","patient":{"reference":"Patient/@"},"careManager":{"reference":"Practitioner/dr.bakker"}}""")]
    [InlineData("""{"resourceType":"ServiceRequest","status":"active","intent":"order","subject":{"reference":"Patient/@"},"performer":[{"reference":"PractitionerRole/dr.bakker"}]}""")]
    [InlineData("""{"resourceType":"RelatedPerson","active":true,"patient":{"reference":"Patient/@"}}""")]
    [InlineData("""{"resourceType":"Consent","status":"active","scope":{"text":"x"},"category":[{"text":"x"}],"policyRule":{"text":"x"},"patient":{"reference":"Patient/@"}}""")]
    [InlineData("""{"resourceType":"PractitionerRole","active":true,"practitioner":{"reference":"Practitioner/dr.bakker"},"organization":{"reference":"Organization/de-linde"}}""")]
    public async Task H5_Nobody_assigns_herself(string resource)
    {
        var patient = await Jansen.NewPatient();
        var body = resource.Replace("@", patient, StringComparison.Ordinal);
        var type = resource.Split('"')[3];
        Assert.InRange((await Bakker.Post($"/fhir/{type}", body)).Code, 400, 403);
        Assert.InRange((await Bakker.Post("/fhir", Bundle("transaction", Entry("POST", type, body)))).Code, 400, 403);
        Assert.Equal(404, (await Bakker.Get($"/fhir/Patient/{patient}")).Code);
    }
}

public sealed class WriteEscalationOnSqlite(Shared shared) : WriteEscalationContract(shared), IClassFixture<Shared>;

public sealed class WriteEscalationOnPostgres(SharedOnPostgres shared) : WriteEscalationContract(shared), IClassFixture<SharedOnPostgres>;

/// <summary>What access rests on is away, or the clock is wrong: nothing opens, and nothing that is open closes by itself.</summary>
public abstract class FailingAccessContract
{
    protected abstract Task<TenantDatabase> EmptyAsync();

    [Theory]
    [InlineData("care")]
    [InlineData("participant")]
    [InlineData("denial")]
    [InlineData("glass")]
    public async Task H10_When_a_table_of_access_is_away_nobody_reads(string table)
    {
        await using var house = await House.OpenAsync(on: await EmptyAsync());
        var id = await house.As("dr.jansen").NewPatient();
        await using (var session = await house.Services.GetRequiredService<TenantDatabase>().WriteAsync(default))
        {
            await session.ExecuteAsync(Sql.Raw($"alter table {table} rename to {table}_away"), default);
            await session.CommitAsync(default);
        }
        foreach (var address in new[] { $"Patient/{id}", "Patient", $"Patient/{id}/_history", "_history" })
        {
            var got = await house.As("dr.jansen").Get($"/fhir/{address}");
            Assert.InRange(got.Code, 500, 503);
            Assert.DoesNotContain("Peeters", got.Text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_clock_that_steps_back_does_not_hide_what_the_last_commit_opened()
    {
        var clock = new MovingClock();
        await using var house = await House.OpenAsync(clock: clock, on: await EmptyAsync());
        var id = await house.As("dr.jansen").NewPatient();
        var database = house.Services.GetRequiredService<TenantDatabase>();
        await using (var session = await database.WriteAsync(default))
        {
            await session.ExecuteAsync(Sql.Of(
                $"""
                insert into care(actor, patient, source, kind, from_at, until_at)
                select a.rid, p.rid, 0, 1, p.at, {long.MaxValue} from res a, res p where a.fid = 'dr.bakker' and p.fid = {id}
                """), default);
            await session.CommitAsync(default);
        }
        clock.Forward(TimeSpan.FromMinutes(-1));
        Assert.Equal(200, (await house.As("dr.bakker").Get($"/fhir/Patient/{id}")).Code);
    }
}

public sealed class FailingAccessOnSqlite : FailingAccessContract
{
    protected override Task<TenantDatabase> EmptyAsync() => TestDatabase.SqliteAsync();
}

public sealed class FailingAccessOnPostgres : FailingAccessContract
{
    protected override Task<TenantDatabase> EmptyAsync() => TestDatabase.PostgresAsync();
}
