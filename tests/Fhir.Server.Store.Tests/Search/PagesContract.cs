using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Search;
using Fhir.Server.Store.Tests.Resources;

namespace Fhir.Server.Store.Tests.Search;

/// <summary>How results are ordered, paged and accompanied, and what a caller may learn from them.</summary>
public abstract class PagesContract
{
    protected abstract Task<TenantDatabase> EmptyAsync();

    private async Task<TestStore> WithAsync(params IEnumerable<string> resources)
    {
        var store = await TestStore.OpenAsync(await EmptyAsync());
        await store.PutAsync(resources);
        return store;
    }

    private static string Patient(string id, string more) => $$"""{"resourceType":"Patient","id":"{{id}}",{{more}}}""";
    private static string Observation(string id, string more) => $$"""{"resourceType":"Observation","id":"{{id}}","status":"final","code":{"coding":[{"code":"c"}]},{{more}}}""";

    // All pages from the first to the last; between is run after each.
    private static async Task<List<string>> WalkAsync(TestStore store, string query, Func<int, Task>? between = null, AccessContext? by = null)
    {
        var (found, page, number) = (new List<string>(), await store.SearchAsync(query, by), 0);
        while (true)
        {
            found.AddRange(page.Matches.Select(m => m.Key.Id));
            if (page.Next is null) return found;
            if (between is not null) await between(number++);
            page = await store.SearchAsync($"{query}&_page={page.Next}", by);
        }
    }

    [Theory]
    [InlineData("family", "x1,x2,x4,x3,x5")]
    [InlineData("-family", "x3,x4,x2,x1,x5")]
    [InlineData("birthdate", "x2,x1,x3,x4,x5")]
    [InlineData("-birthdate", "x3,x1,x2,x5,x4")]
    [InlineData("gender,-_id", "x3,x2,x5,x1,x4")]
    [InlineData("-_id", "x5,x4,x3,x2,x1")]
    [InlineData("-_lastUpdated", "x5,x4,x3,x2,x1")]
    [InlineData("organization", "x2,x1,x3,x4,x5")]
    [InlineData("active,_id", "x1,x2,x3,x4,x5")]
    public async Task T102_Sorting_keeps_everything_and_what_has_no_value_comes_last(string sort, string expected)
    {
        await using var store = await WithAsync();
        await store.PutAsync(Patient("x1", "\"name\":[{\"family\":\"Alpha\"}],\"birthDate\":\"1990\",\"gender\":\"male\",\"managingOrganization\":{\"reference\":\"Organization/b\"}"));
        await store.PutAsync(Patient("x2", "\"name\":[{\"family\":\"beta\"}],\"birthDate\":\"1980-05-05\",\"gender\":\"female\",\"managingOrganization\":{\"reference\":\"Organization/a\"}"));
        await store.PutAsync(Patient("x3", "\"name\":[{\"family\":\"Überg\"},{\"family\":\"zeta\"}],\"birthDate\":\"2000-01-01\",\"gender\":\"female\""));
        await store.PutAsync(Patient("x4", "\"name\":[{\"family\":\"gamma\"}]"));
        await store.PutAsync(Patient("x5", "\"gender\":\"male\""));
        var whole = await store.FindAsync($"Patient?_sort={sort}");
        Assert.Equal(expected.Split(','), whole);
        foreach (var size in new[] { 1, 2, 3 }) Assert.Equal(whole, await WalkAsync(store, $"Patient?_sort={sort}&_count={size}"));
    }

    private static string Condition(string id, string code) => $$"""{"resourceType":"Condition","id":"{{id}}","subject":{"reference":"Patient/p"},"code":{{code}}}""";

    [Theory]
    [InlineData("code", "both,dots,beta,bare,none")]
    [InlineData("-code", "both,beta,dots,none,bare")]
    [InlineData("code,-_id", "both,dots,beta,none,bare")]
    public async Task T102_Codes_sort_by_the_words_beside_them_and_those_without_words_come_last(string sort, string expected)
    {
        await using var store = await WithAsync();
        await store.PutAsync(Condition("beta", "{\"coding\":[{\"code\":\"1\",\"display\":\"Beta\"}]}"));
        await store.PutAsync(Condition("both", "{\"text\":\"alpha\",\"coding\":[{\"code\":\"3\",\"display\":\"Zeta\"}]}"));
        await store.PutAsync(Condition("bare", "{\"coding\":[{\"code\":\"0\"}]}"));
        await store.PutAsync(Condition("dots", "{\"text\":\"Älter\"}"));
        await store.PutAsync("""{"resourceType":"Condition","id":"none","subject":{"reference":"Patient/p"}}""");
        Assert.Equal(expected.Split(','), await store.FindAsync($"Condition?_sort={sort}"));
        foreach (var size in new[] { 1, 2, 3 }) Assert.Equal(expected.Split(','), await WalkAsync(store, $"Condition?_sort={sort}&_count={size}"));
    }

