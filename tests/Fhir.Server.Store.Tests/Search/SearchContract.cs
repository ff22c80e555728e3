using Fhir.Server.Store.Resources;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Search;
using Fhir.Server.Store.Tests.Resources;

namespace Fhir.Server.Store.Tests.Search;

/// <summary>What a search finds, on either database.</summary>
public abstract class SearchContract
{
    protected abstract Task<TenantDatabase> EmptyAsync();

    private async Task<TestStore> WithAsync(params IEnumerable<string> resources)
    {
        var store = await TestStore.OpenAsync(await EmptyAsync());
        await store.PutAsync(resources);
        return store;
    }

    private static string Patient(string id, string more) => $$"""{"resourceType":"Patient","id":"{{id}}",{{more}}}""";
    private static string Observation(string id, string more) => $$"""{"resourceType":"Observation","id":"{{id}}","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"4548-4"}]},{{more}}}""";

    [Fact]
    public async Task T72_Strings_are_found_without_case_and_accents_from_the_start_of_any_part()
    {
        await using var store = await WithAsync(
            Patient("composed", "\"name\":[{\"family\":\"Müller\",\"given\":[\"Zoë\",\"Anne\"]}]"),
            Patient("decomposed", "\"name\":[{\"text\":\"Mu\\u0308ller, Zoe\\u0308\"}]"),
            Patient("plain", "\"name\":[{\"family\":\"MULLER\"}]"),
            Patient("dutch", "\"name\":[{\"family\":\"ĳsselmeer\",\"prefix\":[\"Straße\"]}]"));
        Assert.Equal(["composed", "decomposed", "plain"], await store.FindAsync("Patient?name=muller"));
        Assert.Equal(["composed", "decomposed", "plain"], await store.FindAsync("Patient?name=MÜL"));
        Assert.Equal(["composed"], await store.FindAsync("Patient?name=anne"));
        Assert.Equal(["composed"], await store.FindAsync("Patient?family:exact=Müller"));
        Assert.Equal([], await store.FindAsync("Patient?family:exact=Mull"));
        Assert.Equal(["composed", "decomposed"], await store.FindAsync("Patient?name:contains=ZOE"));
        Assert.Equal(["dutch"], await store.FindAsync("Patient?name=ijssel"));
        Assert.Equal(["dutch"], await store.FindAsync("Patient?name=strasse"));
    }

    [Fact]
    public async Task T80_Words_beside_codes_and_references_are_found_without_case_from_their_start()
    {
        await using var store = await WithAsync(
            Observation("text", "\"category\":[{\"text\":\"Vital signs\"}],\"subject\":{\"reference\":\"Patient/p\",\"display\":\"Zoë Peeters\"}"),
            Observation("display", "\"category\":[{\"coding\":[{\"code\":\"vs\",\"display\":\"VITAL findings\"}]}],\"subject\":{\"reference\":\"Group/g\",\"display\":\"Zoe's group\"}"),
            Observation("code", "\"category\":[{\"coding\":[{\"code\":\"vital\"}]}],\"subject\":{\"display\":\"Revital\"}"),
            Patient("p", "\"identifier\":[{\"type\":{\"text\":\"Passport\"},\"value\":\"vital\"}]"));
        Assert.Equal(["text", "display"], await store.FindAsync("Observation?category:text=vital"));
        Assert.Equal(["text"], await store.FindAsync("Observation?category:text=vital signs"));
        Assert.Equal(["code"], await store.FindAsync("Observation?category=vital"));
        Assert.Equal(["text", "display"], await store.FindAsync("Observation?subject:text=zoe"));
        Assert.Equal(["text"], await store.FindAsync("Observation?patient:text=zoe"));   // a Group is no patient
        Assert.Equal(["p"], await store.FindAsync("Patient?identifier:text=pass"));
        Assert.Equal([], await store.FindAsync("Patient?identifier:text=vital"));
        Assert.Equal(["text", "display"], await store.FindAsync("Observation?category:text=none,vital"));
    }

    [Fact]
    public async Task T73_Long_texts_are_found_by_any_part_of_them()
    {
        var words = string.Join(' ', Enumerable.Range(0, 200).Select(i => $"word{i:D3}"));
        await using var store = await WithAsync(Patient("long", $$"""  "address":[{"text":"{{words}}"}]"""), Patient("other", $$"""  "address":[{"text":"{{words[..400]}} and then it differs"}]"""));
        Assert.Equal(["long", "other"], await store.FindAsync($"Patient?address={words[..150]}"));
        Assert.Equal(["long"], await store.FindAsync($"Patient?address={words[..450]}"));
        Assert.Equal(["long"], await store.FindAsync($"Patient?address:exact={words}"));
        Assert.Equal(["long"], await store.FindAsync("Patient?address:contains=RD199"));
        Assert.Equal(["long"], await store.FindAsync($"Patient?address:contains={words[1000..1180]}"));
        Assert.Equal([], await store.FindAsync($"Patient?address:contains={words[1000..1180]}x"));
    }

    [Fact]
    public async Task T73_Names_are_found_by_a_piece_of_them_through_their_trigrams()
    {
        await using var store = await WithAsync(
            Patient("a", "\"name\":[{\"family\":\"Müllerová\",\"given\":[\"Zoë\",\"Anne\"]}]"), Patient("b", "\"name\":[{\"family\":\"Mullerova\",\"text\":\"Jan van der Mullerova\"}]"), Patient("c", "\"name\":[{\"family\":\"Xu\"}]"),
            """{"resourceType":"Practitioner","id":"d","name":[{"family":"van Muller"}]}""", """{"resourceType":"Organization","id":"e","name":"Huisartsenpraktijk De Linde","alias":["Onder de muller"]}""",
            """{"resourceType":"Location","id":"f","name":"Zaal Mullerplein"}""", """{"resourceType":"HealthcareService","id":"g","name":"Mullers spreekuur"}""");
        foreach (var (query, ids) in new[] { ("Patient?name:contains=LLER", "a b"), ("Patient?family:contains=ullerov", "a b"), ("Patient?given:contains=ulle", ""), ("Patient?given:contains=nne,zoë", "a"), ("Patient?name:contains=n van d", "b"),
            ("Patient?name:contains=xu", "c"), ("Patient?name:contains=lle,xu", "a b c"), ("Patient?name:contains=xuu", ""), ("Patient?name:contains=lelle", ""), ("Practitioner?name:contains=uller", "d"), ("Organization?name:contains=linde", "e"), ("Organization?name:contains=MULLER", "e"), ("Location?name:contains=lein", "f"), ("HealthcareService?name:contains=lers", "g") })
            Assert.Equal(ids, string.Join(' ', (await store.FindAsync(query)).Order(StringComparer.Ordinal)));
        await store.PutAsync(Patient("a", "\"name\":[{\"family\":\"Peeters\"}]"));   // nobody bears that text any more
        Assert.Equal(["b"], await store.FindAsync("Patient?family:contains=ullerov"));
        await store.PutAsync(Patient("h", "\"name\":[{\"family\":\"MÜLLEROVA\"}]"));   // and somebody does again
        Assert.Equal(["b", "h"], await store.FindAsync("Patient?family:contains=ullerov"));
        Assert.Equal(await store.CountAsync("(select distinct s from ix_word) x"), await store.CountAsync("ix_word"));
    }

