using System.Text;
using System.Text.Json.Nodes;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Search;
using Fhir.Server.Store.Tests;
using Microsoft.Extensions.Configuration;

namespace Fhir.Server.Api.Tests.Limits;

/// <summary>A house whose limits are all small, and what it answers past each.</summary>
public class SmallHouse : IAsyncLifetime
{
    public House House { get; private set; } = null!;
    protected virtual Task<TenantDatabase?> DatabaseAsync() => Task.FromResult<TenantDatabase?>(null);

    private static readonly LimitSettings Small = new()
    {
        BundleEntries = 3, Nesting = 10,
        Search = new() { Parameters = 3, Values = 3, ValuesTogether = 5, ChainLinks = 1, SortKeys = 1, TextLength = 10, PageSize = 2, Includes = 2, IncludeRounds = 1 },
    };

    public async ValueTask InitializeAsync() => House = await House.OpenAsync(set: s => s with { Limits = Small }, on: await DatabaseAsync());

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return House.DisposeAsync();
    }
}

public sealed class SmallHouseOnPostgres : SmallHouse
{
    protected override async Task<TenantDatabase?> DatabaseAsync() => await TestDatabase.PostgresAsync();
}

public abstract class LimitsContract(House house)
{
    private readonly Client _doctor = house.As("dr.jansen");

    private static string? CodeOf(Got got) => (string?)got.Json["resourceType"] == "OperationOutcome" ? (string?)got.Json["issue"]![0]!["code"] : null;
    private static string BundleOf(string type, int entries) => $$"""{"resourceType":"Bundle","type":"{{type}}","entry":[{{string.Join(',', Enumerable.Repeat("""{"request":{"method":"GET","url":"Patient/none"}}""", entries))}}]}""";

    [Theory]
    [InlineData("family=a&family=b&family=c", "family=a&family=b&family=c&family=d")]
    [InlineData("family=a,b,c", "family=a,b,c,d")]
    [InlineData("family=a,b,c&given=d,e", "family=a,b,c&given=d,e,f")]
    [InlineData("general-practitioner:PractitionerRole.active=true", "general-practitioner:PractitionerRole.practitioner:Practitioner.name=x")]
    [InlineData("_has:Observation:subject:code=x", "_has:Observation:subject:encounter:Encounter.status=finished")]
    [InlineData("_sort=family", "_sort=family,given")]
    [InlineData("family=1234567890", "family=12345678901")]
    public async Task T136_A_search_that_asks_for_more_than_a_limit_is_too_costly_by_GET_by_POST_and_in_a_Bundle(string within, string past)
    {
        Assert.Equal(200, (await _doctor.Get($"/fhir/Patient?{within}")).Code);
        var byGet = await _doctor.Get($"/fhir/Patient?{past}");
        Assert.Equal((400, "too-costly"), (byGet.Code, CodeOf(byGet)));
        var byPost = await _doctor.SendBytes("POST", "/fhir/Patient/_search", Encoding.UTF8.GetBytes(past), "application/x-www-form-urlencoded");
        Assert.Equal((400, "too-costly"), (byPost.Code, CodeOf(byPost)));
        var inBundle = (await _doctor.Post("/fhir", $$$"""{"resourceType":"Bundle","type":"batch","entry":[{"request":{"method":"GET","url":"Patient?{{{past}}}"}}]}""")).Json["entry"]![0]!["response"]!;
        Assert.StartsWith("400", (string)inBundle["status"]!, StringComparison.Ordinal);
        Assert.Equal("too-costly", (string?)inBundle["outcome"]!["issue"]![0]!["code"]);
    }

    [Theory]
    [InlineData("batch")]
    [InlineData("transaction")]
    public async Task A_Bundle_of_more_entries_than_may_be_is_413(string type)
    {
        Assert.Equal(200, (await _doctor.Post("/fhir", BundleOf(type, 3))).Code);
        var got = await _doctor.Post("/fhir", BundleOf(type, 4));
        Assert.Equal((413, "too-long"), (got.Code, CodeOf(got)));
    }

