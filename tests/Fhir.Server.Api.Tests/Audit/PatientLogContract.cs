using System.Text.Json.Nodes;
using Fhir.Server.Api.Audit;
using Fhir.Server.Store.Database;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Fhir.Server.Api.Tests.Audit;

/// <summary>The patient's own log against a ledger that the test keeps: complete however far the index is filled, and nobody else in it.</summary>
public abstract class PatientLogContract(Shared shared)
{
    private House House => shared.House;
    private Client Jansen => House.As("dr.jansen");
    private Client Self(string id) => House.As($"Patient/{id}", "patient/*.rs");
    private PatientIndex Index => House.Services.GetRequiredService<PatientIndex>();
    private TenantDatabase Database => House.Services.GetRequiredService<TenantDatabase>();

    private Task StopFillerAsync() => House.Services.GetServices<IHostedService>().OfType<PatientIndexFiller>().Single().StopAsync(default);

    /// <summary>Accesses of every kind by several people; which request concerned whom is written down before its answer is looked at.</summary>
    private async Task<List<(string Request, bool First)>> LiveAsync(string one, string two, string prefix)
    {
        var ledger = new List<(string, bool)>();
        var random = new Random(7);
        for (var i = 0; i < 60; i++)
        {
            var (request, isFirst) = ($"{prefix}-{i}", random.Next(2) == 0);
            var (patient, by) = (isFirst ? one : two, random.Next(4) == 0 ? House.As("dr.bakker") : Jansen);
            ledger.Add((request, isFirst));
            (string, string) header = ("X-Request-Id", request);
            await (random.Next(8) switch
            {
                0 => by.Get($"/fhir/Patient/{patient}", header),
                1 => by.Get($"/fhir/Patient/{patient}/_history", header),
                2 => Jansen.Put($"/fhir/Patient/{patient}", $$"""{"resourceType":"Patient","id":"{{patient}}","active":{{(i % 2 == 0 ? "true" : "false")}}}""", header),
                3 => Jansen.Post("/fhir/Observation", $$$"""{"resourceType":"Observation","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/{{{patient}}}"}}""", header),
                4 => Jansen.Get($"/fhir/Patient?_id={patient}", header),
                5 => House.As("dr.jansen", "user/Observation.rs").Get($"/fhir/Patient/{patient}", header),   // out of scope: refused
                6 => House.As(null).Get($"/fhir/Patient/{patient}", header),
                _ => House.As("privacy").Get($"/fhir/AuditEvent?patient={patient}&_count=1", header),
            });
        }
        // One access that concerned both.
        ledger.Add(($"{prefix}-both", true));
        await Jansen.Get($"/fhir/Patient?_id={one},{two}", ("X-Request-Id", $"{prefix}-both"));
        return ledger;
    }

    [Fact]
    public async Task J4_A_patients_log_is_complete_wherever_the_index_is_and_names_nobody_else()
    {
        await StopFillerAsync();
        var (one, two) = (await Jansen.NewPatient(), await Jansen.NewPatient());
        var ledger = await LiveAsync(one, two, "j4");
        var expected = ledger.Where(l => l.First).Select(l => l.Request).Reverse().ToList();
        foreach (var filled in (Func<Task>[])[() => Index.ForgetAsync(default), () => Index.FillAsync(7, default), () => Index.FillAsync(11, default), FillAllAsync])
        {
            await filled();
            var log = await Self(one).Log($"patient=Patient/{one}&_count=7");
            Assert.Equal(expected, log.Select(e => e.Request()).Where(r => r?.StartsWith("j4-", StringComparison.Ordinal) == true));
            Assert.All(log, e => Assert.DoesNotContain(two, e.ToJsonString(), StringComparison.Ordinal));
            Assert.All(log, e => Assert.Equal([$"Patient/{one}"], e.Patients()));
            Assert.Equal(log.Select(e => (string)e["recorded"]!).OrderDescending(StringComparer.Ordinal), log.Select(e => (string)e["recorded"]!));
            Assert.Equal(log.Count, log.Select(e => (string)e["id"]!).Distinct().Count());
        }
    }