    [Fact]
    public async Task T73_What_would_look_at_too_many_values_is_refused_and_never_cut()
    {
        await using var store = await WithAsync(Enumerable.Range(0, 30).Select(i => Patient($"p{i:D2}", $$"""  "gender":"{{(i == 7 ? "female" : "male")}}","name":[{"family":"Peeters"}],"address":[{"city":"Gent {{i}}"}]""")));
        async Task<string> AskAsync(string query, int bound)
        {
            Assert.False(Searching.Query(query, new SearchLimits { Scanned = bound }, store.Search.Definitions).Failed(out var wrong, out var parsed), wrong?.Text);
            return (await store.Search.SearchAsync(parsed!, TestStore.Everyone, default)).Failed(out var issue, out var page) ? issue.Code! : string.Join(' ', page.Matches.Select(m => m.Key.Id));
        }
        Assert.Equal("too-costly", await AskAsync("Patient?address-city:contains=ent 7", 29));
        Assert.Equal("p07", await AskAsync("Patient?address-city:contains=ent 7", 30));
        Assert.Equal("p07", await AskAsync("Patient?address-city:contains=ent&gender=female", 29));   // another condition leaves few
        Assert.Equal("too-costly", await AskAsync("Patient?address-city:contains=ent&gender=male", 29));
        Assert.Equal("too-costly", await AskAsync("Patient?_has:Observation:subject:subject:Patient.address-city:contains=ent", 29));
        Assert.Equal("too-costly", await AskAsync("Observation?subject:Patient.address-city:contains=ent", 29));
        Assert.Equal("too-costly", await AskAsync("Patient?name:contains=ee&_summary=count", 29));   // two letters have no trigram
        Assert.Equal(30, (await AskAsync("Patient?name:contains=eet", 29)).Split(' ').Length);
    }

    [Fact]
    public async Task T107_Words_are_found_in_the_whole_of_a_message_and_in_its_narrative()
    {
        await using var store = await WithAsync(
            """{"resourceType":"Communication","id":"a","status":"completed","topic":{"text":"Overleg"},"payload":[{"contentString":"Kan hij weer aan het werk? L'épaule va mieux."},{"contentString":"Morgen."}]}""",
            """{"resourceType":"Communication","id":"b","status":"completed","text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\"><p title=\"hidden\">Morgen&#233;n <b>Werk</b>&amp;rust</p></div>"},"payload":[{"contentString":"x"}]}""",
            """{"resourceType":"Communication","id":"c","status":"in-progress","note":[{"text":"werkplek"}],"payload":[{"contentAttachment":{"contentType":"text/plain","data":"d2Vyaw==","title":"Brief"}}]}""",
            Patient("p", "\"name\":[{\"family\":\"Werk\"}]"));
        foreach (var (query, ids) in new[] { ("_content=WERK", "a b"), ("_content=werk hij", "a"), ("_content=werk hij rust", ""), ("_content=epaule", "a"), ("_content=L'épaule", "a"), ("_content=morgen", "a"), ("_content=morgenen", "b"), ("_content=wer", ""), ("_content=brief,overleg", "a c"), ("_content=werk&_content=rust", "b"),
            ("_text:missing=true", "a c"), ("_content:missing=false", "a b c"), ("_content=completed", "a b"), ("_content=hidden", ""), ("_content=xhtml", ""), ("_text=werk", "b"), ("_text=rust&_text=werk", "b"), ("_text=x", ""), ("_content=d2Vyaw", ""), ("_content=werk&status=completed&_summary=false", "a b") })
            Assert.Equal(ids, string.Join(' ', (await store.FindAsync($"Communication?{query}")).Order(StringComparer.Ordinal)));
        await store.PutAsync("""{"resourceType":"Communication","id":"a","status":"completed","payload":[{"contentString":"Nee."}]}""");
        Assert.Equal(["b"], await store.FindAsync("Communication?_content=werk"));
        await store.DoAsync(TestStore.Gone("Communication", "b"));
        Assert.Equal([], await store.FindAsync("Communication?_content=werk"));
        foreach (var wrong in new[] { "Patient?_content=werk", "Patient?_text=werk", "?_content=werk", "Communication?_content=?!", "Communication?_content=wer*", "Communication?_content=\"aan het\"", "Communication?_content=werk AND rust", "Communication?_content=(werk)", "Communication?_content:exact=werk", $"Communication?_content={string.Join(' ', Enumerable.Range(0, 33))}" })
            Assert.True((await store.TryAsync(wrong)).Failed(out _, out _), wrong);
    }

    [Fact]
    public async Task T107_Words_of_a_type_that_is_indexed_from_now_on_are_refused_until_all_are_there()
    {
        await using var store = await WithAsync(Enumerable.Range(0, 60).Select(i => $$$"""{"resourceType":"Condition","id":"c{{{i}}}","subject":{"reference":"Patient/p"},"note":[{"text":"koorts"}]}"""));
        var other = await store.OtherNodeAsync(["Condition"]);
        Assert.True((await other.TryAsync("Condition?_content=koorts")).Failed(out var issue, out _));
        Assert.Equal(Core.Outcomes.IssueKind.Unavailable, issue.Kind);
        Assert.Contains("0 %", issue.Text, StringComparison.Ordinal);
        await other.Reindexing().FillAsync(TimeSpan.Zero, default);
        Assert.Equal(50, (await other.FindAsync("Condition?_content=koorts")).Count);
        Assert.True((await other.TryAsync("Communication?_content=koorts")).Failed(out _, out _));
        await store.Reindexing().FillAsync(TimeSpan.Zero, default);   // without it again: what is written from here on has no rows
        Assert.Equal(0, await store.CountAsync("reindex where name = 'text-Condition'"));
    }

