using System.Text.Json.Nodes;
using Fhir.Messaging.Tests.Clinic;
using Fhir.Server.Api.Tests;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Tests;
using static Fhir.Messaging.Tests.Clinic.TestClinic;
using Op = Fhir.Messaging.Tests.Clinic.Threads;

namespace Fhir.Messaging.Tests.AccessTests;

/// <summary>The ways by which others told what was hidden, one by one. <c>mine</c> is dr. Jansen's patient, <c>theirs</c> the hospital's; what is called secret is the hospital's.</summary>
public abstract class LeakListContract(LeakListContract.Stage stage)
{
    private Client Jansen => stage.Client(MadeUpClinic.Gp);
    private Client Bakker => stage.Client(MadeUpClinic.Specialist);
    private Client DeVries => stage.Client(MadeUpClinic.CompanyDoctor);
    private Client DeWit => stage.Client(MadeUpClinic.Assistant);

    private static async Task<string[]> Ids(Client by, string url) => [.. Ok(await by.Get(url)).Entries().Select(r => (string)r["id"]!).Order(StringComparer.Ordinal)];

    /// <summary>Hidden and absent are answered alike, to the letter.</summary>
    private async Task Alike(Func<string, Task<Got>> ask, string hidden = "theirs", int? status = null)
    {
        var (one, two) = (await ask(hidden), await ask("nobody"));
        Assert.Equal(Plain(two, "nobody"), Plain(one, hidden));
        if (status is not null) Assert.Equal(status, one.Code);
    }

    private string Plain(Got got, string id) => new Likeness(stage.World.Clinic.Url).Of(got with { Text = got.Text.Replace(id, "ID", StringComparison.Ordinal) }).Replace(id, "ID", StringComparison.Ordinal);

    /// <summary>What the entries are, not what they refer to: a body that one may see is shown as it was written.</summary>
    private static string Keys(Got got) => string.Join(' ', (got.Json["entry"]?.AsArray() ?? []).Select(e => (string?)e!["fullUrl"]));

    [Fact]
    public async Task H4_has_finds_by_what_is_seen_only()
    {
        Assert.Equal(["mine"], await Ids(Jansen, "/fhir/Patient?_id=mine&_has:Observation:patient:code=8480-6"));
        Assert.Empty(await Ids(Jansen, "/fhir/Patient?_id=mine&_has:Observation:patient:code=2339-0"));
        Assert.Empty(await Ids(Jansen, "/fhir/Patient?_has:Observation:patient:_id=secret"));
        Assert.Equal(["mine"], await Ids(Jansen, "/fhir/Patient?_id=mine&_has:Observation:patient:code:not=2339-0"));
        Assert.Empty(await Ids(Jansen, "/fhir/Patient?_id=mine&_has:Observation:patient:code:not=8480-6"));
    }

    [Fact]
    public async Task H4_A_list_finds_what_is_seen_by_a_list_that_is_seen()
    {
        Assert.Equal(["mine"], await Ids(Jansen, "/fhir/Patient?_list=shown-list"));
        Assert.Equal(["theirs"], await Ids(Bakker, "/fhir/Patient?_list=secret-list,shown-list"));
        Assert.Empty(await Ids(Jansen, "/fhir/Patient?_list=secret-list"));
        Assert.Empty(await Ids(Jansen, "/fhir/Observation?patient._list=secret-list"));
    }

