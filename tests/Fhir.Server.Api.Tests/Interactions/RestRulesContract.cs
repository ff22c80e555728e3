using System.Globalization;

namespace Fhir.Server.Api.Tests.Interactions;

/// <summary>Rules of reading and writing that are easily got wrong, and what many do at once — https://hl7.org/fhir/R4/http.html</summary>
public abstract class RestRulesContract(Shared shared)
{
    private const string System = "http://example.org/x";
    private static readonly bool IsLong = Environment.GetEnvironmentVariable("SAMENSPRAAK_LONG") == "1";

    private Client Jansen => shared.House.As("dr.jansen");

    private static string Unique() => "N" + Guid.NewGuid().ToString("N");
    private static string Patient(string value, string also = "") => $$$"""{"resourceType":"Patient","identifier":[{"system":"{{{System}}}","value":"{{{value}}}"}]{{{also}}}}""";
    private static string Bundle(params IEnumerable<string> entries) => $$"""{"resourceType":"Bundle","type":"transaction","entry":[{{string.Join(',', entries)}}]}""";

    [Fact]
    public async Task T3_The_version_that_deleted_it_is_410_and_one_that_never_was_404()
    {
        var id = await Jansen.NewPatient();
        await Jansen.Delete($"/fhir/Patient/{id}");
        Assert.Equal((200, 410, 404), ((await Jansen.Get($"/fhir/Patient/{id}/_history/1")).Code, (await Jansen.Get($"/fhir/Patient/{id}/_history/2")).Code, (await Jansen.Get($"/fhir/Patient/{id}/_history/3")).Code));
    }

    [Fact]
    public async Task T4_Ids_and_types_are_case_sensitive()
    {
        var id = await Jansen.NewPatient();
        Assert.Equal((404, 404), ((await Jansen.Get($"/fhir/Patient/{id.ToUpperInvariant()}")).Code, (await Jansen.Get($"/fhir/patient/{id}")).Code));
    }

    [Fact]
    public async Task T25_A_page_of_a_site_that_is_named_may_call_and_read_the_headers_and_no_other()
    {
        await using var house = await House.OpenAsync(on: await shared.AnotherDatabaseAsync(), set: s => s with { Origins = ["https://app.example.org"] });
        const string headers = "authorization,content-type,if-match,if-none-exist,if-none-match,prefer";
        Task<Got> Preflight(Client client, string origin, string path) => client.Send("OPTIONS", path, null, ("Origin", origin), ("Access-Control-Request-Method", "PUT"), ("Access-Control-Request-Headers", headers));
        string? Of(Got got, string name) => got.Headers.TryGetValues(name, out var values) ? string.Join(',', values) : null;
        var asked = await Preflight(house.As(null), "https://app.example.org", "/fhir/Patient/x");
        Assert.Equal((204, "https://app.example.org"), (asked.Code, Of(asked, "Access-Control-Allow-Origin")));
        Assert.All(headers.Split(','), header => Assert.Contains(header, Of(asked, "Access-Control-Allow-Headers")!, StringComparison.OrdinalIgnoreCase));
        Assert.Contains("PUT", Of(asked, "Access-Control-Allow-Methods")!, StringComparison.Ordinal);
        var read = await house.As("dr.jansen").Get("/fhir/Patient", ("Origin", "https://app.example.org"));
        Assert.Equal((200, "https://app.example.org", null), (read.Code, Of(read, "Access-Control-Allow-Origin"), Of(read, "Access-Control-Allow-Credentials")));
        foreach (var header in (string[])["ETag", "Location", "Content-Location", "Last-Modified", "X-Progress", "Retry-After"]) Assert.Contains(header, Of(read, "Access-Control-Expose-Headers")!, StringComparison.Ordinal);
        Assert.Equal(401, (await house.As(null).Get("/fhir/Patient", ("Origin", "https://app.example.org"))).Code);
        foreach (var (origin, path) in new[] { ("https://evil.example", "/fhir/Patient"), ("https://app.example.org.evil.example", "/fhir/Patient"), ("null", "/fhir/Patient"), ("https://app.example.org", "/me") })
            Assert.Null(Of(await Preflight(house.As(null), origin, path), "Access-Control-Allow-Origin"));
        Assert.Null(Of(await Jansen.Get("/fhir/Patient", ("Origin", "https://app.example.org")), "Access-Control-Allow-Origin"));   // nobody is named: nobody may
    }