    [Theory]
    [InlineData("Patient?_sort=identifier")]
    [InlineData("Patient?_sort=telecom")]
    [InlineData("Observation?_sort=combo-code")]
    [InlineData("Observation?_sort=code-value-quantity")]
    public async Task T102_What_has_no_order_is_refused(string query)
    {
        await using var store = await WithAsync();
        Assert.True((await store.TryAsync(query)).Failed(out var issue, out _));
        Assert.Equal(IssueKind.Unsupported, issue.Kind);
    }

    [Theory]
    [InlineData("value-quantity", "minus,low,high,none")]
    [InlineData("-value-quantity", "high,low,minus,none")]
    [InlineData("status,value-quantity", "minus,low,high,none")]
    public async Task Numbers_sort_as_numbers(string sort, string expected)
    {
        await using var store = await WithAsync(
            Observation("high", "\"valueQuantity\":{\"value\":100}"), Observation("low", "\"valueQuantity\":{\"value\":9.5}"),
            Observation("none", "\"valueString\":\"x\""), Observation("minus", "\"valueQuantity\":{\"value\":-100.25}"));
        Assert.Equal(expected.Split(','), await WalkAsync(store, $"Observation?_sort={sort}&_count=1"));
    }

    [Theory]
    [InlineData("Observation?code=c")]
    [InlineData("Observation?subject=Patient/p")]
    [InlineData("Observation?date=gt1990")]
    [InlineData("Observation?")]
    [InlineData("Observation?_sort=date")]
    [InlineData("Observation?_sort=-_lastUpdated")]
    [InlineData("Observation?subject:Patient.active=true")]
    [InlineData("?_tag=t")]
    public async Task T64_Unchanged_rows_are_neither_skipped_nor_doubled_while_others_write(string query)
    {
        static string Number(int i, string value) => Observation($"o{i:D3}", $$"""  "meta":{"tag":[{"code":"t"}]},"subject":{"reference":"Patient/p"},"effectiveDateTime":"20{{i % 20:D2}}-01-01","valueString":"{{value}}" """);
        await using var store = await WithAsync(Patient("p", "\"active\":true"));
        await store.PutAsync(Enumerable.Range(0, 60).Select(i => Number(i, "first")));
        var found = await WalkAsync(store, query + "&_count=7", async page =>
        {
            await store.PutAsync(Number(100 + page, "new"), Number(59 - page, "changed"));
            await store.DoAsync(TestStore.Gone("Observation", $"o{30 + page:D3}"));
        });
        Assert.Equal(found.Count, found.Distinct(StringComparer.Ordinal).Count());
        Assert.DoesNotContain(found, id => string.CompareOrdinal(id, "o100") >= 0);
        Assert.Subset(found.ToHashSet(StringComparer.Ordinal), Enumerable.Range(0, 30).Select(i => $"o{i:D3}").ToHashSet(StringComparer.Ordinal));
    }

    [Fact]
    public async Task T71_A_page_token_counts_for_its_query_and_caller_only()
    {
        await using var store = await WithAsync(Enumerable.Range(0, 5).Select(i => Patient($"p{i}", "\"active\":true")));
        var next = (await store.SearchAsync("Patient?active=true&_count=2")).Next!;
        Assert.Equal(["p2", "p3"], await store.FindAsync($"Patient?active=true&_count=2&_page={next}"));
        var other = AccessContext.House("someone else", 1);
        foreach (var (query, by) in new[] { ("Patient?active=true&_count=3", TestStore.Everyone), ("Patient?_count=2", TestStore.Everyone), ("Observation?_count=2", TestStore.Everyone), ("Patient?active=true&_count=2", other) })
            Assert.True((await store.TryAsync($"{query}&_page={next}", by)).Failed(out var issue, out _) && issue is { Kind: IssueKind.Invalid, Where: "_page" });
        foreach (var forged in new[] { "x", "AAAA", next[..^1] + (next[^1] == 'A' ? 'B' : 'A'), "%%%", next + "AAAA" })
            Assert.True((await store.TryAsync($"Patient?active=true&_count=2&_page={forged}")).Failed(out _, out _), forged);
    }