    private static string Prescription(string id, string code, string more = "") => $$$"""
        {"resourceType":"MedicationRequest","id":"{{{id}}}","status":"active","intent":"order","subject":{"reference":"Patient/p"},"medicationReference":{"reference":"#m"},
         "contained":[{"resourceType":"Medication","id":"m","status":"active","code":{"coding":[{"system":"urn:atc","code":"{{{code}}}"}]},"manufacturer":{"reference":"Organization/o"}},{"resourceType":"Practitioner","id":"d","name":[{"family":"Zwartsluis"}]}]{{{more}}}}
        """;

    [Fact]
    public async Task T105_Contained_resources_are_found_only_when_asked_for_by_their_containers()
    {
        await using var store = await WithAsync(
            """{"resourceType":"Organization","id":"o","name":"Fabriek"}""", """{"resourceType":"Medication","id":"own","code":{"coding":[{"system":"urn:atc","code":"A1"}]}}""",
            Prescription("r1", "A1"), Prescription("r2", "B2"), """{"resourceType":"Practitioner","id":"self","name":[{"family":"Zwartsluis"}]}""");
        async Task<string> FoundAsync(string query)
        {
            var page = await store.SearchAsync(query);
            return string.Join(' ', page.Matches.Select(m => page.Inside is null ? m.Key.Id : $"{m.Key.Id}({string.Join(',', page.Inside[m.Rid])})").Order(StringComparer.Ordinal));
        }
        foreach (var (query, found) in new[]
        {
            ("Medication?", "own"), ("Medication?code=A1", "own"), ("Medication?_contained=false&code=A1", "own"), ("Medication?_contained=true&code=A1", "r1"), ("Medication?_contained=true", "r1 r2"), ("Medication?_contained=both&code=A1", "own r1"), ("Medication?_contained=both", "own r1 r2"),
            ("Medication?_contained=true&code=urn:atc|A1,C3&status=active", "r1"), ("Medication?_contained=true&code:not=A1", "r2"), ("Medication?_contained=true&code=A1&status:missing=true", ""), ("Medication?_contained=true&_id=m", "r1 r2"), ("Medication?_contained=both&_id=own", "own"), ("Medication?_contained=true&manufacturer.name=fab&code=B2", "r2"),
            ("Practitioner?_contained=true&name:contains=artslu", "r1 r2"), ("Practitioner?_contained=both&name:contains=artslu", "r1 r2 self"), ("Practitioner?family=zwart", "self"), ("Patient?_contained=true", ""), ("MedicationRequest?_contained=true", ""),
            ("Medication?_contained=true&_containedType=contained&code=A1", "r1(m)"), ("Medication?_contained=both&_containedType=contained&code=A1", "own() r1(m)"), ("Practitioner?_contained=true&_containedType=contained&_count=1&_sort=_id", "r1(d)"), ("?_type=Medication,Practitioner&_contained=true&_containedType=contained&_id=m", "r1(m) r2(m)"),
            ("Medication?_contained=true&_lastUpdated=gt2020", "r1 r2"), ("Organization?_has:Medication:manufacturer:code=A1", ""), ("Organization?_revinclude=Medication:manufacturer", "o"),
        })
            Assert.Equal(found, await FoundAsync(query));
        Assert.Equal((2L, 2L), ((await store.SearchAsync("Medication?_contained=true&_summary=count")).Total, (await store.SearchAsync("Medication?_contained=true&_count=1&_total=accurate")).Total));
        foreach (var wrong in new[] { "Medication?_contained=maybe", "Medication?_contained=true&_containedType=x", "?_contained=true", "Medication?_contained=true&_sort=code", "Medication?_contained=true&_containedType=contained&_total=accurate", "Medication?_contained=true&_containedType=contained&_summary=count" })
            Assert.True((await store.TryAsync(wrong)).Failed(out _, out _), wrong);
    }

    [Fact]
    public async Task T105_What_is_contained_changes_and_goes_with_its_container()
    {
        await using var store = await WithAsync(Prescription("r1", "A1"), Prescription("r2", "A1"));
        var (tokens, contained) = (await store.CountAsync("ix_tok"), await store.CountAsync("contained"));
        Assert.Equal(WriteOutcome.Existing, (await store.DoAsync(Searching.Write(Prescription("r1", "A1")))).Outcome);   // the same again is no new version
        await store.PutAsync(Prescription("r1", "B2"));
        Assert.Equal(["r2"], await store.FindAsync("Medication?_contained=true&code=A1"));
        Assert.Equal(["r1"], await store.FindAsync("Medication?_contained=true&code=B2"));
        await store.PutAsync(Prescription("r1", "A1"));
        Assert.Equal((tokens, contained), (await store.CountAsync("ix_tok"), await store.CountAsync("contained")));
        await store.PutAsync("""{"resourceType":"MedicationRequest","id":"r1","status":"active","intent":"order","subject":{"reference":"Patient/p"},"medicationCodeableConcept":{"text":"x"}}""");
        await store.DoAsync(TestStore.Gone("MedicationRequest", "r2"));
        Assert.Equal([], await store.FindAsync("Medication?_contained=true"));
        Assert.Equal((0, 0), (await store.CountAsync("contained"), await store.CountAsync("ix_tok where rid < 0")));
        await store.PutAsync(Prescription("r3", "A1"), Prescription("r4", "A1"));   // of one commit
        Assert.Equal(["r3", "r4"], await store.FindAsync("Medication?_contained=true&code=A1"));
    }

    [Fact]
    public async Task T105_What_was_contained_before_is_found_when_its_rows_are_made()
    {
        await using var store = await WithAsync(Prescription("r1", "A1"));
        var rows = await store.CountAsync("ix_tok");
        await using (var session = await store.Database.WriteAsync(default))
        {
            foreach (var gone in new[] { "contained", "ix_tok where rid < 0", "ix_ref where rid < 0", "ix_str where rid < 0", "reindex", "res_keys", "ix_tok", "ix_ref", "ix_str" }) await session.ExecuteAsync(Sql.Of($"delete from {Sql.Raw(gone)}"), default);
            await session.CommitAsync(default);
        }
        Assert.True((await store.StartedAnew().TryAsync("Medication?_contained=true")).Failed(out var issue, out _));
        Assert.Equal(Core.Outcomes.IssueKind.Unavailable, issue.Kind);
        var other = await store.OtherNodeAsync();
        Assert.Equal(["r1"], await other.FindAsync("Medication?_contained=true&code=A1"));
        Assert.Equal(rows, await store.CountAsync("ix_tok"));
    }