    [Fact]
    public async Task H4_A_compartment_holds_what_is_seen_only()
    {
        Assert.Equal(["mine"], await Ids(Jansen, "/fhir/Patient/mine/Patient"));
        Assert.Equal(["mine", "open"], await Ids(Jansen, "/fhir/Patient/mine/*?_type=Patient,Observation"));
        Assert.Equal(["open"], await Ids(Jansen, "/fhir/Encounter/secret/*"));   // which says so itself
        Assert.Empty(await Ids(Jansen, "/fhir/Patient/mine/Observation?encounter.status=planned"));
        foreach (var type in (string[])["*", "Observation", "Patient", "Encounter"]) await Alike(id => Jansen.Get($"/fhir/Patient/{id}/{type}?_id:not=mine"));
        await Alike(id => Jansen.SendBytes("POST", $"/fhir/Patient/{id}/Observation/_search", [], "application/x-www-form-urlencoded"));
        await Alike(id => Jansen.Post("/fhir/", $$"""{"resourceType":"Bundle","type":"batch","entry":[{"request":{"method":"GET","url":"Patient/{{id}}/Observation"} }]}"""));
        Assert.Equal(0, (int)Ok(await Jansen.Get("/fhir/Patient/theirs/Observation?_summary=count")).Json["total"]!);
    }

    [Fact]
    public async Task H4_A_chain_ends_at_what_is_hidden()
    {
        Assert.Equal(["open"], await Ids(Jansen, "/fhir/Observation?patient.family=Dijk&_id=open"));
        Assert.Empty(await Ids(Jansen, "/fhir/Observation?_id=open&encounter.status=planned"));
        Assert.Empty(await Ids(Jansen, "/fhir/Observation?_id=open&encounter.status:not=finished"));
        Assert.Equal(["open"], await Ids(Jansen, "/fhir/Observation?_id=open&patient.family:missing=false"));
        Assert.Empty(await Ids(Jansen, "/fhir/Observation?_id=open&encounter.patient.family=Zwartsluis"));
        Assert.Empty(await Ids(Jansen, "/fhir/Patient?link:Patient.family=Zwartsluis"));
    }

    [Fact]
    public async Task H4_A_reverse_chain_through_the_directory_finds_no_hidden_patient()
    {
        Assert.Equal(["dr.jansen"], await Ids(Jansen, "/fhir/PractitionerRole?_has:Patient:general-practitioner:family=Dijk"));
        Assert.Empty(await Ids(Jansen, "/fhir/PractitionerRole?_has:Patient:general-practitioner:family=Zwartsluis"));
        Assert.Empty(await Ids(Jansen, "/fhir/Organization?_has:PractitionerRole:organization:_has:Observation:performer:code=2339-0"));
    }

    [Fact]
    public async Task H4_include_brings_nothing_hidden() => Assert.DoesNotContain("secret", Keys(Ok(await Jansen.Get("/fhir/Observation?_id=open&_include=Observation:encounter&_include=*"))), StringComparison.Ordinal);

    [Fact]
    public async Task H4_include_iterate_does_not_pass_through_what_is_hidden()
    {
        Assert.Equal(["chore", "open"], await Ids(Jansen, "/fhir/Task?_id=chore&_include=Task:focus&_include:iterate=Observation:encounter&_include:iterate=Encounter:patient"));
        Assert.Equal(["chore-of-secret"], await Ids(Jansen, "/fhir/Task?_id=chore-of-secret&_include=Task:focus&_include:iterate=Observation:patient"));
    }

    [Fact]
    public async Task H4_revinclude_brings_nothing_hidden() => Assert.Equal(["mine", "open"], await Ids(Jansen, "/fhir/Patient?_id=mine&_revinclude=Observation:patient&_revinclude:iterate=Encounter:patient"));

    [Fact]
    public async Task H4_revinclude_of_everything_brings_nothing_hidden()
    {
        var got = Ok(await Jansen.Get("/fhir/Patient?_id=mine&_revinclude:iterate=*"));
        Assert.Contains("/Observation/open", Keys(got), StringComparison.Ordinal);
        foreach (var word in (string[])["/secret", "/theirs"]) Assert.DoesNotContain(word, Keys(got), StringComparison.Ordinal);
    }

    [Fact]
    public async Task H4_Sorting_by_what_is_hidden_sorts_nothing()
    {
        async Task<string[]> Order(string sort) => [.. Ok(await DeVries.Get($"/fhir/Patient?_sort={sort}")).Entries().Select(r => (string)r["id"]!)];
        Assert.Equal(2, (await Order("_id")).Length);
        Assert.Equal(await Order("address-city"), await Order("-address-city"));
        Assert.Equal(await Order("general-practitioner"), await Order("-general-practitioner"));
    }

