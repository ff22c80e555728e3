using System.Text.Json.Nodes;
using Fhir.Server.Api.Operations;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Tests;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Fhir.Server.Api.Tests.Interactions;

/// <summary>The CapabilityStatement says what is served: all of it, and nothing else — https://hl7.org/fhir/R4/capabilitystatement.html</summary>
public abstract class CapabilityContract : IAsyncLifetime
{
    private static readonly string[] NotServed = ["There is nothing at this address.", "no such resource type", "no such operation", "not supported", "This method is not allowed"];
    private House _house = null!;
    private JsonNode _rest = null!;

    protected abstract Task<TenantDatabase?> DatabaseAsync();

    public async ValueTask InitializeAsync()
    {
        _house = await House.OpenAsync(on: await DatabaseAsync());
        _rest = (await _house.As(null).Get("/fhir/metadata")).Json["rest"]![0]!;
    }

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return _house.DisposeAsync();
    }

    private IEnumerable<JsonNode> Resources => _rest["resource"]!.AsArray().Select(r => r!);
    private static string[] Texts(JsonNode? list, string? of = null) => [.. (list?.AsArray() ?? []).Select(n => (string)(of is null ? n! : n![of]!)!)];

    /// <summary>The answers that say that there is no such thing.</summary>
    private async Task<List<string>> Refused(IEnumerable<(string Method, string Path)> asked)
    {
        var refused = new List<string>();
        await Parallel.ForEachAsync(asked, new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (ask, _) =>
        {
            var got = await _house.As("integrator").Send(ask.Method, ask.Path, ask.Method is "GET" or "DELETE" ? null : "{}");
            if (got.Code is 405 or >= 500 || NotServed.Any(text => got.Text.Contains(text, StringComparison.Ordinal)))
                lock (refused) refused.Add($"{ask.Method} {ask.Path}: {got.Code}");
        });
        return refused;
    }

    private static (string Method, string Path) CallOf(string type, string interaction) => interaction switch
    {
        "read" => ("GET", $"/fhir/{type}/none"),
        "vread" => ("GET", $"/fhir/{type}/none/_history/1"),
        "update" => ("PUT", $"/fhir/{type}/none"),
        "patch" => ("PATCH", $"/fhir/{type}/none"),
        "delete" => ("DELETE", $"/fhir/{type}/none"),
        "history-instance" => ("GET", $"/fhir/{type}/none/_history"),
        "history-type" => ("GET", $"/fhir/{type}/_history?_count=1"),
        "create" => ("POST", $"/fhir/{type}"),
        "search-type" => ("GET", $"/fhir/{type}?_count=1"),
        _ => throw new InvalidOperationException($"Nobody said how {interaction} is called."),
    };

    private static IEnumerable<(string, string)> ConditionalsOf(JsonNode resource)
    {
        var address = $"/fhir/{(string)resource["type"]!}?_id=none";
        if ((bool)resource["conditionalUpdate"]!) yield return ("PUT", address);
        if ((string)resource["conditionalDelete"]! == "single") yield return ("DELETE", address);
    }

    [Fact]
    public async Task Every_listed_interaction_is_served() => Assert.Empty(await Refused(Resources.SelectMany(r =>
        Texts(r["interaction"], "code").Select(i => CallOf((string)r["type"]!, i)).Concat(ConditionalsOf(r)))));

    [Fact]
    public async Task Every_listed_parameter_include_and_revinclude_is_served()
    {
        var asked = new List<(string, string)>();
        foreach (var resource in Resources.Where(r => (string)r["type"]! != "AuditEvent"))   // the log has a search of its own, whose table is listed
        {
            var type = (string)resource["type"]!;
            var parameters = Texts(resource["searchParam"], "name").Select(p => $"{p}:missing=true");
            var includes = Texts(resource["searchInclude"]).Select(i => $"_include={i}").Concat(Texts(resource["searchRevInclude"]).Select(i => $"_revinclude={i}"));
            foreach (var some in parameters.Chunk(20)) asked.Add(("GET", $"/fhir/{type}?_summary=count&{string.Join('&', some)}"));
            foreach (var some in includes.Chunk(90)) asked.Add(("GET", $"/fhir/{type}?_id=none&{string.Join('&', some)}"));
        }
        asked.AddRange(Texts(_rest["searchParam"], "name").Select(p => ("GET", $"/fhir/?_summary=count&{p}:missing=true")));
        Assert.NotEmpty(Texts(_rest["searchParam"], "name"));
        var refused = new List<string>();
        await Parallel.ForEachAsync(asked, new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (ask, _) =>
        {
            var got = await _house.As("integrator").Get(ask.Item2, ("Prefer", "handling=strict"));
            if (got.Code != 200) lock (refused) refused.Add($"{ask.Item2}: {got.Text}");
        });
        Assert.Empty(refused);
    }

    [Fact]
    public async Task Every_operation_is_listed_and_every_listed_one_is_served()
    {
        var served = _house.Services.GetRequiredService<EndpointDataSource>().Endpoints.Select(e => e.Metadata.GetMetadata<Operation>()).OfType<Operation>().ToList();
        var ofSystem = Texts(_rest["operation"], "name");
        Assert.Equal(served.Where(o => o.Level == OperationLevel.System).Select(o => o.Code).Distinct().Order(StringComparer.Ordinal), ofSystem.Order(StringComparer.Ordinal));
        foreach (var resource in Resources.Where(r => (string)r["type"]! != "AuditEvent"))
        {
            var type = (string)resource["type"]!;
            var expected = served.Where(o => o.Type == type || o.Type == Operation.EveryType).Select(o => o.Code).Distinct().Order(StringComparer.Ordinal);
            Assert.Equal(expected, Texts(resource["operation"], "name").Order(StringComparer.Ordinal));
        }
        Assert.Empty(await Refused(served.Select(o => (o.AffectsState ? "POST" : "GET", "/fhir" + o.Route.Replace("{type}", "Patient", StringComparison.Ordinal).Replace("{id}", "none", StringComparison.Ordinal)))));
    }

    [Fact]
    public async Task Every_listed_compartment_and_format_is_served()
    {
        var compartments = Texts(_rest["compartment"]).Select(c => c.Split('/')[^1]).Select(c => $"{char.ToUpperInvariant(c[0])}{c[1..]}").ToList();
        Assert.Contains("Patient", compartments);
        Assert.Empty(await Refused(compartments.Select(c => ("GET", $"/fhir/{c}/none/*"))));
        var whole = (await _house.As(null).Get("/fhir/metadata")).Json;
        foreach (var format in Texts(whole["format"])) Assert.Equal(200, (await _house.As(null).Get($"/fhir/metadata?_format={Uri.EscapeDataString(format)}")).Code);
        var id = await _house.As("dr.jansen").NewPatient();
        foreach (var format in Texts(whole["patchFormat"])) Assert.NotEqual(415, (await _house.As("dr.jansen").SendBytes("PATCH", $"/fhir/Patient/{id}", "[]"u8.ToArray(), format)).Code);
        Assert.Equal(415, (await _house.As("dr.jansen").SendBytes("PATCH", $"/fhir/Patient/{id}", "[]"u8.ToArray(), "application/merge-patch+json")).Code);
    }

    [Fact]
    public async Task UpdateCreate_is_not_promised_to_those_who_may_not()
    {
        Assert.All(Resources, r => Assert.False((bool)r["updateCreate"]!));
        Assert.Equal(404, (await _house.As("dr.jansen").Put("/fhir/Patient/chosen", """{"resourceType":"Patient","id":"chosen"}""")).Code);
        Assert.Contains("Under an id of its own choice only who sees the whole tenant creates.", (string)_rest["documentation"]!, StringComparison.Ordinal);
    }

    [Fact]
    public void The_statement_is_as_the_snapshot_says()
    {
        var copy = _rest.DeepClone().AsObject();
        copy.Remove("resource");
        var table = copy.ToJsonString() + "\n" + string.Join('\n', Resources.Select(LineOf)) + "\n";
        var folder = Path.Combine(AppContext.BaseDirectory, "Interactions");
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "capabilities.actual.txt"), table);
        Assert.Equal(File.ReadAllText(Path.Combine(folder, "capabilities.txt")), table);
    }

    private static string LineOf(JsonNode resource)
    {
        var flags = ((string[])["versioning", "readHistory", "updateCreate", "conditionalCreate", "conditionalRead", "conditionalUpdate", "conditionalDelete"]).Select(f => resource[f]!.ToString());
        return $"{(string)resource["type"]!}: {string.Join(' ', Texts(resource["interaction"], "code"))} | {string.Join(' ', flags)} | {string.Join(' ', Texts(resource["searchParam"], "name"))} | {string.Join(' ', Texts(resource["operation"], "name"))} | {Texts(resource["searchInclude"]).Length} {Texts(resource["searchRevInclude"]).Length}";
    }
}

public sealed class CapabilityOnSqlite : CapabilityContract
{
    protected override Task<TenantDatabase?> DatabaseAsync() => Task.FromResult<TenantDatabase?>(null);
}

public sealed class CapabilityOnPostgres : CapabilityContract
{
    protected override async Task<TenantDatabase?> DatabaseAsync() => await TestDatabase.PostgresAsync();
}