    [Fact]
    public async Task T61_Totals_count_matches_only_and_zero_means_just_the_number()
    {
        await using var store = await WithAsync(Enumerable.Range(0, 5).Select(i => Patient($"p{i}", "\"active\":true,\"managingOrganization\":{\"reference\":\"Organization/o\"}")).Append("""{"resourceType":"Organization","id":"o"}"""));
        Assert.Equal(5, (await store.SearchAsync("Patient?active=true&_include=Patient:organization")).Total);
        Assert.Null((await store.SearchAsync("Patient?active=true&_count=2")).Total);
        Assert.Equal(5, (await store.SearchAsync("Patient?active=true&_count=2&_total=accurate")).Total);
        foreach (var query in new[] { "Patient?active=true&_count=0", "Patient?active=true&_summary=count", "Patient?_summary=count" })
        {
            var page = await store.SearchAsync(query);
            Assert.Equal((5L, 0, (string?)null), (page.Total, page.Matches.Count, page.Next));
        }
    }

    [Fact]
    public async Task T99_Includes_are_complete_and_never_doubled()
    {
        await using var store = await WithAsync(
            """{"resourceType":"Organization","id":"top"}""",
            """{"resourceType":"Organization","id":"o","partOf":{"reference":"Organization/top"}}""",
            Patient("p", "\"managingOrganization\":{\"reference\":\"Organization/o\"},\"generalPractitioner\":[{\"reference\":\"Practitioner/d\"},{\"reference\":\"Practitioner/absent\"}]"),
            """{"resourceType":"Practitioner","id":"d"}""",
            Observation("a", "\"subject\":{\"reference\":\"Patient/p\"},\"performer\":[{\"reference\":\"Practitioner/d\"}],\"hasMember\":[{\"reference\":\"Observation/b\"}]"),
            Observation("b", "\"subject\":{\"reference\":\"Patient/p\"},\"derivedFrom\":[{\"reference\":\"Observation/a\"}]"));
        Assert.Equal(["Patient/p"], await IncludedAsync(store, "Observation?_include=Observation:subject"));
        Assert.Equal(["Patient/p"], await IncludedAsync(store, "Observation?_include=Observation:patient"));
        Assert.Equal([], await IncludedAsync(store, "Observation?_include=Observation:subject:Group"));
        Assert.Equal(["Observation/b", "Patient/p", "Practitioner/d"], await IncludedAsync(store, "Observation?_id=a&_include=*"));
        Assert.Equal(["Organization/o", "Patient/p"], await IncludedAsync(store, "Observation?_include=Observation:subject&_include:iterate=Patient:organization"));
        Assert.Equal(["Organization/o", "Organization/top", "Patient/p"], await IncludedAsync(store, "Observation?_include=Observation:subject&_include:iterate=Patient:organization&_include:iterate=Organization:partof"));
        Assert.Equal(["Observation/b"], await IncludedAsync(store, "Observation?_id=a&_include:iterate=Observation:has-member&_include:iterate=Observation:derived-from"));
        Assert.Equal(["Observation/a", "Observation/b"], await IncludedAsync(store, "Patient?_revinclude=Observation:subject"));
        Assert.Equal(["Observation/a", "Observation/b", "Practitioner/d"], await IncludedAsync(store, "Patient?_revinclude=Observation:patient&_include:iterate=Observation:performer"));
        Assert.Equal(["Patient/p"], await IncludedAsync(store, "Practitioner?_revinclude=Patient:general-practitioner"));
        Assert.Equal(["Observation/a", "Observation/b"], await IncludedAsync(store, "Patient?_revinclude=*"));
        Assert.Equal(["Observation/a", "Patient/p"], await IncludedAsync(store, "Practitioner?_id=d&_revinclude=*"));
        Assert.Equal(["Observation/a", "Observation/b", "Patient/p"], await IncludedAsync(store, "Practitioner?_id=d&_revinclude:iterate=*"));
        await store.DoAsync(TestStore.Gone("Practitioner", "d"));
        Assert.Equal(["Observation/b", "Patient/p"], await IncludedAsync(store, "Observation?_id=a&_include=*"));
        foreach (var wrong in new[] { "_include=Observation", "_include=Nothing:subject", "_include=Observation:nothing", "_include=Observation:code", "_revinclude=Observation" })
            Assert.True((await store.TryAsync($"Observation?{wrong}")).Failed(out var issue, out _) && issue.Where!.StartsWith(wrong[..8], StringComparison.Ordinal), wrong);
    }