    [Theory]
    [InlineData(4, 201)]
    [InlineData(5, 400)]
    [InlineData(40, 400)]
    [InlineData(10_000, 400)]
    public async Task A_body_that_is_nested_too_deeply_is_400_in_JSON_and_in_XML(int extensions, int status)
    {
        const string Url = "https://example.org/x";
        var json = string.Concat(Enumerable.Repeat($$""","extension":[{"url":"{{Url}}" """, extensions)) + string.Concat(Enumerable.Repeat("}]", extensions));
        var xml = string.Concat(Enumerable.Repeat($"""<extension url="{Url}">""", extensions)) + string.Concat(Enumerable.Repeat("</extension>", extensions));
        if (status == 201) (json, xml) = (json.Replace("\" }]", "\",\"valueString\":\"x\"}]", StringComparison.Ordinal), xml.Replace("\"></", "\"><valueString value=\"x\"/></", StringComparison.Ordinal));
        var got = await _doctor.Post("/fhir/Patient", $$"""{"resourceType":"Patient"{{json}}}""");
        Assert.True(got.Code == status, got.Text);
        if (status != 201) Assert.NotNull(CodeOf(got));
        var gotXml = await _doctor.SendBytes("POST", "/fhir/Patient", Encoding.UTF8.GetBytes($"""<Patient xmlns="http://hl7.org/fhir">{xml}</Patient>"""), "application/fhir+xml", ("Accept", "application/fhir+json"));
        Assert.True(gotXml.Code == status, gotXml.Text);
        if (status != 201) Assert.NotNull(CodeOf(gotXml));
    }

    [Fact]
    public async Task A_page_holds_so_many_and_the_rest_comes_behind_its_link()
    {
        var family = $"F{Guid.NewGuid():N}"[..9];
        for (var i = 0; i < 3; i++) await _doctor.NewPatient(family);
        foreach (var asked in (string[])["", "&_count=100"])
        {
            var page = (await _doctor.Get($"/fhir/Patient?family={family}{asked}")).Json;
            Assert.Equal(2, page["entry"]!.AsArray().Count);
            var next = (string)page["link"]!.AsArray().Single(l => (string?)l!["relation"] == "next")!["url"]!;
            Assert.Single((await _doctor.Get(next)).Json["entry"]!.AsArray());
        }
    }

    [Fact]
    public async Task What_one_match_includes_beyond_the_limit_is_left_out_and_told()
    {
        var id = await _doctor.NewPatient();
        for (var i = 0; i < 3; i++) Assert.Equal(201, (await _doctor.Post("/fhir/Observation", $$$"""{"resourceType":"Observation","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/{{{id}}}"}}""")).Code);
        var entries = (await _doctor.Get($"/fhir/Patient?_id={id}&_revinclude=Observation:subject")).Json["entry"]!.AsArray();
        Assert.Equal(["include", "include", "match", "outcome"], entries.Select(e => (string)e!["search"]!["mode"]!).Order(StringComparer.Ordinal));
        Assert.Equal("too-costly", (string?)entries.Single(e => (string?)e!["search"]!["mode"] == "outcome")!["resource"]!["issue"]![0]!["code"]);
    }
}

public sealed class LimitsOnSqlite(SmallHouse small) : LimitsContract(small.House), IClassFixture<SmallHouse>;

public sealed class LimitsOnPostgres(SmallHouseOnPostgres small) : LimitsContract(small.House), IClassFixture<SmallHouseOnPostgres>;

public sealed class LimitSettingsTests
{
    private static IConfiguration With(string name, string value) => new ConfigurationBuilder().AddInMemoryCollection([new(name, value)]).Build();

    [Fact]
    public void A_setting_takes_the_place_of_the_default_and_of_no_other()
    {
        Assert.False(LimitSettings.Read(With("Limits:Values", "7")).Failed(out _, out var limits));
        Assert.Equal(new LimitSettings { Search = new() { Values = 7 } }, limits);
        Assert.False(LimitSettings.Read(new ConfigurationBuilder().Build()).Failed(out _, out var usual));
        Assert.Equal(new LimitSettings(), usual);
    }

    [Theory]
    [InlineData("Limits:QuerySeconds", "0")]
    [InlineData("Limits:Nesting", "65")]
    [InlineData("Limits:BundleEntries", "many")]
    [InlineData("Limits:CallerPercent", "101")]
    [InlineData("Limits:PageSize", "-1")]
    public void A_number_that_makes_no_sense_is_refused_by_its_name(string name, string value)
    {
        Assert.True(LimitSettings.Read(With(name, value)).Failed(out var issue, out _));
        Assert.StartsWith($"{name} must be a number from ", issue.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_setting_stands_on_the_page_and_has_its_default_there()
    {
        var page = File.ReadAllText(Path.Combine(Root(), "docs", "limits.md"));
        foreach (var (record, limits) in new (Type, object)[] { (typeof(LimitSettings), new LimitSettings()), (typeof(SearchLimits), new SearchLimits()) })
            foreach (var setting in record.GetProperties().Where(p => p.PropertyType == typeof(int)))
                Assert.Contains(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"| `Limits:{setting.Name}` | {setting.GetValue(limits)} |"), page, StringComparison.Ordinal);
    }

    private static string Root()
    {
        var at = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(at, "House.slnx"))) at = Path.GetDirectoryName(at)!;
        return at;
    }
}