    [Theory]
    [InlineData("%")]
    [InlineData("_")]
    [InlineData("!")]
    [InlineData("\\")]
    [InlineData("'")]
    [InlineData("*")]
    [InlineData("';drop table res;--")]
    public async Task Signs_that_mean_something_to_sql_are_texts_like_any_other(string sign)
    {
        await using var store = await WithAsync(Patient("has", $$"""  "name":[{"text":{{Searching.Quoted("a" + sign + "b")}}}]"""), Patient("hasnt", "\"name\":[{\"text\":\"axb\"}]"));
        var value = Escaped(sign);
        Assert.Equal(["has"], await store.FindAsync("Patient", "name:contains", value));
        Assert.Equal(["has"], await store.FindAsync("Patient", "name", "a" + value));
        Assert.Equal(["has"], await store.FindAsync("Patient", "name:exact", "a" + value + "b"));
    }

    [Fact]
    public async Task T66_Every_awkward_string_is_found_by_itself()
    {
        var strings = System.Text.Json.Nodes.JsonNode.Parse(await File.ReadAllTextAsync(Searching.Data("naughty-strings/blns.json")))!.AsArray()
            .Select(s => (string)s!).Where(s => s.Length > 0 && Fhir.Server.Core.Json.JsonReader.Read(System.Text.Encoding.UTF8.GetBytes(Patient("x", $"\"name\":[{{\"text\":{Searching.Quoted(s)}}}]")), Fhir.Server.Core.Definitions.DefinitionSet.R4).Failed(out _, out _) is false)
            .ToList();
        Assert.True(strings.Count > 450, $"{strings.Count}");
        await using var store = await WithAsync(strings.Select((s, i) => Patient($"n{i}", $$"""  "name":[{"text":{{Searching.Quoted(s)}}}],"identifier":[{"system":"urn:naughty","value":{{Searching.Quoted(s)}}}]""")));
        for (var i = 0; i < strings.Count; i++)
        {
            var value = Escaped(strings[i]);
            Assert.Contains($"n{i}", await store.FindAsync("Patient", "name", value));
            Assert.Contains($"n{i}", await store.FindAsync("Patient", "name:exact", value));
            Assert.Contains($"n{i}", await store.FindAsync("Patient", "name:contains", value));
            Assert.Contains($"n{i}", await store.FindAsync("Patient", "identifier", "urn:naughty|" + value));
        }
    }

    [Fact]
    public async Task T74_Tokens_know_system_and_code()
    {
        await using var store = await WithAsync(
            Patient("a", "\"active\":true,\"gender\":\"male\",\"identifier\":[{\"type\":{\"coding\":[{\"system\":\"http://types\",\"code\":\"MR\"}]},\"system\":\"urn:s\",\"value\":\"1|2\"}]"),
            Patient("b", "\"deceasedDateTime\":\"2020-01-01\",\"identifier\":[{\"value\":\"1|2\"}]"),
            Patient("c", "\"deceasedBoolean\":false,\"gender\":\"female\""));
        Assert.Equal(["a", "b"], await store.FindAsync("Patient?identifier=1\\|2"));
        Assert.Equal(["a"], await store.FindAsync("Patient?identifier=urn:s|1\\|2"));
        Assert.Equal(["b"], await store.FindAsync("Patient?identifier=|1\\|2"));
        Assert.Equal(["a"], await store.FindAsync("Patient?identifier=urn:s|"));
        Assert.Equal(["a"], await store.FindAsync("Patient?identifier:of-type=http://types|MR|1\\|2"));
        Assert.Equal(["a"], await store.FindAsync("Patient?gender=http://hl7.org/fhir/administrative-gender|male"));
        Assert.Equal(["a"], await store.FindAsync("Patient?active=true"));
        Assert.Equal(["b"], await store.FindAsync("Patient?deceased=true"));
        Assert.Equal(["a", "c"], await store.FindAsync("Patient?deceased=false"));
        Assert.Equal(["b", "c"], await store.FindAsync("Patient?gender:not=male"));
        Assert.Equal(["b"], await store.FindAsync("Patient?gender:not=male,female"));
        Assert.Equal(["b"], await store.FindAsync("Patient?gender:missing=true"));
        Assert.Equal(["a", "c"], await store.FindAsync("Patient?gender:missing=false"));
        Assert.Equal(["a"], await store.FindAsync("Patient?gender=male,female&identifier=urn:s|1\\|2"));
    }

    [Fact]
    public async Task T91_References_are_found_however_they_are_written()
    {
        await using var store = await WithAsync(
            Patient("p", "\"active\":true"),
            Observation("relative", "\"subject\":{\"reference\":\"Patient/p\"}"),
            Observation("own", "\"subject\":{\"reference\":\"http://localhost/fhir/Patient/p\"}"),
            Observation("versioned", "\"subject\":{\"reference\":\"Patient/p/_history/7\"}"),
            Observation("elsewhere", "\"subject\":{\"reference\":\"http://other/fhir/Patient/p\"}"),
            Observation("group", "\"subject\":{\"reference\":\"Group/p\"}"),
            Observation("named", "\"subject\":{\"identifier\":{\"system\":\"urn:bsn\",\"value\":\"123\"}}"));
        string[] local = ["relative", "own", "versioned"];
        Assert.Equal(local, await store.FindAsync("Observation?subject=Patient/p"));
        Assert.Equal(local, await store.FindAsync("Observation?subject:Patient=p"));
        Assert.Equal(local, await store.FindAsync("Observation?patient=p"));
        Assert.Equal(local, await store.FindAsync("Observation?subject=http://localhost/fhir/Patient/p"));
        Assert.Equal([.. local, "group"], await store.FindAsync("Observation?subject=p"));
        Assert.Equal(["elsewhere"], await store.FindAsync("Observation?subject=http://other/fhir/Patient/p"));
        Assert.Equal(["named"], await store.FindAsync("Observation?subject:identifier=urn:bsn|123"));
        Assert.Equal([], await store.FindAsync("Observation?patient=Group/p"));
        Assert.Equal(IssueKind.Unsupported, await RefusedAsync(store, "Observation?subject:Practitioner=p"));
    }