    [Fact]
    public async Task H4_The_order_of_a_search_does_not_tell_how_much_is_hidden()
    {
        async Task<string[]> Order() => [.. Ok(await Jansen.Get("/fhir/Observation?code=order")).Entries().Select(r => (string)r["id"]!)];
        var before = await Order();
        Assert.Equal(3, before.Length);
        await stage.World.AddAsync([.. Enumerable.Range(0, 600).Select(i => Stage.Observation($"many{i}", "rijnmond", "theirs", "order"))]);
        Assert.Equal(before, await Order());
    }

    [Theory]
    [InlineData("_total=accurate&_count=1")]
    [InlineData("_summary=count")]
    public async Task H4_Totals_count_what_is_seen(string how)
    {
        Assert.Equal(1, (int)Ok(await Jansen.Get($"/fhir/Observation?patient=mine&{how}")).Json["total"]!);
        Assert.Equal(0, (int)Ok(await Jansen.Get($"/fhir/Patient?family=Zwartsluis&{how}")).Json["total"]!);
    }

    [Fact]
    public async Task H4_elements_shows_no_more_than_there_is()
    {
        var patients = Ok(await DeVries.Get("/fhir/Patient?_elements=identifier,address,birthDate"));
        Assert.Equal(2, patients.Entries().Count);
        Assert.DoesNotContain("9999", patients.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("address", patients.Json["entry"]!.ToJsonString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("_contained=x")]
    [InlineData("_text=Zwartsluis")]
    [InlineData("_content=Zwartsluis")]
    [InlineData("_filter=family eq Zwartsluis")]
    public async Task H4_What_is_not_searched_by_is_refused(string parameter)
    {
        Assert.DoesNotContain("theirs", Keys(await Jansen.Get($"/fhir/Patient?{parameter}")), StringComparison.Ordinal);
        Assert.Equal(400, (await Jansen.Get($"/fhir/Patient?{parameter}", ("Prefer", "handling=strict"))).Code);
    }

    [Theory]
    [InlineData("identifier:missing=false")]
    [InlineData("identifier:missing=true")]
    [InlineData("address-city:missing=false")]
    [InlineData("identifier:not=x")]
    public async Task H4_A_hidden_value_is_neither_missing_nor_other(string parameter) => Assert.Empty(await Ids(DeVries, $"/fhir/Patient?{parameter}"));

    [Fact]
    public async Task H4_not_finds_only_what_is_seen()
    {
        Assert.DoesNotContain("secret", await Ids(Jansen, "/fhir/Observation?status:not=amended&_count=500"));
        Assert.DoesNotContain("theirs", await Ids(Jansen, "/fhir/Patient?_id:not=mine&_count=500"));
    }

    [Fact]
    public async Task H4_lastUpdated_tells_no_hidden_moment()
    {
        var at = (string)Ok(await Bakker.Get("/fhir/Observation/secret")).Json["meta"]!["lastUpdated"]!;
        Assert.Empty(await Ids(Jansen, $"/fhir/Observation?_lastUpdated={at}"));
        Assert.DoesNotContain("secret", Keys(Ok(await Jansen.Get($"/fhir/?_type=Observation,Encounter&_lastUpdated=ge{at}"))), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/fhir/_history?_count=500")]
    [InlineData("/fhir/Observation/_history?_count=500")]
    [InlineData("/fhir/Patient/_history?_count=500")]
    public async Task H4_Histories_of_many_hold_nothing_hidden(string url)
    {
        var history = Ok(await Jansen.Get(url));
        foreach (var word in (string[])["/secret", "/theirs"]) Assert.DoesNotContain(word, Keys(history), StringComparison.Ordinal);
        Assert.Equal(history.Json["entry"]!.AsArray().Count, (int)history.Json["total"]!);
    }

    [Fact]
    public async Task H4_An_old_version_is_as_hidden_as_it_was()
    {
        Ok(await DeWit.Get("/fhir/Observation/relabelled"));
        Ok(await Jansen.Get("/fhir/Observation/relabelled/_history/1"));
        Assert.Equal(404, (await DeWit.Get("/fhir/Observation/relabelled/_history/1")).Code);
        Assert.Equal(1, (int)Ok(await DeWit.Get("/fhir/Observation/relabelled/_history")).Json["total"]!);
        foreach (var version in (string[])["1", "2", "3"])   // what is sensitive now was so before
        {
            Ok(await Jansen.Get($"/fhir/Observation/classified/_history/{version}"));
            Assert.Equal(404, (await DeWit.Get($"/fhir/Observation/classified/_history/{version}")).Code);
        }
        await Alike(id => Jansen.Get($"/fhir/Patient/{id}/_history/1"), status: 404);
        await Alike(id => Jansen.Get($"/fhir/Patient/{id}/_history"), status: 404);
    }

    [Fact]
    public async Task H4_everything_shows_what_a_search_of_the_compartment_shows()
    {
        await Alike(id => Jansen.Get($"/fhir/Patient/{id}/$everything"), status: 404);
        await Alike(id => Jansen.Get($"/fhir/Patient/{id}/$everything?_type=Observation&start=2000"), status: 404);
        await Alike(id => DeVries.Get($"/fhir/Patient/{id}/$everything"), status: 403);
        await Alike(id => Jansen.Get($"/fhir/Patient/{id}/$meta"), status: 404);
        foreach (var who in (Client[])[Jansen, Bakker, DeWit])
        {
            var (found, seen) = (await who.Get("/fhir/Patient/mine/$everything?_count=1000"), await who.Get("/fhir/Patient/mine/*?_include=*&_count=1000"));
            if (found.Code == 200) Assert.Empty(Keys(found).Split(' ').Except(Keys(seen).Split(' ')));
            Assert.Equal((await who.Get("/fhir/Patient/mine")).Code, found.Code);
        }
        Assert.DoesNotContain("/secret", Keys(await Jansen.Get("/fhir/Patient/mine/$everything?_count=1000")), StringComparison.Ordinal);
        await Alike(id => Jansen.Get($"/fhir/Patient/{id}/$validate"), status: 404);
    }

    [Fact]
    public async Task H4_A_document_holds_what_is_seen_only()
    {
        var (letter, bare) = (Ok(await Jansen.Get("/fhir/Composition/mine/$document")), Ok(await Jansen.Get("/fhir/Composition/bare-letter/$document")));
        Assert.DoesNotContain("/secret", Keys(letter), StringComparison.Ordinal);
        Assert.Equal(Keys(bare).Replace("bare-letter", "mine", StringComparison.Ordinal), Keys(letter));
        Assert.Contains("/Observation/open", Keys(letter), StringComparison.Ordinal);
        Assert.Contains("/Observation/secret", Keys(Ok(await Bakker.Get("/fhir/Composition/theirs/$document"))), StringComparison.Ordinal);
        foreach (var who in (Client[])[Jansen, DeVries, DeWit]) await Alike(async id => await who.Get($"/fhir/Composition/{id}/$document"));
    }

    [Fact]
    public async Task H4_A_message_about_what_is_hidden_is_answered_like_one_about_nothing()
    {
        var sent = 0;
        async Task<(string, string)> About(string id, string resource)
        {
            var got = Ok(await stage.Client(new("his-delinde", "practice-system", "de-linde")).Post("/fhir/$process-message", $$"""
                {"resourceType":"Bundle","type":"message","entry":[{"resource":{"resourceType":"MessageHeader","id":"leak{{sent++}}","eventCoding":{"system":"{{ClinicUrls.Base}}/CodeSystem/message-event","code":"store-resources"},"source":{"endpoint":"http://x"} } },{{resource.Replace("ID", id, StringComparison.Ordinal)}}]}
                """));
            return ((string)got.Json["entry"]![0]!["resource"]!["response"]!["code"]!, got.Json["entry"]!.AsArray().ElementAtOrDefault(1)?["resource"]!.ToJsonString() ?? "");
        }
        foreach (var resource in (string[])[$$"""{"fullUrl":"{{stage.World.Clinic.Url}}/fhir/Patient/ID","resource":{"resourceType":"Patient","id":"ID"} }"""])
        {
            var (hidden, absent) = (await About("theirs", resource), await About("nobody", resource));
            Assert.Equal("fatal-error", absent.Item1);
            Assert.Equal(absent, hidden);
        }
    }

    [Fact]
    public async Task H4_Conditional_headers_do_not_tell()
    {
        await Alike(id => Jansen.Get($"/fhir/Patient/{id}", ("If-None-Match", "W/\"1\"")), status: 404);
        await Alike(id => Jansen.Put($"/fhir/Patient/{id}", $$"""{"resourceType":"Patient","id":"{{id}}"}""", ("If-Match", "W/\"1\"")));
        await Alike(id => Jansen.Put($"/fhir/Patient/{id}", $$"""{"resourceType":"Patient","id":"{{id}}"}""", ("If-None-Match", "*")));
        await Alike(id => Jansen.Put($"/fhir/Patient/{id}", $$"""{"resourceType":"Patient","id":"{{id}}"}"""));
        await Alike(id => Jansen.Delete($"/fhir/Patient/{id}", ("If-Match", "W/\"1\"")));
        Ok(await Jansen.Post("/fhir/Patient", """{"resourceType":"Patient","name":[{"family":"Nieuw"}]}""", ("If-None-Exist", $"identifier={ClinicUrls.Bsn}|999911120&family=Zwartsluis")), 201);
    }

    [Fact]
    public async Task H4_A_304_is_only_for_those_who_see() => Assert.Equal(304, (await Bakker.Get("/fhir/Patient/theirs", ("If-None-Match", "W/\"1\""))).Code);

    [Fact]
    public async Task H4_A_reference_to_what_is_hidden_is_answered_like_one_to_nothing()
    {
        await Alike(id => Jansen.Post("/fhir/Observation", Json(id)));
        await Alike(id => Jansen.Post("/fhir/Observation/$validate", Json(id)));
        await Alike(id => Jansen.Post("/fhir/Communication", $$"""{"resourceType":"Communication","status":"completed","partOf":[{"reference":"Communication/{{id}}"}],"payload":[{"contentString":"x"}]}"""), stage.Thread);
        await Alike(id => Op.Open(Jansen, $"Patient/{id}", ["dr.bakker"]));

        static string Json(string id) => $$"""{"resourceType":"Observation","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/{{id}}"} }""";
    }

    [Fact]
    public async Task H4_Bundles_do_not_tell()
    {
        await Alike(id => Jansen.Post("/fhir/", Bundle("transaction", "POST", "Observation", $$"""{"resourceType":"Observation","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/{{id}}"} }""")));
        await Alike(id => Jansen.Post("/fhir/", Bundle("transaction", "POST", "Observation", $$"""{"resourceType":"Observation","status":"final","code":{"text":"x"},"subject":{"reference":"Patient?_id={{id}}"} }""")));
        await Alike(id => Jansen.Post("/fhir/", Bundle("batch", "GET", $"Patient/{id}", null)));
        await Alike(id => Jansen.Post("/fhir/", Bundle("transaction", "DELETE", $"Patient/{id}", null)));

        static string Bundle(string type, string method, string url, string? resource) =>
            $$"""{"resourceType":"Bundle","type":"{{type}}","entry":[{"request":{"method":"{{method}}","url":"{{url}}"}{{(resource is null ? "" : $",\"resource\":{resource}")}}}]}""";
    }

    [Fact]
    public async Task H4_A_Binary_is_as_hidden_as_its_thread()
    {
        Ok(await Bakker.Get($"/fhir/Binary/{stage.Attachment}"));
        await Alike(id => Jansen.Get($"/fhir/Binary/{id}"), stage.Attachment, 404);
        await Alike(id => Jansen.Get($"/fhir/Binary/{id}", ("Accept", "application/pdf")), stage.Attachment, 404);
        await Alike(id => Jansen.Get($"/fhir/Binary/{id}/_history/1"), stage.Attachment, 404);
    }

    [Fact]
    public async Task H4_The_url_of_an_attachment_opens_nothing_to_others()
    {
        await Alike(id => Jansen.Post("/fhir/Communication", $$"""{"resourceType":"Communication","status":"completed","payload":[{"contentAttachment":{"url":"Binary/{{id}}"} }]}"""), stage.Attachment);
        Assert.Equal(404, (await Jansen.Get($"/fhir/Binary/{stage.Attachment}")).Code);
    }

    [Fact]
    public async Task H4_A_hidden_thread_is_no_thread()
    {
        await Alike(id => Op.Messages(Jansen, id), stage.Thread, 404);
        await Alike(id => Op.Send(Jansen, id, "x", "leak"), stage.Thread);
        await Alike(id => Op.Close(Jansen, id), stage.Thread);
        await Alike(id => Jansen.Post($"/fhir/Communication/{id}/$mark-read", """{"resourceType":"Parameters","parameter":[{"name":"seq","valueInteger":1}]}"""), stage.Thread);
    }

    [Fact]
    public async Task H4_What_a_hidden_resource_contains_finds_nothing()
    {
        Assert.Equal(["secret-letter"], await Ids(Bakker, "/fhir/Practitioner?_contained=true&family=Zwartsluis"));
        Assert.Equal(["inside"], await Ids(Bakker, "/fhir/Practitioner?_contained=true&_containedType=contained&family=Zwartsluis"));
        foreach (var how in (string[])["_contained=true", "_contained=both", "_contained=true&_containedType=contained"])
            foreach (var by in (Client[])[Jansen, DeVries, DeWit]) Assert.Empty(await Ids(by, $"/fhir/Practitioner?{how}&family=Zwartsluis"));
        Assert.Equal(0, (int)Ok(await Jansen.Get("/fhir/Practitioner?_contained=true&family=Zwartsluis&_summary=count")).Json["total"]!);
        Assert.Equal(["mine"], await Ids(Jansen, "/fhir/Organization?_contained=true&name=Werkgever"));   // the patient of whom a company doctor sees a part
        Assert.Equal(["employer"], await Ids(Jansen, "/fhir/Organization?_contained=true&_containedType=contained&name=Werkgever"));
        foreach (var how in (string[])["_contained=true", "_contained=both", "_contained=true&_containedType=contained"]) Assert.Empty(await Ids(DeVries, $"/fhir/Organization?{how}&name=Werkgever"));
    }

    [Fact]
    public async Task H4_The_words_of_a_hidden_message_find_nothing()
    {
        Assert.NotEmpty(await Ids(Bakker, "/fhir/Communication?_content=Zwartsluis"));
        Assert.NotEmpty(await Ids(Bakker, "/fhir/Patient?_has:Communication:subject:_content=zwartsluis"));
        foreach (var url in (string[])["Communication?_content=Zwartsluis", "Communication?_content=zwartsluis,nobody", "Communication?part-of:Communication._content=zwartsluis", "Patient?_has:Communication:subject:_content=zwartsluis"])
            foreach (var by in (Client[])[Jansen, DeVries, DeWit]) Assert.Empty(await Ids(by, $"/fhir/{url}"));
        Assert.Equal(0, (int)Ok(await Jansen.Get("/fhir/Communication?_content=Zwartsluis&_summary=count")).Json["total"]!);
        Assert.NotEmpty(await Ids(DeVries, "/fhir/Communication?_content=werk"));   // who takes part finds what she reads
    }

    [Theory]
    [InlineData("/fhir/Observation?_count=1")]
    [InlineData("/fhir/Observation?_count=1&_sort=date")]
    [InlineData("/fhir/Observation/_history?_count=1")]
    [InlineData("/fhir/_history?_count=1")]
    public async Task H4_The_next_page_of_another_is_no_page(string url)
    {
        var next = (string)Ok(await Bakker.Get(url)).Json["link"]!.AsArray().Single(l => (string)l!["relation"]! == "next")!["url"]!;
        Ok(await Bakker.Get(next));
        Assert.Equal(400, (await Jansen.Get(next)).Code);
    }

    /// <summary>The clinic that all of it plays in.</summary>
    public abstract class Stage : IAsyncLifetime
    {
        public World World { get; private set; } = null!;
        public string Thread { get; private set; } = "";
        public string Attachment { get; private set; } = "";

        protected abstract Task<TenantDatabase> EmptyAsync();

        public Client Client(Somebody who) => new(World.Clinic.Url, World.TokenOf(who));

        public async ValueTask InitializeAsync()
        {
            World = await World.OpenAsync(EmptyAsync, Facts());
            var bakker = Client(MadeUpClinic.Specialist);
            Thread = Ok(await Op.Open(bakker, "Patient/theirs", ["dr.smit"], "Zwartsluis?"), 201).Id;
            var pdf = Convert.ToBase64String("%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF"u8);
            var sent = Ok(await Op.Attach(bakker, Thread, new JsonObject { ["contentType"] = "application/pdf", ["data"] = pdf, ["title"] = "brief" }), 201);
            Attachment = ((string)sent.Json["payload"]![0]!["contentAttachment"]!["url"]!).Split('/')[^1];
            foreach (var patient in (string[])["mine", "too"])
            {
                Ok(await Client(MadeUpClinic.Gp).Post("/fhir/Consent", Consents.For("PractitionerRole/dr.devries", $"Patient/{patient}", MadeUpClinic.Start)), 201);
                Ok(await Op.Open(Client(MadeUpClinic.Gp), $"Patient/{patient}", ["dr.devries"], "Werk?"), 201);
            }
            World.Tick();
        }

        public static Fact Observation(string id, string home, string patient, string code, string more = "") => Of("Observation", id, home,
            $$""" "status":"final","code":{"coding":[{"system":"http://loinc.org","code":"{{code}}"}]},"subject":{"reference":"Patient/{{patient}}"},"performer":[{"reference":"PractitionerRole/dr.bakker"}]{{more}} """);

        private static Fact Of(string type, string id, string? home, string content, int slot = 0) => new(slot, type, id, JsonNode.Parse($$"""{"resourceType":"{{type}}","id":"{{id}}",{{content}}}""")!.AsObject()) { Home = home };

        public static List<Fact> Facts()
        {
            const string very = ""","meta":{"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-Confidentiality","code":"V"}]}""";
            var facts = new List<Fact>
            {
                Of("Organization", "de-eik", null, """ "active":true,"name":"De Eik" """), Of("Practitioner", "dr.smit", null, """ "name":[{"family":"Smit"}] """),
                Of("PractitionerRole", "dr.smit", null, $$""" "active":true,"practitioner":{"reference":"Practitioner/dr.smit"},"organization":{"reference":"Organization/de-eik"},"code":[{"coding":[{"system":"{{ClinicUrls.ClinicRole}}","code":"gp"}]}] """),
                Patient("mine", "de-linde", "Dijk", "999990020", "Assen", ""","link":[{"other":{"reference":"Patient/theirs"},"type":"seealso"}],"contact":[{"organization":{"reference":"#employer"} }],"contained":[{"resourceType":"Organization","id":"employer","name":"Werkgever"}]"""), Patient("too", "de-linde", "Smit", "999990030", "Breda"), Patient("theirs", "rijnmond", "Zwartsluis", "999911120", "Delft"),
                Of("Encounter", "secret", "rijnmond", """ "status":"planned","class":{"code":"AMB"},"subject":{"reference":"Patient/theirs"} """),
                Observation("open", "de-linde", "mine", "8480-6", ""","encounter":{"reference":"Encounter/secret"}"""),
                Observation("relabelled", "de-linde", "too", "8480-6", very), Observation("order1", "de-linde", "too", "order"), Observation("order2", "de-linde", "too", "order"), Observation("order3", "de-linde", "too", "order"),
                Observation("classified", "de-linde", "too", "class"),
                Of("Composition", "mine", "de-linde", Letter("mine", "open", "secret", "secret2", "nobody")), Of("Composition", "bare-letter", "de-linde", Letter("mine", "open")), Of("Composition", "theirs", "rijnmond", Letter("theirs", "open", "secret2")),
                Of("Task", "chore", "de-linde", """ "status":"requested","intent":"order","focus":{"reference":"Observation/open"} """), Of("Task", "chore-of-secret", "de-linde", """ "status":"requested","intent":"order","focus":{"reference":"Observation/secret"} """),
                Of("Condition", "secret-letter", "rijnmond", """ "subject":{"reference":"Patient/theirs"},"recorder":{"reference":"#inside"},"contained":[{"resourceType":"Practitioner","id":"inside","name":[{"family":"Zwartsluis"}]}] """),
                Of("List", "shown-list", "de-linde", Listed("mine", "mine", "theirs")), Of("List", "secret-list", "rijnmond", Listed("theirs", "mine", "theirs")),
            };
            List<Fact> later = [Observation("relabelled", "de-linde", "too", "8480-6"), Observation("order1", "de-linde", "too", "order", ""","language":"nl" """), Observation("classified", "de-linde", "too", "class", ""","language":"nl" """)];
            List<Fact> secret = [Observation("secret", "rijnmond", "mine", "2339-0"), Observation("secret2", "rijnmond", "theirs", "2339-0")];
            return [.. facts, .. later.Select(f => f with { Slot = 1 }), Observation("classified", "de-linde", "too", "class", very) with { Slot = 2 }, .. secret.Select(f => f with { Slot = 3 })];
        }

        private static string Letter(string subject, params string[] observations) =>
            $$""" "status":"final","type":{"text":"x"},"subject":{"reference":"Patient/{{subject}}"},"date":"2026-01-01","author":[{"reference":"PractitionerRole/dr.jansen"}],"title":"x","section":[{"entry":[{{string.Join(',', observations.Select(o => $$"""{"reference":"Observation/{{o}}"}"""))}}]}] """;

        private static string Listed(string subject, params string[] patients) =>
            $$""" "status":"current","mode":"working","subject":{"reference":"Patient/{{subject}}"},"entry":[{{string.Join(',', patients.Select(p => $$"""{"item":{"reference":"Patient/{{p}}"} }"""))}}] """;

        private static Fact Patient(string id, string home, string family, string bsn, string city, string more = "") => Of("Patient", id, home,
            $$""" "identifier":[{"system":"{{ClinicUrls.Bsn}}","value":"{{bsn}}"}],"name":[{"family":"{{family}}"}],"address":[{"city":"{{city}}"}],"generalPractitioner":[{"reference":"PractitionerRole/dr.jansen"}]{{more}} """);

        public ValueTask DisposeAsync()
        {
            GC.SuppressFinalize(this);
            return World.DisposeAsync();
        }
    }
}

public sealed class LeakListOnSqlite(LeakListOnSqlite.Here stage) : LeakListContract(stage), IClassFixture<LeakListOnSqlite.Here>
{
    public sealed class Here : Stage
    {
        protected override Task<TenantDatabase> EmptyAsync() => TestDatabase.SqliteAsync();
    }
}

public sealed class LeakListOnPostgres(LeakListOnPostgres.Here stage) : LeakListContract(stage), IClassFixture<LeakListOnPostgres.Here>
{
    public sealed class Here : Stage
    {
        protected override Task<TenantDatabase> EmptyAsync() => TestDatabase.PostgresAsync();
    }
}