    private async Task FillAllAsync()
    {
        while (await Index.FillAsync(500, default) > 0) { }
    }

    [Fact]
    public async Task J4_What_is_filled_in_is_read_from_the_index_and_nothing_twice()
    {
        await StopFillerAsync();
        var id = await Jansen.NewPatient();
        await Jansen.Get($"/fhir/Patient/{id}");
        await FillAllAsync();
        async Task<long> CountAsync() { await using var s = await Database.ReadAuditAsync(default); return await s.FirstAsync(Sql.Of($"select count(*) from audit_patient"), r => r.GetInt64(0), default); }
        var before = await CountAsync();
        await Index.ForgetAsync(default);
        Assert.Equal(0, await CountAsync());
        await Task.WhenAll(FillAllAsync(), FillAllAsync());   // as two nodes would
        await FillAllAsync();
        Assert.Equal(before, await CountAsync());
        Assert.Equal(["read", "create"], (await Self(id).Log("")).Select(e => e.Subtypes()));
        await using (var session = await Database.AuditAsync(default))
        {
            await session.ExecuteAsync(Sql.Of($"delete from audit_patient"), default);   // the place stays: only the index knows these rows
            await session.CommitAsync(default);
        }
        Assert.Equal(["search-type"], (await Self(id).Log("")).Select(e => e.Subtypes()));   // its own reading, behind the place
        await Index.ForgetAsync(default);
        Assert.Equal(["search-type", "search-type", "read", "create"], (await Self(id).Log("")).Select(e => e.Subtypes()));
    }

    [Fact]
    public async Task J4_Pages_stay_in_place_while_rows_arrive()
    {
        var (id, other) = (await Jansen.NewPatient(), await Jansen.NewPatient());
        for (var i = 0; i < 9; i++) await Jansen.Get($"/fhir/Patient/{id}", ("X-Request-Id", $"j4p-{i}"));
        var log = await Self(id).Log("_count=2", betweenPages: async () =>
        {
            await Jansen.Get($"/fhir/Patient/{id}");
            await Jansen.Get($"/fhir/Patient/{other}");
            await Index.FillAsync(3, default);
        });
        Assert.Equal(["j4p-8", "j4p-7", "j4p-6", "j4p-5", "j4p-4", "j4p-3", "j4p-2", "j4p-1", "j4p-0"], log.Select(e => e.Request()).Where(r => r?.StartsWith("j4p-", StringComparison.Ordinal) == true));
        Assert.Equal(10, log.Count);
    }

    [Fact]
    public async Task J4_Nobody_reads_another_patients_log()
    {
        var (id, other) = (await Jansen.NewPatient(), await Jansen.NewPatient());
        var hers = (string)(await Self(id).Log("")).Last()["id"]!;
        var others = (string)(await Self(other).Log("")).Last()["id"]!;
        Assert.Equal(200, (await Self(id).Get($"/fhir/AuditEvent/{hers}")).Code);
        var (hidden, absent) = (await Self(id).Get($"/fhir/AuditEvent/{others}"), await Self(id).Get("/fhir/AuditEvent/w-99999999"));
        Assert.Equal((404, 404), (hidden.Code, absent.Code));
        Assert.Equal(absent.Json["issue"]!.ToJsonString(), hidden.Json["issue"]!.ToJsonString());
        Assert.All(await Self(id).Log(""), e => Assert.Matches("^e-[0-9a-f]{32}$", (string)e["id"]!));   // no number that tells of others
        Assert.Equal(404, (await Self(id).Get($"/fhir/AuditEvent/{(string)(await House.As("privacy").Log($"patient={id}&action=C"))[0]["id"]!}")).Code);
        foreach (var asked in (string[])[$"patient={other}", $"entity=Patient/{other}", $"patient={id}&patient={other}", $"patient={id}&entity=Patient/{other}"])
            Assert.Null((await Self(id).Get($"/fhir/AuditEvent?{asked}")).Json["entry"]);
        Assert.Equal(403, (await House.As($"Patient/{id}", "patient/Observation.rs").Get("/fhir/AuditEvent")).Code);
        Assert.Null((await House.As($"Patient/{id}", "patient/AuditEvent.rs?type=rest").Get("/fhir/AuditEvent")).Json["entry"]);
        Assert.Null((await Jansen.Get($"/fhir/AuditEvent?patient={id}")).Json["entry"]);
        Assert.Null((await House.As("admin").Get($"/fhir/AuditEvent?patient={id}")).Json["entry"]);
    }