    [Fact]
    public async Task T26_Behind_another_address_every_link_bears_it()
    {
        const string address = "https://fhir.example.org/r4";
        await using var house = await House.OpenAsync(on: await shared.AnotherDatabaseAsync(), set: s => s with { BaseUrl = address });
        var jansen = house.As("dr.jansen");
        var made = await jansen.Post("/fhir/Patient", Patient("one"));
        Assert.StartsWith($"{address}/Patient/{made.Id}/_history/1", made.Headers.Location!.ToString(), StringComparison.Ordinal);
        await jansen.Post("/fhir/Patient", Patient("one"));
        var found = (await jansen.Get($"/fhir/Patient?identifier={System}|one&_count=1", ("X-Forwarded-Host", "evil.example"))).Json;
        Assert.StartsWith($"{address}/Patient/", (string)found["entry"]![0]!["fullUrl"]!, StringComparison.Ordinal);
        Assert.All(found["link"]!.AsArray(), link => Assert.StartsWith($"{address}/Patient?", (string)link!["url"]!, StringComparison.Ordinal));
    }

    [Fact]
    public async Task T28_The_moment_of_a_version_is_later_than_that_of_the_one_before_and_the_header_never_later_than_it()
    {
        var id = await Jansen.NewPatient();
        var last = DateTimeOffset.MinValue;
        for (var i = 0; i < 30; i++)
        {
            var got = await Jansen.Put($"/fhir/Patient/{id}", $$"""{"resourceType":"Patient","id":"{{id}}","multipleBirthInteger":{{i}}}""");
            var at = DateTimeOffset.Parse((string)got.Json["meta"]!["lastUpdated"]!, CultureInfo.InvariantCulture);
            Assert.True(at > last, $"{at:O} after {last:O}");
            Assert.True(got.Content.LastModified <= at);
            last = at;
        }
    }

    [Fact]
    public async Task T51_Each_answer_of_a_transaction_tells_status_place_version_and_moment()
    {
        var got = await Jansen.Post("/fhir", Bundle($$"""{"resource":{{Patient(Unique())}},"request":{"method":"POST","url":"Patient"} }"""));
        var response = got.Json["entry"]![0]!["response"]!;
        Assert.Equal(("201 Created", "W/\"1\""), ((string)response["status"]!, (string)response["etag"]!));
        var read = await Jansen.Get($"/fhir/{(string)response["location"]!}");
        Assert.Equal(((string)response["lastModified"]!, 200), ((string)read.Json["meta"]!["lastUpdated"]!, read.Code));
    }

    [Fact]
    public async Task T53_What_is_sent_again_after_a_lost_answer_makes_no_second_resource_when_it_says_how_to_know_it()
    {
        var value = Unique();
        var bundle = Bundle($$"""{"resource":{{Patient(value)}},"request":{"method":"POST","url":"Patient","ifNoneExist":"identifier={{System}}|{{value}}"} }""");
        var (first, again) = (await Jansen.Post("/fhir", bundle), await Jansen.Post("/fhir", bundle));
        string Of(Got got, string what) => (string)got.Json["entry"]![0]!["response"]![what]!;
        Assert.Equal(("201", "200", Of(first, "location")), (Of(first, "status")[..3], Of(again, "status")[..3], Of(again, "location")));
        Assert.Equal(1, (int)(await Jansen.Get($"/fhir/Patient?identifier={System}|{value}")).Json["total"]!);
    }

    /// <summary>As POST, in a transaction, as a conditional update; and the same criteria in every spelling.</summary>
    private Task<Got> Create(int i, string value)
    {
        string[] spellings = [$"identifier={System}|{value}", $"identifier={System}%7C{value}", $"identifier=http%3A%2F%2Fexample.org%2Fx%7C{value}", $"identifier={System}|{value},{System}|{value}"];
        var criteria = spellings[i % spellings.Length];
        return (i % 7) switch
        {
            5 => Jansen.Put($"/fhir/Patient?{spellings[i % 3]}", Patient(value)),
            6 => Jansen.Post("/fhir", Bundle($$"""{"resource":{{Patient(value)}},"request":{"method":"POST","url":"Patient","ifNoneExist":"{{spellings[i % 3]}}"} }""")),
            _ => Jansen.Post("/fhir/Patient", Patient(value), ("If-None-Exist", criteria)),
        };
    }