    [Fact]
    public async Task T81_Canonicals_and_uris_are_found_with_and_without_version()
    {
        await using var store = await WithAsync(
            """{"resourceType":"QuestionnaireResponse","id":"r1","status":"completed","questionnaire":"http://q.example/one|1.0"}""",
            """{"resourceType":"QuestionnaireResponse","id":"r2","status":"completed","questionnaire":"http://q.example/one|2.0"}""",
            """{"resourceType":"ValueSet","id":"v1","status":"active","url":"http://v.example/a/b"}""",
            """{"resourceType":"ValueSet","id":"v2","status":"active","url":"http://v.example/a/bc"}""",
            Patient("profiled", "\"meta\":{\"profile\":[\"http://p.example/x|3\"]}"));
        Assert.Equal(["r1", "r2"], await store.FindAsync("QuestionnaireResponse?questionnaire=http://q.example/one"));
        Assert.Equal(["r2"], await store.FindAsync("QuestionnaireResponse?questionnaire=http://q.example/one|2.0"));
        Assert.Equal(["v1"], await store.FindAsync("ValueSet?url=http://v.example/a/b"));
        Assert.Equal(["v1"], await store.FindAsync("ValueSet?url:below=http://v.example/a/b"));
        Assert.Equal(["v1", "v2"], await store.FindAsync("ValueSet?url:below=http://v.example/a"));
        Assert.Equal(["v1"], await store.FindAsync("ValueSet?url:above=http://v.example/a/b/c/d"));
        Assert.Equal(["profiled"], await store.FindAsync("Patient?_profile=http://p.example/x"));
        Assert.Equal([], await store.FindAsync("Patient?_profile=http://p.example/X"));
    }

    [Fact]
    public async Task T89_The_same_amount_is_found_in_whatever_unit_of_UCUM_it_was_written()
    {
        static string Value(string id, string value, string unit, string also = "", string system = "http://unitsofmeasure.org") =>
            Observation(id, "\"valueQuantity\":{\"value\":" + value + ",\"code\":\"" + unit + "\",\"system\":\"" + system + "\"" + also + "}");
        await using var store = await WithAsync(
            Value("mg", "500", "mg"), Value("g", "0.50", "g"), Value("ug", "500000", "ug"), Value("more", "0.6", "g"), Value("above", "400", "mg", ",\"comparator\":\">\""),
            Value("elsewhere", "500", "mg", system: "http://other.example"), Value("no-unit", "500", "milligram"),
            Value("warm", "100.4", "[degF]"), Value("cool", "36", "Cel"), Value("pulse", "70", "/min"), Value("half", "50", "%"), Value("acid", "7", "[pH]"), Value("litre", "500", "mg/L"),
            """{"resourceType":"Condition","id":"range","subject":{"reference":"Patient/p"},"onsetRange":{"low":{"value":12,"system":"http://unitsofmeasure.org","code":"mo"},"high":{"value":2,"system":"http://unitsofmeasure.org","code":"a"}}}""");
        foreach (var (asked, found) in ((string, string)[])[
            ("500|http://unitsofmeasure.org|mg", "g mg ug"), ("0.5|http://unitsofmeasure.org|g", "g mg ug"), ("0.500|http://unitsofmeasure.org|g", "g mg ug"), ("gt0.55|http://unitsofmeasure.org|g", "above more"),
            ("ne500|http://unitsofmeasure.org|mg", "above more"), ("500|http://unitsofmeasure.org|milligram", "no-unit"), ("500||mg", "elsewhere mg"), ("500|http://other.example|mg", "elsewhere"),
            ("38.0|http://unitsofmeasure.org|Cel", "warm"), ("lt98|http://unitsofmeasure.org|[degF]", "cool"), ("70|http://unitsofmeasure.org|/min", "pulse"), ("1.1667|http://unitsofmeasure.org|/s", "pulse"),
            ("0.50|http://unitsofmeasure.org|1", "half"), ("7|http://unitsofmeasure.org|[pH]", "acid"), ("0.5|http://unitsofmeasure.org|kg/m3", "litre"), ("1e400|http://unitsofmeasure.org|mg", "")])
            Assert.Equal((asked, found), (asked, string.Join(' ', (await store.FindAsync($"Observation?value-quantity={asked}")).Order(StringComparer.Ordinal))));
        Assert.Equal(["g", "mg", "ug"], (await store.FindAsync("Observation?code-value-quantity=4548-4$500|http://unitsofmeasure.org|mg")).Order(StringComparer.Ordinal));
        Assert.Equal(["range"], await store.FindAsync("Condition?onset-age=ge23|http://unitsofmeasure.org|mo"));
    }

    [Fact]
    public async Task T90_Money_Range_Timing_and_SampledData_are_searched_as_they_can_be()
    {
        await using var store = await WithAsync(
            """{"resourceType":"Invoice","id":"bill","status":"issued","totalGross":{"value":10.50,"currency":"EUR"}}""",
            """{"resourceType":"Condition","id":"range","subject":{"reference":"Patient/p"},"onsetRange":{"low":{"value":30,"code":"a"},"high":{"value":40,"code":"a"}}}""",
            """{"resourceType":"ServiceRequest","id":"twice","status":"active","intent":"order","subject":{"reference":"Patient/p"},"occurrenceTiming":{"event":["2026-03-04","2026-01-02"]}}""",
            Observation("series", "\"valueSampledData\":{\"origin\":{\"value\":5},\"period\":10,\"dimensions\":1,\"data\":\"5 6\"}"));
        foreach (var (query, found) in ((string, string)[])[
            ("Invoice?totalgross=10.50|urn:iso:std:iso:4217|EUR", "bill"), ("Invoice?totalgross=gt10||EUR", "bill"), ("Invoice?totalgross=10.50||USD", ""), ("Invoice?totalgross=10.50|http://unitsofmeasure.org|EUR", ""),
            ("Condition?onset-age=gt35||a", "range"), ("Condition?onset-age=lt35||a", "range"), ("Condition?onset-age=35||a", ""), ("Condition?onset-age=gt41||a", ""),
            ("ServiceRequest?occurrence=2026", "twice"), ("ServiceRequest?occurrence=ge2026-03-03", "twice"), ("ServiceRequest?occurrence=2026-01-02", ""), ("ServiceRequest?occurrence=gt2026-03-04", ""), ("ServiceRequest?occurrence=lt2026-01-02", ""),
            ("Observation?value-quantity=5", ""), ("Observation?value-quantity:missing=false", "series")])
            Assert.Equal((query, found), (query, string.Join(' ', await store.FindAsync(query))));
    }