    [Fact]
    public async Task J4_The_log_of_a_deleted_patient_stays_hers_and_the_officers_and_nothing_else_does()
    {
        var (id, other) = (await Jansen.NewPatient(), await Jansen.NewPatient());
        var observation = (await Jansen.Post("/fhir/Observation", $$$"""{"resourceType":"Observation","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/{{{id}}}"}}""")).Id;
        Assert.Equal(204, (await Jansen.Delete($"/fhir/Patient/{id}")).Code);
        await Jansen.Get($"/fhir/Observation/{observation}");
        var subtypes = (await House.As("privacy").Log($"patient=Patient/{id}")).Select(e => e.Subtypes()).ToList();
        Assert.Equal(["read", "delete", "create", "create"], subtypes);
        foreach (var self in new[] { House.As($"Patient/{id}", "patient/*.rs user/*.rs"), House.As($"Patient/{id}", "patient/AuditEvent.rs") })
        {
            Assert.Equal(subtypes, (await self.Log("")).Select(e => e.Subtypes()).TakeLast(4));
            Assert.Null((await self.Get($"/fhir/AuditEvent?patient={other}")).Json["entry"]);
            foreach (var hidden in new[] { $"Patient/{id}", $"Observation/{observation}", $"Observation/{observation}/_history/1", $"Observation?patient={id}", "Practitioner" })
                Assert.Equal(403, (await self.Get($"/fhir/{hidden}")).Code);
        }
        Assert.Equal(403, (await House.As($"Patient/{id}", "patient/Observation.rs").Get("/fhir/AuditEvent")).Code);
        Assert.Equal(403, (await Self("never-was").Get("/fhir/AuditEvent")).Code);
    }

    [Fact]
    public async Task J4_A_posted_event_about_her_is_in_it_without_the_others_whom_it_names()
    {
        var (id, other) = (await Jansen.NewPatient(), await Jansen.NewPatient());
        string Posted(params string[] whom) => $$$"""
            {"resourceType":"AuditEvent","type":{"system":"http://terminology.hl7.org/CodeSystem/audit-event-type","code":"rest"},"recorded":"2024-01-01T00:00:00Z","agent":[{"requestor":true}],
             "source":{"observer":{"display":"elsewhere"}},"entity":[{{{string.Join(',', whom.Select(w => $$$"""{"what":{"reference":"Patient/{{{w}}}"}}"""))}}}]}
            """;
        var his = House.As("his-delinde", "system/*.cruds");
        foreach (var whom in (string[][])[[id], [id, other], [other]]) Assert.Equal(201, (await his.Post("/fhir/AuditEvent", Posted(whom))).Code);
        var log = await Self(id).Log("agent=Device/his-delinde");
        Assert.Equal(2, log.Count);
        Assert.All(log, e => Assert.DoesNotContain(other, e.ToJsonString(), StringComparison.Ordinal));
        Assert.All(log, e => Assert.DoesNotContain("elsewhere", e.ToJsonString(), StringComparison.Ordinal));   // nor its words
        Assert.All(log, e => Assert.Equal("Device/his-delinde", (string)e["agent"]![0]!["who"]!["reference"]!));
    }