    [Fact]
    public async Task T100_More_includes_than_a_page_holds_are_announced()
    {
        await using var store = await WithAsync(Enumerable.Range(0, 1100).Select(i => Observation($"o{i}", "\"subject\":{\"reference\":\"Patient/p\"}")).Prepend(Patient("p", "\"active\":true")));
        var page = await store.SearchAsync("Patient?_revinclude=Observation:subject");
        Assert.Equal((1000, true), (page.Includes.Count, page.IncludesCut));
        Assert.False((await store.SearchAsync("Patient?active=true")).IncludesCut);
    }

    [Theory]
    [InlineData("date", "o2 e1 o1 e2 e3 o3")]
    [InlineData("-date", "e2 o1 e1 o2 e3 o3")]
    [InlineData("status,_id", "o2 e2 e3 o1 o3 e1")]
    [InlineData("-status,_id", "e1 o1 o3 e3 e2 o2")]
    [InlineData("patient,_id", "e1 o1 e2 o2 e3 o3")]
    public async Task T102_Several_types_are_sorted_by_what_they_have_in_common_and_paged(string sort, string expected)
    {
        static string Encounter(string id, string status, string more) => $$$"""{"resourceType":"Encounter","id":"{{{id}}}","status":"{{{status}}}","class":{"code":"AMB"}{{{more}}}}""";
        static string Measured(string id, string status, string more) => $$$"""{"resourceType":"Observation","id":"{{{id}}}","status":"{{{status}}}","code":{"text":"x"}{{{more}}}}""";
        await using var store = await WithAsync(
            Encounter("e1", "planned", ""","period":{"start":"2025-02-01","end":"2025-02-02"},"subject":{"reference":"Patient/a"}"""), Encounter("e2", "arrived", ""","period":{"start":"2025-04-01"},"subject":{"reference":"Patient/b"}"""), Encounter("e3", "cancelled", ""),
            Measured("o1", "final", ""","effectiveDateTime":"2025-03-01","subject":{"reference":"Patient/a"}"""), Measured("o2", "amended", ""","effectiveDateTime":"2025-01-01","subject":{"reference":"Patient/b"}"""), Measured("o3", "final", ""), Patient("a", "\"active\":true"), Patient("b", "\"active\":true"));
        var query = $"?_type=Observation,Encounter&_sort={sort}";
        var all = string.Join(' ', await store.FindAsync(query));
        var (paged, page) = (new List<string>(), await store.SearchAsync(query + "&_count=1"));
        while (true)
        {
            paged.AddRange(page.Matches.Select(m => m.Key.Id));
            if (page.Next is null) break;
            page = await store.SearchAsync($"{query}&_count=1&_page={page.Next}");
        }
        Assert.Equal(all, string.Join(' ', paged));
        Assert.Equal(expected.Split(' ').Take(4), all.Split(' ').Take(4));
        Assert.Equal(expected.Split(' ').Order(StringComparer.Ordinal), all.Split(' ').Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("?_type=Observation,Patient&_sort=birthdate")]
    [InlineData("?_type=Observation,Encounter&_sort=code-value-quantity")]
    [InlineData("?_type=Patient,Observation&_sort=identifier")]
    public async Task T102_What_not_all_types_have_is_no_order(string query)
    {
        await using var store = await WithAsync();
        Assert.True((await store.TryAsync(query)).Failed(out var issue, out _) && issue.Kind == Core.Outcomes.IssueKind.Unsupported);
        Assert.Empty(await store.FindAsync("?_sort=_source,-_tag"));
    }

    [Theory]
    [InlineData("none", null)]
    [InlineData("estimate", 3L)]
    [InlineData("accurate", 3L)]
    public async Task T104_A_total_is_told_as_it_was_asked(string how, long? total)
    {
        await using var store = await WithAsync(Enumerable.Range(0, 3).Select(i => Patient($"p{i}", "\"active\":true")).Append(Patient("x", "\"active\":false")));
        foreach (var query in new[] { "Patient?active=true", "Patient?active=true&_sort=birthdate", "Patient?active:not=false" })
            Assert.Equal(total, (await store.SearchAsync($"{query}&_count=2&_total={how}")).Total);
    }

    [Fact]
    public async Task T100_A_page_that_would_include_too_much_ends_earlier_and_nothing_is_lost()
    {
        await using var store = await WithAsync(
            Enumerable.Range(0, 4).Select(i => Patient($"p{i}", "\"active\":true"))
                .Concat(Enumerable.Range(0, 1600).Select(i => Observation($"o{i}", $$$"""  "subject":{"reference":"Patient/p{{{i % 4}}}"}"""))));
        var (matches, includes, page) = (new List<string>(), new List<string>(), await store.SearchAsync("Patient?_revinclude=Observation:subject"));
        while (true)
        {
            matches.AddRange(page.Matches.Select(m => m.Key.Id));
            includes.AddRange(page.Includes.Select(m => m.Key.Id));
            Assert.False(page.IncludesCut);
            if (page.Next is null) break;
            page = await store.SearchAsync($"Patient?_revinclude=Observation:subject&_page={page.Next}");
        }
        Assert.Equal(["p0", "p1", "p2", "p3"], matches);
        Assert.Equal((1600, 1600), (includes.Count, includes.Distinct().Count()));
    }

    [Fact]
    public async Task T100_Includes_that_go_on_further_than_is_looked_are_announced()
    {
        await using var store = await WithAsync(Enumerable.Range(0, 40).Select(i => $$$"""{"resourceType":"Organization","id":"o{{{i}}}"{{{(i == 0 ? "" : $$$""","partOf":{"reference":"Organization/o{{{i - 1}}}"}""")}}}}"""));
        var page = await store.SearchAsync("Organization?_id=o39&_include:iterate=Organization:partof");
        Assert.True(page.IncludesCut && page.Includes.Count < 39);
        page = await store.SearchAsync("Organization?_id=o12&_include:iterate=Organization:partof");
        Assert.Equal((12, false), (page.Includes.Count, page.IncludesCut));
    }

    private static async Task<IReadOnlyList<string>> IncludedAsync(TestStore store, string query) =>
        [.. (await store.SearchAsync(query)).Includes.Select(m => m.Key.ToString()).Order(StringComparer.Ordinal)];

    private static async Task<(AccessContext Gp, AccessContext CompanyDoctor, AccessContext Stranger)> ClinicAsync(TestStore store)
    {
        await store.PutAsync("""{"resourceType":"Organization","id":"linde","name":"De Linde"}""", """{"resourceType":"PractitionerRole","id":"vries"}""",
            Observation("secret", "\"subject\":{\"reference\":\"Patient/p\"},\"valueString\":\"finding\""),
            """{"resourceType":"Communication","id":"thread","status":"in-progress","subject":{"reference":"Patient/p"}}""");
        await store.PutAsync(Patient("p", """
            "identifier":[{"system":"urn:bsn","value":"999990019"}],"name":[{"family":"Dijk"}],"birthDate":"1975-03-18","gender":"male","address":[{"city":"Zwolle"}],
            "managingOrganization":{"reference":"Organization/linde"},"generalPractitioner":[{"reference":"Organization/linde"}],"meta":{"tag":[{"code":"hiv"}]}
            """));
        var rids = (await store.Database.QueryAsync(Sql.Raw("select fid, rid from res"), r => (r.GetString(0), r.GetInt64(1)), default)).ToDictionary(r => r.Item1, r => r.Item2, StringComparer.Ordinal);
        await using var session = await store.Database.WriteAsync(default);
        await session.ExecuteAsync(Sql.Of($"update res set home = {rids["linde"]} where fid in ('p', 'secret', 'thread')"), default);
        await session.ExecuteAsync(Sql.Of($"update res set thread = rid, confined = 1 where fid = 'thread'"), default);
        await session.ExecuteAsync(Sql.Of($"insert into participant(thread, actor, org, patient, owner, from_at, until_at) values({rids["thread"]}, {rids["vries"]}, null, {rids["p"]}, 0, 0, {long.MaxValue})"), default);
        await session.CommitAsync(default);
        AccessContext As(Role role, string who, long organization, long actor) => new()
        {
            Who = who, Role = role, Scopes = Scopes.Parse("user/*.cruds"), NowMicros = 1_000, OrganizationRid = organization, ActorRid = actor,
        };
        return (As(Role.Gp, "jansen", rids["linde"], 0), As(Role.CompanyDoctor, "vries", 0, rids["vries"]), As(Role.Gp, "stranger", 0, 0));
    }

    [Theory]
    [InlineData("Patient?identifier=urn:bsn|999990019")]
    [InlineData("Patient?address-city=Zwolle")]
    [InlineData("Patient?address-city:missing=false")]
    [InlineData("Patient?address-city:missing=true")]
    [InlineData("Patient?identifier:not=x")]
    [InlineData("Patient?organization=Organization/linde")]
    [InlineData("Patient?organization.name=De Linde")]
    [InlineData("Patient?general-practitioner:Organization.name=De Linde")]
    [InlineData("Patient?_tag=hiv")]
    [InlineData("Patient?_has:Observation:patient:value-string=finding")]
    [InlineData("Patient?_has:Communication:patient:status=in-progress")]
    [InlineData("Communication?subject:Patient.identifier=urn:bsn|999990019")]
    [InlineData("Communication?patient.address-city=Zwolle")]
    [InlineData("Communication?subject:Patient._has:Observation:patient:value-string=finding")]
    [InlineData("Organization?_has:Patient:organization:name=Dijk")]
    [InlineData("Organization?_has:Patient:general-practitioner:gender=male")]
    [InlineData("Organization?_has:Patient:organization:_id=p")]
    [InlineData("Organization?_has:Patient:organization:gender:not=female")]
    [InlineData("Organization?_has:Patient:general-practitioner:identifier:not=x")]
    [InlineData("?_tag=hiv")]
    [InlineData("Observation?value-string=finding")]
    public async Task What_is_hidden_from_a_company_doctor_finds_nothing(string query)
    {
        await using var store = await WithAsync();
        var (gp, companyDoctor, _) = await ClinicAsync(store);
        Assert.Empty(await store.FindAsync(query, companyDoctor));
        Assert.Equal(0, (await store.SearchAsync(query + "&_summary=count", companyDoctor)).Total);
        if (!query.Contains("missing=true", StringComparison.Ordinal)) Assert.NotEmpty(await store.FindAsync(query.Replace("Communication?", "Observation?", StringComparison.Ordinal).Replace("_has:Communication:patient:status=in-progress", "active:missing=true", StringComparison.Ordinal), gp));
    }

    [Fact]
    public async Task A_company_doctor_finds_her_patient_by_what_she_may_know_and_gets_no_more()
    {
        await using var store = await WithAsync();
        var (_, companyDoctor, _) = await ClinicAsync(store);
        foreach (var query in new[] { "Patient?name=Dijk", "Patient?birthdate=1975-03-18&gender=male", "Patient?_id=p", "Patient?" })
        {
            var page = await store.SearchAsync(query, companyDoctor);
            var text = System.Text.Encoding.UTF8.GetString(Assert.Single(page.Matches).Body.Span);
            Assert.Contains("SUBSETTED", text, StringComparison.Ordinal);
            Assert.DoesNotContain("999990019", text, StringComparison.Ordinal);
        }
        Assert.Equal(["thread"], await store.FindAsync("Communication?subject:Patient.name=dijk", companyDoctor));
        var included = Assert.Single((await store.SearchAsync("Communication?_include=Communication:subject", companyDoctor)).Includes);
        Assert.DoesNotContain("999990019", System.Text.Encoding.UTF8.GetString(included.Body.Span), StringComparison.Ordinal);
        Assert.Empty((await store.SearchAsync("Patient?_include=Patient:organization&_revinclude=Observation:subject", companyDoctor)).Includes);
        Assert.Empty((await store.SearchAsync("Organization?_revinclude=*", companyDoctor)).Includes);
        Assert.Empty((await store.SearchAsync("Organization?_revinclude=Patient:organization", companyDoctor)).Includes);
    }

    [Fact]
    public async Task A_stranger_finds_no_patient_by_any_road()
    {
        await using var store = await WithAsync();
        var (_, _, stranger) = await ClinicAsync(store);
        foreach (var query in new[] { "Patient?", "Patient?name=Dijk", "Observation?", "?_tag=hiv", "Organization?_has:Patient:organization:name=Dijk", "Communication?", "Observation?subject:Patient.name=Dijk", "Observation?subject=Patient/p" })
            Assert.Empty(await store.FindAsync(query, stranger));
        Assert.Empty((await store.SearchAsync("Organization?_revinclude=Patient:organization", stranger)).Includes);
        Assert.Empty((await store.SearchAsync("Organization?_revinclude:iterate=*", stranger)).Includes);
        foreach (var type in (string?[])["Observation", "Patient", null]) Assert.Empty(await store.FindWithinAsync("Patient/p", type, by: stranger));
    }

    [Fact]
    public async Task A_compartment_shows_a_company_doctor_no_hidden_link()
    {
        await using var store = await WithAsync();
        var (gp, companyDoctor, _) = await ClinicAsync(store);
        await store.PutAsync("""{"resourceType":"PractitionerRole","id":"vries"}""", """{"resourceType":"Practitioner","id":"d"}""");
        Assert.Equal(["secret", "p"], await store.FindWithinAsync("Patient/p", null, "_type=Patient,Observation", gp));
        Assert.Equal(["thread", "p"], await store.FindWithinAsync("Patient/p", null, by: companyDoctor));
        Assert.Equal(["p"], await store.FindWithinAsync("Patient/p", "Patient", by: companyDoctor));
        Assert.Empty(await store.FindWithinAsync("Patient/p", "Observation", by: companyDoctor));
        await ReferAsync(store, "\"generalPractitioner\":[{\"reference\":\"Practitioner/d\"}]");
        Assert.Equal(["p"], await store.FindWithinAsync("Practitioner/d", "Patient", by: gp));
        Assert.Empty(await store.FindWithinAsync("Practitioner/d", "Patient", by: companyDoctor));
        Assert.Equal(["d"], await store.FindWithinAsync("Practitioner/d", null, by: companyDoctor));
    }

    // The same patient, kept where she was.
    private static async Task ReferAsync(TestStore store, string content)
    {
        await store.PutAsync(Patient("p", content));
        await using var session = await store.Database.WriteAsync(default);
        await session.ExecuteAsync(Sql.Of($"update res set home = (select x.rid from res x where x.fid = 'linde') where fid = 'p'"), default);
        await session.CommitAsync(default);
    }

    [Fact]
    public async Task Scopes_hold_for_chains_and_includes_too()
    {
        await using var store = await WithAsync();
        var (gp, _, _) = await ClinicAsync(store);
        var narrow = gp with { Scopes = Scopes.Parse("user/Patient.rs") };
        Assert.Equal(["p"], await store.FindAsync("Patient?name=Dijk", narrow));
        Assert.Empty(await store.FindAsync("Patient?_has:Observation:patient:value-string=finding", narrow));
        Assert.Empty(await store.FindAsync("Patient?organization.name=De Linde", narrow));
        Assert.Empty((await store.SearchAsync("Patient?_revinclude=Observation:subject&_include=Patient:organization", narrow)).Includes);
        Assert.Equal(["p"], await store.FindAsync("?_lastUpdated=gt2000", narrow));
        Assert.Empty(await store.FindAsync("Observation?", narrow));
    }

    [Fact]
    public async Task Conditional_criteria_match_in_the_callers_view_and_never_everything()
    {
        await using var store = await WithAsync();
        var (gp, companyDoctor, stranger) = await ClinicAsync(store);
        await using var session = await store.Database.ReadAsync(snapshot: false, default);
        async Task<int?> MatchAsync(string query, AccessContext by)
        {
            Assert.False(Searching.Query(query).Failed(out _, out var criteria));
            return (await store.Search.MatchAsync(session, criteria!, by, 2, default)).Failed(out _, out var rids) ? null : rids.Count;
        }
        Assert.Equal(1, await MatchAsync("Patient?identifier=urn:bsn|999990019", gp));
        Assert.Equal(0, await MatchAsync("Patient?identifier=urn:bsn|999990019", companyDoctor));
        Assert.Equal(0, await MatchAsync("Patient?identifier=urn:bsn|999990019", stranger));
        Assert.Null(await MatchAsync("Patient?", gp));
        Assert.Null(await MatchAsync("Patient?nosuch=x", gp));
        Assert.Null(await MatchAsync("Patient?_id=p", gp with { Scopes = Scopes.Parse("user/Patient.c") }));
    }
}

public sealed class PagesOnSqlite : PagesContract
{
    protected override Task<TenantDatabase> EmptyAsync() => TestDatabase.SqliteAsync();
}

public sealed class PagesOnPostgres : PagesContract
{
    protected override Task<TenantDatabase> EmptyAsync() => TestDatabase.PostgresAsync();
}