    [Fact]
    public async Task B1_Of_a_hundred_creates_under_one_condition_in_whatever_spelling_one_makes_it()
    {
        for (var round = IsLong ? 200 : 3; round > 0; round--)
        {
            var value = Unique();
            var all = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => Create(i, value)));
            Assert.All(all, got => Assert.True(got.Code is 200 or 201, got.Text));
            var ids = all.Select(got => (string)got.Json["resourceType"]! == "Bundle" ? ((string)got.Json["entry"]![0]!["response"]!["location"]!).Split('/')[^3] : got.Id);
            Assert.Single(ids.Distinct());
            var made = all.Count(got => (string)got.Json["resourceType"]! == "Bundle" ? ((string)got.Json["entry"]![0]!["response"]!["status"]!).StartsWith("201", StringComparison.Ordinal) : got.Code == 201);
            Assert.Equal(1, made);
            Assert.Equal(1, (int)(await Jansen.Get($"/fhir/Patient?identifier={System}|{value}")).Json["total"]!);
        }
    }

    [Fact]
    public async Task B2_Of_many_who_count_with_If_Match_no_count_is_lost()
    {
        var id = await Jansen.NewPatient();
        var counted = 0;
        await Task.WhenAll(Enumerable.Range(0, 50).Select(async _ =>
        {
            for (var i = 0; i < (IsLong ? 20 : 3); i++)
            {
                var read = await Jansen.Get($"/fhir/Patient/{id}");
                var next = read.Json.AsObject();
                next["multipleBirthInteger"] = ((int?)next["multipleBirthInteger"] ?? 0) + 1;
                var got = await Jansen.Put($"/fhir/Patient/{id}", next.ToJsonString(), ("If-Match", read.ETag!));
                Assert.True(got.Code is 200 or 412, got.Text);
                if (got.Code == 200) Interlocked.Increment(ref counted);
            }
        }));
        var last = (await Jansen.Get($"/fhir/Patient/{id}")).Json;
        Assert.Equal((counted, $"{counted + 1}"), ((int)last["multipleBirthInteger"]!, (string)last["meta"]!["versionId"]!));
        Assert.True(counted >= 3);
    }

    [Fact]
    public async Task B3_A_history_tells_what_was_done_and_no_version_number_comes_twice()
    {
        var random = new Random(20261123);
        for (var one = IsLong ? 100 : 8; one > 0; one--)
        {
            var id = await Jansen.NewPatient();
            var (done, live) = (new List<string> { "POST 1 " }, true);
            for (var step = 0; step < 20; step++)
            {
                if (live && random.Next(3) == 0)
                {
                    Assert.Equal(204, (await Jansen.Delete($"/fhir/Patient/{id}")).Code);
                    done.Add($"DELETE {done.Count + 1} ");
                    live = false;
                    continue;
                }
                var got = await Jansen.Put($"/fhir/Patient/{id}", $$"""{"resourceType":"Patient","id":"{{id}}","multipleBirthInteger":{{step}}}""");
                Assert.Equal(live ? 200 : 201, got.Code);
                done.Add($"PUT {done.Count + 1} {step}");
                live = true;
            }
            var history = (await Jansen.Get($"/fhir/Patient/{id}/_history?_count=100")).Json["entry"]!.AsArray().Select(e =>
                $"{e!["request"]!["method"]} {((string)e["response"]!["etag"]!).Trim('W', '/', '"')} {e["resource"]?["multipleBirthInteger"]}");
            Assert.Equal(done, history.Reverse());
        }
    }

    [Fact]
    public async Task T50_B8_Bundles_that_touch_the_same_in_opposite_order_wait_for_each_other_and_none_fails()
    {
        var ids = new List<string>();
        for (var i = 0; i < 10; i++) ids.Add(await Jansen.NewPatient());
        string Of(IEnumerable<string> order, int number) => Bundle(order.Select(id => $$$"""{"resource":{"resourceType":"Patient","id":"{{{id}}}","multipleBirthInteger":{{{number}}}},"request":{"method":"PUT","url":"Patient/{{{id}}}"}}"""));
        var all = await Task.WhenAll(Enumerable.Range(0, 20).Select(async n =>
        {
            var codes = new List<int>();
            for (var i = 0; i < (IsLong ? 50 : 4); i++) codes.Add((await Jansen.Post("/fhir", Of(n % 2 == 0 ? ids : ids.AsEnumerable().Reverse(), (n * 1000) + i))).Code);
            return codes;
        }));
        Assert.All(all.SelectMany(codes => codes), code => Assert.Equal(200, code));
        var last = new List<string>();
        foreach (var id in ids) last.Add((string)(await Jansen.Get($"/fhir/Patient/{id}")).Json["multipleBirthInteger"]!.ToJsonString());
        Assert.Single(last.Distinct());   // whole bundles, one after another
    }
}

public sealed class RestRulesOnSqlite(Shared shared) : RestRulesContract(shared), IClassFixture<Shared>;
public sealed class RestRulesOnPostgres(SharedOnPostgres shared) : RestRulesContract(shared), IClassFixture<SharedOnPostgres>;