    [Fact]
    public async Task T77_Codes_are_compared_as_they_are_written()
    {
        await using var store = await WithAsync(Patient("p1", "\"identifier\":[{\"system\":\"urn:S\",\"value\":\"aB\"}]"));
        foreach (var (value, found) in ((string, int)[])[("aB", 1), ("ab", 0), ("urn:S|aB", 1), ("urn:s|aB", 0), ("urn:S|AB", 0)])
            Assert.Equal(found, (await store.FindAsync($"Patient?identifier={value}")).Count);
    }

    [Fact]
    public async Task T89_Quantities_bind_number_unit_and_comparator()
    {
        static string Value(string id, string quantity) => Observation(id, $"\"valueQuantity\":{quantity}");
        await using var store = await WithAsync(
            Value("five", """{"value":5.40,"unit":"milligram","system":"http://unitsofmeasure.org","code":"mg"}"""),
            Value("less", """{"value":5,"comparator":"<","unit":"mg"}"""),
            Value("more", """{"value":100,"comparator":">=","code":"mg"}"""),
            Value("minus", """{"value":-0.5,"unit":"mmol/L"}"""),
            Value("tiny", """{"value":0.00000000000000000001}"""),
            Value("huge", """{"value":12345678901234567890.123}"""));
        Assert.Equal(["five"], await store.FindAsync("Observation?value-quantity=5.4"));
        Assert.Equal(["five"], await store.FindAsync("Observation?value-quantity=5.4||mg"));
        Assert.Equal(["five"], await store.FindAsync("Observation?value-quantity=5.4||milligram"));
        Assert.Equal(["five"], await store.FindAsync("Observation?value-quantity=5.4|http://unitsofmeasure.org|mg"));
        Assert.Equal([], await store.FindAsync("Observation?value-quantity=5.4|http://unitsofmeasure.org|g"));
        Assert.Equal([], await store.FindAsync("Observation?value-quantity=5.401"));
        Assert.Equal(["five", "more"], await store.FindAsync("Observation?value-quantity=ge5||mg"));
        Assert.Equal(["five", "less"], await store.FindAsync("Observation?value-quantity=lt99||mg"));
        Assert.Equal(["less", "minus", "tiny"], await store.FindAsync("Observation?value-quantity=lt1"));
        Assert.Equal(["tiny"], await store.FindAsync("Observation?value-quantity=1e-20"));
        Assert.Equal(["more", "huge"], await store.FindAsync("Observation?value-quantity=gt12345678901234567890.122"));
        Assert.Equal(["more"], await store.FindAsync("Observation?value-quantity=gt12345678901234567890.123"));
        Assert.Equal(["five", "less"], await store.FindAsync("Observation?value-quantity=ap5"));
        Assert.Equal(["five"], await store.FindAsync("Observation?combo-value-quantity=5.4||mg"));
        Assert.Equal(["five"], await store.FindAsync("Observation?combo-code-value-quantity=4548-4$5.4||mg"));
    }

    [Fact]
    public async Task T83_Open_periods_reach_to_infinity()
    {
        static string Encounter(string id, string period) => $$"""{"resourceType":"Encounter","id":"{{id}}","status":"finished","class":{"code":"AMB"},"period":{{period}}}""";
        await using var store = await WithAsync(
            Encounter("closed", """{"start":"2020-01-01","end":"2020-02-01"}"""), Encounter("since", """{"start":"2020-01-15"}"""),
            Encounter("until", """{"end":"2020-01-15"}"""), Encounter("zoned", """{"start":"2020-06-01T00:30:00+14:00","end":"2020-06-01T00:30:00+14:00"}"""));
        Assert.Equal(["closed", "zoned"], await store.FindAsync("Encounter?date=2020"));
        Assert.Equal(["since"], await store.FindAsync("Encounter?date=ge2999"));
        Assert.Equal(["until"], await store.FindAsync("Encounter?date=lt1000"));
        Assert.Equal(["zoned"], await store.FindAsync("Encounter?date=2020-05-31"));
        Assert.Equal(["zoned"], await store.FindAsync("Encounter?date=2020-05-31T10:30"));
        Assert.Equal(["zoned"], await store.FindAsync("Encounter?date=2020-06-01T00:30:00 14:00"));
        Assert.Equal(["until"], await store.FindAsync("Encounter?date=ap1950"));
    }

    [Fact]
    public async Task T96_Chains_go_both_ways_and_stop_at_what_was_deleted()
    {
        await using var store = await WithAsync(
            """{"resourceType":"Organization","id":"o","name":"De Linde"}""",
            Patient("p", "\"name\":[{\"family\":\"Jansen\"}],\"managingOrganization\":{\"reference\":\"Organization/o\"}"),
            Patient("q", "\"name\":[{\"family\":\"Pietersen\"}]"),
            Observation("of-p", "\"subject\":{\"reference\":\"Patient/p\"},\"valueString\":\"x\""),
            Observation("of-q", "\"subject\":{\"reference\":\"Patient/q\"}"),
            """{"resourceType":"Provenance","id":"v","target":[{"reference":"Observation/of-p"}],"recorded":"2020-01-01T00:00:00Z","agent":[{"who":{"reference":"Organization/o"}}]}""");
        Assert.Equal(["of-p"], await store.FindAsync("Observation?subject:Patient.name=jan"));
        Assert.Equal(["of-p"], await store.FindAsync("Observation?patient.organization.name=de linde"));
        Assert.Equal(["of-p"], await store.FindAsync("Observation?subject.organization.name:exact=De Linde"));
        Assert.Equal([], await store.FindAsync("Observation?patient.organization.name=x"));
        Assert.Equal(["p"], await store.FindAsync("Patient?_has:Observation:patient:value-string=x"));
        Assert.Equal(["p"], await store.FindAsync("Patient?_has:Observation:patient:_has:Provenance:target:recorded=2020"));
        Assert.Equal(["of-q"], await store.FindAsync("Observation?patient.organization:missing=true"));
        await store.DoAsync(TestStore.Gone("Organization", "o"));
        Assert.Equal([], await store.FindAsync("Observation?patient.organization.name=de linde"));
        await store.DoAsync(TestStore.Gone("Observation", "of-p"));
        Assert.Equal([], await store.FindAsync("Patient?_has:Observation:patient:value-string=x"));
        Assert.Equal(IssueKind.Invalid, await RefusedAsync(store, "Observation?subject.nosuch=x"));
        Assert.Equal(IssueKind.Invalid, await RefusedAsync(store, "Observation?code.name=x"));
        Assert.Equal(IssueKind.Invalid, await RefusedAsync(store, "Patient?_has:Observation:encounter:code=x"));
        Assert.Equal(IssueKind.Unsupported, await RefusedAsync(store, "Encounter?part-of.part-of.part-of.part-of.part-of.part-of.part-of.status=x"));
    }

