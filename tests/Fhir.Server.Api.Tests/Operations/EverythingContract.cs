using Fhir.Server.Store.Database;
using Fhir.Server.Store.Tests;

namespace Fhir.Server.Api.Tests.Operations;

/// <summary>$everything — https://hl7.org/fhir/R4/patient-operation-everything.html</summary>
public abstract class EverythingContract : IAsyncLifetime
{
    private House _house = null!;
    private string _patient = null!;

    protected abstract Task<TenantDatabase?> DatabaseAsync();

    public async ValueTask InitializeAsync()
    {
        _house = await House.OpenAsync(on: await DatabaseAsync());
        _patient = await Jansen.NewPatient();
    }

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return _house.DisposeAsync();
    }

    private Client Jansen => _house.As("dr.jansen");

    private static async Task<string> New(Client by, string type, string content)
    {
        var made = await by.Post($"/fhir/{type}", $$"""{"resourceType":"{{type}}",{{content}}}""");
        Assert.True(made.Code == 201, made.Text);
        return $"{type}/{made.Id}";
    }

    private Task<string> Observation(string more = "", string? of = null) =>
        New(Jansen, "Observation", $$""" "status":"final","code":{"text":"x"},"subject":{"reference":"Patient/{{of ?? _patient}}"}{{more}} """);

    private static string[] Keys(Got got)
    {
        Assert.True(got.Code == 200, got.Text);
        return [.. (got.Json["entry"]?.AsArray() ?? []).Select(e => string.Join('/', ((string)e!["fullUrl"]!).Split('/')[^2..])).Order(StringComparer.Ordinal)];
    }

    private static string[] Sorted(params string[] keys) => [.. keys.Order(StringComparer.Ordinal)];

    [Fact]
    public async Task T125_It_is_the_patient_her_compartment_and_what_that_refers_to_and_nobody_elses()
    {
        var other = await Jansen.NewPatient("Jansens");
        var theirs = await Observation(of: other);
        var one = await Observation(""","performer":[{"reference":"PractitionerRole/dr.jansen"}]""");
        var two = await New(Jansen, "Condition", $$""" "subject":{"reference":"Patient/{{_patient}}"} """);
        var odd = await Observation($$""","derivedFrom":[{"reference":"{{theirs}}"}]""");
        Assert.Equal(Sorted($"Patient/{_patient}", one, two, odd, "PractitionerRole/dr.jansen"), Keys(await Jansen.Get($"/fhir/Patient/{_patient}/$everything")));
        Assert.Equal(Sorted($"Patient/{_patient}", one, two, odd, "PractitionerRole/dr.jansen"), Keys(await Jansen.Post($"/fhir/Patient/{_patient}/$everything", """{"resourceType":"Parameters"}""")));
    }

    [Fact]
    public async Task T125_Its_pages_are_whole_stable_and_for_one_caller_only()
    {
        var all = new List<string> { $"Patient/{_patient}" };
        for (var i = 0; i < 7; i++) all.Add(await Observation());
        var found = new List<string>();
        string? next = $"/fhir/Patient/{_patient}/$everything?_count=3", second = null;
        for (var pages = 0; next is not null && pages < 9; pages++)
        {
            var page = await Jansen.Get(next);
            found.AddRange(Keys(page));
            if (pages == 0) await Observation();   // newer than the first page
            next = page.Json["link"]!.AsArray().Select(l => ((string)l!["relation"]!, (string)l["url"]!)).FirstOrDefault(l => l.Item1 == "next").Item2;
            second ??= next;
        }
        Assert.Equal(Sorted([.. all]), Sorted([.. found]));
        Assert.Equal(400, (await _house.As("his-delinde").Get(second!)).Code);
    }

    [Fact]
    public async Task T125_Type_and_since_choose()
    {
        var observation = await Observation();
        var condition = await New(Jansen, "Condition", $$""" "subject":{"reference":"Patient/{{_patient}}"} """);
        Assert.Equal([condition], Keys(await Jansen.Get($"/fhir/Patient/{_patient}/$everything?_type=Condition")));
        Assert.Equal(Sorted(condition, observation), Keys(await Jansen.Get($"/fhir/Patient/{_patient}/$everything?_type=Condition,Observation")));
        Assert.Empty(Keys(await Jansen.Get($"/fhir/Patient/{_patient}/$everything?_since=2999-01-01T00:00:00Z")));
        Assert.Equal(3, Keys(await Jansen.Get($"/fhir/Patient/{_patient}/$everything?_since=2000-01-01T00:00:00Z")).Length);
        foreach (var wrong in (string[])["_since=soon", "_type=Nothing", "start=soon", "_foo=1"])
            Assert.Equal(400, (await Jansen.Get($"/fhir/Patient/{_patient}/$everything?{wrong}")).Code);
    }

    [Fact]
    public async Task T125_Start_and_end_bound_the_care_and_what_has_no_date_stays()
    {
        var (early, late, undated) = (await Observation(""","effectiveDateTime":"2020-03-01" """), await Observation(""","effectivePeriod":{"start":"2021-01-01","end":"2022-06-01"}"""), await Observation());
        async Task<string[]> Asked(string query) => Keys(await Jansen.Get($"/fhir/Patient/{_patient}/$everything?_type=Observation&{query}"));
        Assert.Equal(Sorted(late, undated), await Asked("start=2022"));
        Assert.Equal(Sorted(early, undated), await Asked("end=2020-12-31"));
        Assert.Equal(Sorted(early, undated), await Asked("start=2020-03-01&end=2020-03-01"));
        Assert.Equal(Sorted(early, late, undated), await Asked("start=2020&end=2021-01-01"));
        Assert.Equal([undated], await Asked("start=2022-06-02"));
        Assert.Contains($"Patient/{_patient}", Keys(await Jansen.Get($"/fhir/Patient/{_patient}/$everything?start=2022")));
    }

    [Fact]
    public async Task T125_Of_an_encounter_it_is_the_encounter_what_happened_in_it_and_her_patient()
    {
        var encounter = await New(Jansen, "Encounter", $$""" "status":"finished","class":{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"AMB"},"subject":{"reference":"Patient/{{_patient}}"} """);
        var inside = await Observation($$""","encounter":{"reference":"{{encounter}}"}""");
        await Observation();
        Assert.Equal(Sorted(encounter, inside, $"Patient/{_patient}"), Keys(await Jansen.Get($"/fhir/{encounter}/$everything")));
    }

    [Fact]
    public async Task H4_Everything_shows_what_a_search_would_and_no_more()
    {
        var hidden = await New(_house.As("integrator"), "Observation", $$""" "status":"final","code":{"text":"x"},"subject":{"reference":"Patient/{{_patient}}"},"meta":{"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-Confidentiality","code":"V"}]} """);
        await Observation();
        await Clinic.HireAsync(_house.As("integrator"), "a.assistant", "assistant", "de-linde");
        var assistant = _house.As("a.assistant");
        var searched = Keys(await assistant.Get($"/fhir/Patient/{_patient}/*"));
        Assert.Equal(2, searched.Length);
        Assert.Equal(searched, Keys(await assistant.Get($"/fhir/Patient/{_patient}/$everything")));
        Assert.DoesNotContain(hidden, searched);
        var (unseen, absent) = (await _house.As("dr.bakker").Get($"/fhir/Patient/{_patient}/$everything"), await _house.As("dr.bakker").Get("/fhir/Patient/nobody/$everything"));
        Assert.Equal(404, unseen.Code);
        Assert.Equal(absent.Text, unseen.Text);
        Assert.Equal([$"Patient/{_patient}"], Keys(await _house.As("dr.jansen", "user/Patient.rs").Get($"/fhir/Patient/{_patient}/$everything")));
        Assert.Equal(403, (await _house.As("dr.jansen", "user/Observation.rs").Get($"/fhir/Patient/{_patient}/$everything")).Code);
    }

    [Fact]
    public async Task H4_A_company_doctor_does_not_pull()
    {
        foreach (var id in (string[])[_patient, "nobody"])
            Assert.Equal(403, (await _house.As("dr.devries").Get($"/fhir/Patient/{id}/$everything")).Code);
    }
}

public sealed class EverythingOnSqlite : EverythingContract
{
    protected override Task<TenantDatabase?> DatabaseAsync() => Task.FromResult<TenantDatabase?>(null);
}

public sealed class EverythingOnPostgres : EverythingContract
{
    protected override async Task<TenantDatabase?> DatabaseAsync() => await TestDatabase.PostgresAsync();
}