    [Fact]
    public async Task J4_It_is_told_in_words_in_Dutch_and_English()
    {
        var id = await Jansen.NewPatient();
        await Jansen.Get($"/fhir/Patient/{id}", ("X-Request-Id", "j4-words"));
        var e = (await Self(id).Log("action=R")).Single(x => x.Request() == "j4-words");
        var text = (string)e["text"]!["div"]!;
        Assert.Matches("""<p lang="nl">[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}, dr.jansen \([^)]*de-linde\): persoonsgegevens ingezien\.</p>""", text);
        Assert.Matches("""<p lang="en">.*dr.jansen \([^)]*de-linde\): personal details viewed\.</p>""", text);
        Assert.Equal("application/fhir+xml; charset=utf-8", (await Self(id).Get("/fhir/AuditEvent?_format=xml")).Content.ContentType?.ToString());
        Assert.NotNull((await Self(id).Get("/fhir/AuditEvent?_format=xml")).Xml);
    }

    /// <summary>A patient with somebody who speaks for her, and three observations: normal, restricted, very restricted.</summary>
    private async Task<(string Id, string Proxy, string[] Observations)> LabelledAsync()
    {
        var (id, observations) = (await Jansen.NewPatient(), new List<string>());
        var proxy = (await Jansen.Post("/fhir/RelatedPerson", $$$"""{"resourceType":"RelatedPerson","active":true,"patient":{"reference":"Patient/{{{id}}}"}}""")).Id;
        foreach (var label in (string[])["N", "R", "V"])
            observations.Add((await Jansen.Post("/fhir/Observation", $$$"""{"resourceType":"Observation","meta":{"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-Confidentiality","code":"{{{label}}}"}]},"status":"final","code":{"text":"x"},"subject":{"reference":"Patient/{{{id}}}"}}""")).Id);
        return (id, proxy, [.. observations]);
    }

    private static IEnumerable<string?> Requests(IEnumerable<JsonNode> log) => log.Select(e => e.Request()).Where(r => r?.StartsWith("j4l-", StringComparison.Ordinal) == true);

    [Fact]
    public async Task J4_Of_what_the_reader_may_not_see_a_patients_log_names_nothing_and_who_speaks_for_her_finds_no_line()
    {
        var (id, proxy, all) = await LabelledAsync();
        Client patient = House.As($"Patient/{id}", "patient/*.rs"), speaker = House.As($"RelatedPerson/{proxy}", "patient/*.rs");
        foreach (var (label, observation) in "nrv".Zip(all))
        {
            await Jansen.Get($"/fhir/Observation/{observation}", ("X-Request-Id", $"j4l-{label}"));
            await Jansen.Get($"/fhir/Observation?_id={observation}", ("X-Request-Id", $"j4l-{label}-found"));
            await House.As("dr.bakker").Get($"/fhir/Observation/{observation}", ("X-Request-Id", $"j4l-{label}-vain"));
        }
        await Jansen.Get($"/fhir/Observation?patient={id}", ("X-Request-Id", "j4l-all"));
        await Jansen.Delete($"/fhir/Observation/{all[1]}", ("X-Request-Id", "j4l-r-gone"));
        var (hers, his) = (await patient.Log("_count=500"), await speaker.Log("_count=500"));
        Assert.Equal(["j4l-r-gone", "j4l-all", "j4l-v-vain", "j4l-v-found", "j4l-v", "j4l-r-vain", "j4l-r-found", "j4l-r", "j4l-n-vain", "j4l-n-found", "j4l-n"], Requests(hers));
        Assert.Equal(["j4l-all", "j4l-n-vain", "j4l-n-found", "j4l-n"], Requests(his));
        foreach (var e in hers) Assert.DoesNotContain(all[2], e.ToJsonString(), StringComparison.Ordinal);
        foreach (var e in his) Assert.DoesNotMatch($"{all[1]}|{all[2]}", e.ToJsonString());
        foreach (var e in hers.Where(e => e.Request()?.StartsWith("j4l-v", StringComparison.Ordinal) == true))
        {
            Assert.DoesNotMatch("Observation|meting|measurement", e.ToJsonString());
            Assert.Contains("dr.jansen (", e.Request() == "j4l-v-vain" ? "dr.jansen (" : (string)e["text"]!["div"]!, StringComparison.Ordinal);   // who and when stay
            Assert.Equal([$"Patient/{id}"], e.Patients());
        }
        foreach (var query in (string[])["entity-type=Observation", $"entity=Observation/{all[2]}"]) Assert.DoesNotContain(await patient.Log(query), e => e.Request()?.StartsWith("j4l-v", StringComparison.Ordinal) == true);
        Assert.Equal(["j4l-r-gone", "j4l-all", "j4l-r-vain", "j4l-r-found", "j4l-r"], Requests(await patient.Log($"entity=Observation/{all[1]}")));
        Assert.Empty(Requests(await speaker.Log($"entity=Observation/{all[1]}")));
        var line = (string)hers.Single(e => e.Request() == "j4l-v")["id"]!;
        Assert.DoesNotContain(all[2], (await patient.Get($"/fhir/AuditEvent/{line}")).Text, StringComparison.Ordinal);
        Assert.Equal((200, 404), ((await patient.Get($"/fhir/AuditEvent/{line}")).Code, (await speaker.Get($"/fhir/AuditEvent/{line}")).Code));
    }