    [Fact]
    public async Task T97_Has_and_not_mean_that_there_is_none()
    {
        const string a = "http://loinc.org|4548-4";
        await using var store = await WithAsync(
            Patient("only", "\"active\":true"), Patient("both", "\"active\":true"), Patient("other", "\"active\":true"), Patient("none", "\"active\":true"), Patient("gone", "\"active\":true"),
            Observation("o1", "\"subject\":{\"reference\":\"Patient/only\"}"), Observation("o2", "\"subject\":{\"reference\":\"Patient/both\"}"), Observation("o3", "\"subject\":{\"reference\":\"Patient/gone\"}"),
            """{"resourceType":"Observation","id":"x1","status":"final","code":{"coding":[{"code":"x"}]},"subject":{"reference":"Patient/both"}}""",
            """{"resourceType":"Observation","id":"x2","status":"final","code":{"coding":[{"code":"x"}]},"subject":{"reference":"Patient/other"}}""");
        await store.DoAsync(TestStore.Gone("Observation", "o3"));
        Assert.Equal(["only", "both"], await store.FindAsync($"Patient?_has:Observation:patient:code={a}"));
        Assert.Equal(["other", "none", "gone"], await store.FindAsync($"Patient?_has:Observation:patient:code:not={a}"));
        Assert.Equal(["none", "gone"], await store.FindAsync($"Patient?_has:Observation:patient:code:not={a},x"));
        Assert.Equal(["both", "other", "none", "gone"], await store.FindAsync("Patient?_has:Observation:patient:_id:not=o1"));
        Assert.Equal(["x1", "x2"], await store.FindAsync($"Observation?code=x&subject:Patient._has:Observation:patient:code:not=y"));
        Assert.Equal(["x2"], await store.FindAsync($"Observation?code=x&subject:Patient._has:Observation:patient:code:not={a}"));
    }

    [Fact]
    public async Task T80_Codes_are_found_by_their_value_set_and_along_their_hierarchy()
    {
        const string roles = "http://terminology.hl7.org/CodeSystem/v3-RoleCode", genders = "http://hl7.org/fhir/ValueSet/administrative-gender";
        static string Relative(string id, string code, string system = roles) => $$$"""{"resourceType":"RelatedPerson","id":"{{{id}}}","patient":{"reference":"Patient/a"},"relationship":[{"coding":[{"system":"{{{system}}}","code":"{{{code}}}"}]}]}""";
        await using var store = await WithAsync(
            Patient("a", "\"gender\":\"male\""), Patient("b", "\"active\":true"),
            Relative("mother", "MTH"), Relative("parent", "PRN"), Relative("family", "FAMMEMB"), Relative("friend", "FRND"), Relative("elsewhere", "MTH", "http://other"), """{"resourceType":"RelatedPerson","id":"none","patient":{"reference":"Patient/a"}}""");
        Assert.Equal(["a"], await store.FindAsync($"Patient?gender:in={genders}"));
        Assert.Equal(["b"], await store.FindAsync($"Patient?gender:not-in={genders}"));
        Assert.Equal(["mother", "parent"], await store.FindAsync($"RelatedPerson?relationship:below={roles}|PRN"));
        Assert.Equal(["mother", "parent", "family"], await store.FindAsync($"RelatedPerson?relationship:below={roles}|FAMMEMB"));
        Assert.Equal(["parent", "family"], await store.FindAsync($"RelatedPerson?relationship:above={roles}|PRN"));
        Assert.Equal(["mother", "parent", "family"], await store.FindAsync($"RelatedPerson?relationship:above={roles}|MTH"));
        Assert.Equal(["mother", "friend"], await store.FindAsync($"RelatedPerson?relationship:below={roles}|MTH,{roles}|FRND"));
        Assert.Equal(["a"], await store.FindAsync($"Patient?_has:RelatedPerson:patient:relationship:below={roles}|PRN"));
        foreach (var query in new[] { "gender:in=http://nowhere/ValueSet/x", "gender:not-in=http://nowhere/ValueSet/x", "gender:below=male", "gender:below=http://nowhere|x", "gender:in=http://hl7.org/fhir/ValueSet/all-languages" })
            Assert.NotNull(await RefusedAsync(store, $"Patient?{query}"));
    }

    [Fact]
    public async Task T106_A_compartment_holds_what_its_parameters_lead_to_and_the_resource_itself()
    {
        await using var store = await WithAsync(
            Patient("p", "\"gender\":\"male\""), Patient("q", "\"link\":[{\"other\":{\"reference\":\"Patient/p\"},\"type\":\"seealso\"}]"),
            Observation("subject", "\"subject\":{\"reference\":\"Patient/p\"},\"valueString\":\"x\""),
            Observation("performer", "\"subject\":{\"reference\":\"Patient/q\"},\"performer\":[{\"reference\":\"Patient/p\"},{\"reference\":\"Practitioner/d\"}]"),
            Observation("focus", "\"subject\":{\"reference\":\"Patient/q\"},\"focus\":[{\"reference\":\"Patient/p\"}]"),
            Observation("device", "\"subject\":{\"reference\":\"Device/p\"}"),
            """{"resourceType":"Encounter","id":"e","status":"planned","class":{"code":"AMB"},"subject":{"reference":"Patient/p"}}""",
            """{"resourceType":"Practitioner","id":"d"}""", """{"resourceType":"Device","id":"p"}""",
            """{"resourceType":"Medication","id":"m","code":{"text":"x"}}""");
        Assert.Equal(["subject", "performer"], await store.FindWithinAsync("Patient/p", "Observation"));
        Assert.Equal(["subject"], await store.FindWithinAsync("Patient/p", "Observation", "value-string=x"));
        Assert.Equal(["p", "q"], await store.FindWithinAsync("Patient/p", "Patient"));
        Assert.Equal(["p"], await store.FindWithinAsync("Patient/p", "Patient", "gender=male"));
        Assert.Equal(["p", "q", "subject", "performer", "e"], await store.FindWithinAsync("Patient/p", null));
        Assert.Equal(["subject", "performer", "e"], await store.FindWithinAsync("Patient/p", null, "_type=Encounter,Observation,Medication"));
        Assert.Equal(["q", "performer", "focus"], await store.FindWithinAsync("Patient/q", null));
        Assert.Equal(["performer", "d"], await store.FindWithinAsync("Practitioner/d", null));
        Assert.Equal(["device", "p"], await store.FindWithinAsync("Device/p", null));
        Assert.Equal(["e"], await store.FindWithinAsync("Encounter/e", null));
        Assert.Empty(await store.FindWithinAsync("Patient/nobody", null));
        Assert.Empty(await store.FindWithinAsync("Encounter/p", null));
        await store.DoAsync(TestStore.Gone("Observation", "subject"));
        Assert.Equal(["performer"], await store.FindWithinAsync("Patient/p", "Observation"));
    }

