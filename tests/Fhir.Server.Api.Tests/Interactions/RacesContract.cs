using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Fhir.Server.Api.Tests.Interactions;

/// <summary>What many do at once to the same resources, and what a search sees of it — https://hl7.org/fhir/R4/http.html#concurrency</summary>
public abstract class RacesContract(Shared shared)
{
    private const string System = "http://example.org/race";
    private static readonly bool IsLong = Environment.GetEnvironmentVariable("SAMENSPRAAK_LONG") == "1";
    private Client Jansen => shared.House.As("dr.jansen");
    private Client Integrator => shared.House.As("integrator");   // who may choose ids

    private static string Unique() => "N" + Guid.NewGuid().ToString("N");
    private static string By(string value) => $"/fhir/Patient?identifier={System}|{value}";
    private static string Patient(string value, string also = "") => $$"""{"resourceType":"Patient","identifier":[{"system":"{{System}}","value":"{{value}}"}]{{also}}}""";
    private static string Bundle(string type, IEnumerable<string> entries) => $$"""{"resourceType":"Bundle","type":"{{type}}","entry":[{{string.Join(',', entries)}}]}""";
    private static string Made(string value) => $$$"""{"resource":{{{Patient(value)}}},"request":{"method":"POST","url":"Patient","ifNoneExist":"identifier={{{System}}}|{{{value}}}"}}""";
    private static IEnumerable<JsonNode> Entries(Got bundle) => (bundle.Json["entry"]?.AsArray() ?? []).Select(e => e!);
    private static string StatusOf(JsonNode entry) => ((string)entry["response"]!["status"]!)[..3];
    private async Task<int> CountAsync(string value) => (int)(await Integrator.Get(By(value))).Json["total"]!;
    private Task<Got> Patched(string value) =>
        Jansen.SendBytes("PATCH", By(value), Encoding.UTF8.GetBytes("""[{"op":"add","path":"/gender","value":"male"}]"""), "application/json-patch+json");

    // POST under a condition; the same in a transaction and in a batch; a conditional update; and one PUT to an id that the client chose, under no condition.
    private Task<Got> Race(int i, string value) => (i % 6) switch
    {
        1 => Integrator.Post("/fhir", Bundle("transaction", [Made(value)])),
        2 => Integrator.Post("/fhir", Bundle("batch", [Made(value)])),
        3 when i == 3 => Integrator.Put($"/fhir/Patient/{value}", Patient(value, $",\"id\":\"{value}\"")),
        4 => Integrator.Put(By(value), Patient(value)),
        _ => Integrator.Post("/fhir/Patient", Patient(value), ("If-None-Exist", $"identifier={System}|{value}")),
    };

    private static string CodeOf(Got got) => got.Code == 200 && (string?)got.Json["resourceType"] == "Bundle" ? StatusOf(Entries(got).Single()) : got.Code.ToString(CultureInfo.InvariantCulture);

    [Fact]
    public async Task B1_Beside_one_who_puts_it_under_an_id_of_his_own_conditions_make_one_at_most_and_say_so_when_there_are_two()
    {
        for (var round = IsLong ? 200 : 3; round > 0; round--)
        {
            var value = Unique();
            var codes = (await Task.WhenAll(Enumerable.Range(0, 60).Select(i => Race(i, value)))).Select(CodeOf).ToList();
            Assert.Equal("201", codes[3]);
            Assert.All(codes, code => Assert.Contains(code, (string[])["200", "201", "412"]));
            var there = await CountAsync(value);
            Assert.Equal(there, codes.Count(code => code == "201"));
            Assert.InRange(there, 1, 2);
            if (there == 1) Assert.DoesNotContain("412", codes);
        }
    }

    [Fact]
    public async Task B7_While_a_second_is_made_a_condition_meets_one_or_is_refused_and_never_changes_both()
    {
        for (var round = IsLong ? 100 : 8; round > 0; round--)
        {
            var value = Unique();
            var first = (await Jansen.Post("/fhir/Patient", Patient(value))).Id;
            var making = Jansen.Post("/fhir/Patient", Patient(value));
            var codes = await Task.WhenAll(Enumerable.Range(0, 12).Select(async i => i % 2 == 0 ? (await Patched(value)).Code : (await Jansen.Put(By(value), Patient(value, ",\"gender\":\"female\""))).Code));
            var second = (await making).Id;
            Assert.All(codes, code => Assert.Contains(code, (int[])[200, 412]));
            Assert.Equal(2, await CountAsync(value));
            Assert.Equal("W/\"1\"", (await Jansen.Get($"/fhir/Patient/{second}")).ETag);
            Assert.Equal(codes.Contains(200), (await Jansen.Get($"/fhir/Patient/{first}")).ETag != "W/\"1\"");
            Assert.Equal((412, 412, 412), ((await Patched(value)).Code, (await Jansen.Put(By(value), Patient(value))).Code, (await Jansen.Delete(By(value))).Code));
        }
    }