    [Fact]
    public async Task J4_Her_own_tries_in_vain_are_told_alike_whether_the_thing_is_there_or_not()
    {
        var (id, _, all) = await LabelledAsync();
        var others = (await Jansen.Post("/fhir/Observation", $$$"""{"resourceType":"Observation","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/{{{await Jansen.NewPatient()}}}"}}""")).Id;
        foreach (var (observation, i) in ((string[])[all[2], others, "nowhere"]).Select((o, i) => (o, i)))
        {
            await Self(id).Get($"/fhir/Observation/{observation}", ("X-Request-Id", $"j4l-{i}"));
            var own = Assert.Single(await Self(id).Log($"entity=Observation/{observation}"));
            Assert.Equal(($"j4l-{i}", $"Observation/{observation}"), (own.Request(), (string)own["entity"]![0]!["what"]!["reference"]!));
        }
        // Whom she names in a search does not betray herself either.
        var (someone, told, self) = (await Jansen.NewPatient(), new List<string>(), Self(id));
        foreach (var named in (string[])[someone, "nowhere"])
        {
            await self.Get($"/fhir/Observation?subject=Patient/{named}", ("X-Request-Id", "j4-named"));
            var own = (await Self(id).Log("action=E")).First(e => e.Request() == "j4-named").AsObject();
            foreach (var varies in (string[])["id", "recorded", "text"]) own.Remove(varies);
            told.Add(own.ToJsonString());
        }
        Assert.Equal(told[0], told[1]);
    }

    [Fact]
    public async Task J4_Reading_her_log_is_in_her_log()
    {
        var id = await Jansen.NewPatient();
        await Self(id).Get("/fhir/AuditEvent", ("X-Request-Id", "j4-own"));
        await House.As("privacy").Get($"/fhir/AuditEvent?patient={id}", ("X-Request-Id", "j4-officer"));
        await House.As("privacy").Get("/fhir/AuditEvent?_count=5", ("X-Request-Id", "j4-page"));   // it names her too
        Assert.Equal(["j4-page", "j4-officer", "j4-own"], (await Self(id).Log("action=E")).Select(e => e.Request()).Where(r => r is "j4-own" or "j4-officer" or "j4-page"));
    }
}

public sealed class PatientLogOnSqlite(Shared shared) : PatientLogContract(shared), IClassFixture<Shared>;
public sealed class PatientLogOnPostgres(SharedOnPostgres shared) : PatientLogContract(shared), IClassFixture<SharedOnPostgres>;