    [Fact]
    public async Task T107_A_list_finds_what_it_names_as_long_as_it_is_there()
    {
        static string List(string id, params string[] items) =>
            $$"""{"resourceType":"List","id":"{{id}}","status":"current","mode":"working","entry":[{{string.Join(',', items.Select(i => $$$"""{"item":{"reference":"{{{i}}}"}}"""))}}]}""";
        await using var store = await WithAsync(
            Patient("a", "\"gender\":\"male\""), Patient("b", "\"gender\":\"female\""), Patient("c", "\"gender\":\"male\""), Observation("o", "\"subject\":{\"reference\":\"Patient/b\"}"),
            List("l1", "Patient/a", "Patient/b", "Observation/o"), List("l2", "Patient/c", "Patient/a"), List("none", "Patient/nobody"));
        Assert.Equal(["a", "b"], await store.FindAsync("Patient?_list=l1"));
        Assert.Equal(["a"], await store.FindAsync("Patient?_list=l1&_list=l2"));
        Assert.Equal(["a", "b", "c"], await store.FindAsync("Patient?_list=l1,l2"));
        Assert.Equal(["a"], await store.FindAsync("Patient?_list=l1&gender=male"));
        Assert.Equal(["o"], await store.FindAsync("Observation?subject:Patient._list=l1"));
        Assert.Equal(["a", "b", "o"], await store.FindAsync("?_list=l1"));
        Assert.Equal([], await store.FindAsync("Patient?_list=none,l3,a"));
        await store.DoAsync(TestStore.Gone("List", "l1"));
        Assert.Equal([], await store.FindAsync("Patient?_list=l1"));
    }

    [Fact]
    public async Task T78_What_changes_or_goes_is_found_as_it_is_now()
    {
        await using var store = await WithAsync(Patient("p", "\"name\":[{\"family\":\"Vroeger\"}],\"birthDate\":\"1980-01-01\""));
        await store.PutAsync(Patient("p", "\"name\":[{\"family\":\"Nu\"}],\"birthDate\":\"1990-01-01\""));
        Assert.Equal([], await store.FindAsync("Patient?family=vroeger"));
        Assert.Equal([], await store.FindAsync("Patient?birthdate=1980"));
        Assert.Equal(["p"], await store.FindAsync("Patient?family=nu&birthdate=1990"));
        await store.DoAsync(TestStore.Gone("Patient", "p"));
        Assert.Equal([], await store.FindAsync("Patient?family=nu"));
        Assert.Equal([], await store.FindAsync("Patient?gender:not=male"));
        Assert.Equal([], await store.FindAsync("Patient?_id=p"));
    }

    [Fact]
    public async Task T69_Parameters_of_all_types_work_on_each()
    {
        await using var store = await WithAsync(
            Patient("p", "\"meta\":{\"tag\":[{\"system\":\"s\",\"code\":\"t\"}],\"security\":[{\"code\":\"R\"}],\"source\":\"http://source.example\"}"),
            Observation("o", "\"meta\":{\"tag\":[{\"system\":\"s\",\"code\":\"t\"}]},\"valueString\":\"x\""));
        Assert.Equal(["p", "o"], await store.FindAsync("?_tag=s|t"));
        Assert.Equal(["p"], await store.FindAsync("Patient?_tag=s|t"));
        Assert.Equal(["p"], await store.FindAsync("Patient?_security=R&_source=http://source.example"));
        Assert.Equal(["o"], await store.FindAsync("?_type=Observation&_tag=t"));
        Assert.Equal(["p", "o"], await store.FindAsync("?_type=Observation,Patient&_lastUpdated=gt2020&_tag=t"));
        Assert.Equal([], await store.FindAsync("Patient?_lastUpdated=lt2020"));
        Assert.Equal([], await store.FindAsync("Patient?_lastUpdated=ge2999"));
        var first = (await store.SearchAsync("Patient?_id=p")).Matches[0].LastUpdated;
        await store.PutAsync(Patient("later", "\"active\":true"));
        Assert.Equal(["later"], await store.FindAsync($"Patient?_lastUpdated=gt{first:yyyy-MM-ddTHH:mm:ss.ffffffZ}"));
        Assert.Equal(["p", "later"], await store.FindAsync($"Patient?_lastUpdated=ge{first:yyyy-MM-ddTHH:mm:ss.ffffffZ}"));
        Assert.Equal(["p"], await store.FindAsync($"Patient?_lastUpdated={first:yyyy-MM-ddTHH:mm:ss.ffffffZ}"));
        Assert.Equal(["p"], await store.FindAsync("Patient?_id=p,zzz"));
        Assert.Equal(["later"], await store.FindAsync("Patient?_id:not=p"));
        Assert.Equal(IssueKind.Invalid, await RefusedAsync(store, "?_type=patient"));
    }

    private static string Escaped(string value) => value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace(",", "\\,", StringComparison.Ordinal).Replace("|", "\\|", StringComparison.Ordinal).Replace("$", "\\$", StringComparison.Ordinal);

    private static async Task<IssueKind?> RefusedAsync(TestStore store, string query) => (await store.TryAsync(query)).Failed(out var issue, out _) ? issue.Kind : null;
}

public sealed class SearchOnSqlite : SearchContract
{
    protected override Task<TenantDatabase> EmptyAsync() => TestDatabase.SqliteAsync();
}

public sealed class SearchOnPostgres : SearchContract
{
    protected override Task<TenantDatabase> EmptyAsync() => TestDatabase.PostgresAsync();
}