    [Fact]
    public async Task B7_While_a_second_is_made_a_conditional_delete_deletes_the_first_or_none()
    {
        for (var round = IsLong ? 100 : 8; round > 0; round--)
        {
            var value = Unique();
            var first = (await Jansen.Post("/fhir/Patient", Patient(value))).Id;
            var (making, deleting) = (Jansen.Post("/fhir/Patient", Patient(value)), Jansen.Delete(By(value)));
            var (second, code) = ((await making).Id, (await deleting).Code);
            var there = ((await Jansen.Get($"/fhir/Patient/{first}")).Code, (await Jansen.Get($"/fhir/Patient/{second}")).Code);
            Assert.True(code == 204 ? there == (410, 200) : code == 412 && there == (200, 200), $"{code}, {there}");
        }
    }

    [Fact]
    public async Task B7_Where_nothing_meets_a_condition_many_at_once_patch_nothing_delete_nothing_and_make_one()
    {
        var value = Unique();
        Assert.All(await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Patched(value))), got => Assert.Equal(404, got.Code));
        Assert.All(await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Jansen.Delete(By(value)))), got => Assert.Equal(204, got.Code));
        Assert.Single(await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Jansen.Put(By(value), Patient(value)))), got => got.Code == 201);
        Assert.Equal(1, await CountAsync(value));
    }

    [Fact]
    public async Task B8_Bundles_that_make_the_same_in_opposite_order_make_each_once_and_none_fails()
    {
        for (var round = IsLong ? 50 : 3; round > 0; round--)
        {
            var values = Enumerable.Range(0, 8).Select(_ => Unique()).ToList();
            var all = await Task.WhenAll(Enumerable.Range(0, 16).Select(n => Jansen.Post("/fhir", Bundle("transaction", (n % 2 == 0 ? values : values.AsEnumerable().Reverse()).Select(Made)))));
            Assert.All(all, got => Assert.Equal(200, got.Code));
            Assert.Equal(values.Count, all.SelectMany(Entries).Count(entry => StatusOf(entry) == "201"));
            foreach (var value in values) Assert.Equal(1, await CountAsync(value));
        }
    }

    /// <summary>All ids that the pages of a search hold, in their order.</summary>
    private async Task<List<string>> PagesAsync(string search)
    {
        var ids = new List<string>();
        for (var next = search; next is not null;)
        {
            var page = await Jansen.Get(next);
            Assert.Equal(200, page.Code);
            ids.AddRange(Entries(page).Select(e => (string)e["resource"]!["id"]!));
            next = (string?)page.Json["link"]!.AsArray().FirstOrDefault(l => (string)l!["relation"]! == "next")?["url"];
        }
        return ids;
    }

    [Theory]
    [InlineData("")]
    [InlineData("&_sort=family")]
    [InlineData("&_sort=-_lastUpdated")]
    public async Task B9_While_others_write_the_pages_of_a_search_lose_and_double_nothing_that_was_there_throughout(string sort)
    {
        var family = Unique();
        string Named(int i) => $$"""{"resourceType":"Patient","name":[{"family":"{{family}}{{i % 7}}"}]}""";
        var made = await Jansen.Post("/fhir", Bundle("transaction", Enumerable.Range(0, 40).Select(i => $$$"""{"resource":{{{Named(i)}}},"request":{"method":"POST","url":"Patient"}}""")));
        var ids = Entries(made).Select(e => ((string)e["response"]!["location"]!).Split('/')[^3]).ToList();
        var (isOver, written) = (false, 0);
        var leaving = new Queue<string>(ids.Skip(30));   // 30 stay as they are; 10 are deleted one by one; others come
        var writing = Task.WhenAll(Enumerable.Range(0, 4).Select(async w =>
        {
            for (var i = 0; !Volatile.Read(ref isOver); i++)
            {
                Assert.Equal(201, (await Jansen.Post("/fhir/Patient", Named(i))).Code);
                if (w == 0 && leaving.TryDequeue(out var gone)) Assert.Equal(204, (await Jansen.Delete($"/fhir/Patient/{gone}")).Code);
                Interlocked.Increment(ref written);
            }
        }));
        for (var round = IsLong ? 30 : 4; round > 0; round--)
        {
            var found = await PagesAsync($"/fhir/Patient?family={family}&_count=7{sort}");
            Assert.Equal(found.Count, found.Distinct().Count());
            Assert.Empty(ids.Take(30).Except(found));
        }
        Volatile.Write(ref isOver, true);
        await writing;
        Assert.True(written >= 10, "Too little was written beside it.");
    }
}

public sealed class RacesOnSqlite(Shared shared) : RacesContract(shared), IClassFixture<Shared>;
public sealed class RacesOnPostgres(SharedOnPostgres shared) : RacesContract(shared), IClassFixture<SharedOnPostgres>;
