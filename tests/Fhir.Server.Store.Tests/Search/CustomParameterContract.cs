using System.Text.Json.Nodes;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Resources;
using Fhir.Server.Store.Rules;
using Fhir.Server.Store.Search;
using Fhir.Server.Store.Tests.Resources;

namespace Fhir.Server.Store.Tests.Search;

/// <summary>Search parameters that a deployer stores.</summary>
public abstract class CustomParameterContract
{
    protected abstract Task<TenantDatabase> EmptyAsync();

    private async Task<TestStore> OpenAsync() => await TestStore.OpenAsync(await EmptyAsync(), new SearchParameterRule());

    private static Write Parameter(string expression, string type = "string", string code = "eye-colour", string status = "active", string id = "sp", params string[] on) => TestStore.Put("SearchParameter", id, json =>
    {
        (json["url"], json["name"], json["description"], json["status"], json["code"], json["type"], json["expression"]) = ("http://clinic.example/eye", "Eye", "Eye", status, code, type, expression);
        json["base"] = new JsonArray([.. (on.Length == 0 ? ["Patient"] : on).Select(name => JsonValue.Create(name))]);
    });

    private const string Eyes = "Patient.extension('http://clinic.example/eye').value";

    private static Write Patient(string id, string? eyes) => TestStore.Put("Patient", id, json =>
    {
        json["gender"] = "female";
        if (eyes is not null) json["extension"] = new JsonArray(new JsonObject { ["url"] = "http://clinic.example/eye", ["valueString"] = eyes });
    });

    // As SearchPages asks: by the definitions that this node knows.
    private static async Task<Result<IReadOnlyList<string>>> AskAsync(TestStore store, string query, AccessContext? by = null)
    {
        var mark = query.IndexOf('?', StringComparison.Ordinal);
        var pairs = query[(mark + 1)..].Split('&').Select(p => p.Split('=', 2)).Select(p => KeyValuePair.Create(p[0], p[1]));
        if (SearchQuery.Parse(query[..mark], [.. pairs], store.Search.Definitions, strict: true).Failed(out var issue, out var parsed)) return issue;
        if ((await store.Search.SearchAsync(parsed, by ?? TestStore.Everyone, default)).Failed(out issue, out var page)) return issue;
        return page.Matches.Select(m => m.Key.Id).Order(StringComparer.Ordinal).ToArray();
    }

    private static async Task<string> FindAsync(TestStore store, string query, AccessContext? by = null) =>
        (await AskAsync(store, query, by)).Failed(out var issue, out var found) ? $"{issue.Kind}: {issue.Text}" : string.Join(' ', found);

    [Fact]
    public async Task A_stored_parameter_is_searched_by_after_all_that_was_there_is_indexed_and_goes_away_when_it_is_retired()
    {
        await using var store = await OpenAsync();
        for (var i = 0; i < 120; i++) await store.DoAsync(Patient($"p{i:D3}", i % 40 == 0 ? "Groen" : i == 7 ? null : "Bruin"));
        Assert.Equal("Invalid: There is no such search parameter.", await FindAsync(store, "Patient?eye-colour=groen"));
        await store.DoAsync(Parameter(Eyes));
        await store.DoAsync(Patient("new", "groenig"));
        Assert.Equal("Unavailable: This search parameter is still being indexed: 0 % is done.", await FindAsync(store, "Patient?eye-colour=groen"));
        await store.Reindexing().FillOwnAsync(TimeSpan.Zero, default);
        Assert.Equal("new p000 p040 p080", await FindAsync(store, "Patient?eye-colour=groen"));
        Assert.Equal("p007", await FindAsync(store, "Patient?eye-colour:missing=true"));
        Assert.Equal("new p000 p040 p080", await FindAsync(store, "Patient?eye-colour:missing=false&eye-colour:contains=ROEN"));
        Assert.Equal("p000", await FindAsync(store, "Patient?_sort=-eye-colour&eye-colour:exact=Groen&_id=p000,p001"));
        await store.DoAsync(Patient("p040", "Blauw"));
        Assert.Equal("new p000 p080", await FindAsync(store, "Patient?eye-colour=groen"));
        await store.DoAsync(Parameter(Eyes, status: "retired"));
        await store.DoAsync(Patient("p080", "Groen"));
        Assert.Equal("Invalid: There is no such search parameter.", await FindAsync(store, "Patient?eye-colour=groen"));
    }

    [Fact]
    public async Task Another_expression_never_answers_with_the_rows_of_the_one_before()
    {
        await using var store = await OpenAsync();
        await store.DoAsync(Parameter(Eyes));
        await store.DoAsync(Patient("p1", "Groen"));
        await store.Reindexing().FillOwnAsync(TimeSpan.Zero, default);
        Assert.Equal("p1", await FindAsync(store, "Patient?eye-colour=groen"));
        await store.DoAsync(Parameter("Patient.name.family"));
        await store.DoAsync(Patient("p2", "Groen"));
        Assert.StartsWith("Unavailable", await FindAsync(store, "Patient?eye-colour=groen"), StringComparison.Ordinal);
        await store.Reindexing().FillOwnAsync(TimeSpan.Zero, default);
        Assert.Equal("", await FindAsync(store, "Patient?eye-colour=groen"));
        await store.DoAsync(Parameter(Eyes));
        await store.Reindexing().FillOwnAsync(TimeSpan.Zero, default);
        Assert.Equal("p1 p2", await FindAsync(store, "Patient?eye-colour=groen"));
        await store.DoAsync(TestStore.Gone("SearchParameter", "sp"));
        await store.DoAsync(Patient("p3", "Groen"));
        Assert.StartsWith("Invalid", await FindAsync(store, "Patient?eye-colour=groen"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_node_that_did_not_hear_of_it_yet_indexes_by_it_all_the_same()
    {
        await using var store = await OpenAsync();
        var other = await store.OtherNodeAsync(new SearchParameterRule());
        await store.DoAsync(Parameter(Eyes));
        await store.Reindexing().FillOwnAsync(TimeSpan.Zero, default);
        await other.DoAsync(Patient("p1", "Groen"));
        Assert.Equal("p1", await FindAsync(store, "Patient?eye-colour=groen"));
        Assert.Equal("p1", await FindAsync(other, "Patient?eye-colour=groen"));
        await store.DoAsync(Parameter(Eyes, status: "retired"));
        await other.Reindexing().FillOwnAsync(TimeSpan.Zero, default);   // what each node does twice a second
        Assert.StartsWith("Invalid", await FindAsync(other, "Patient?eye-colour=groen"), StringComparison.Ordinal);
        await other.Store.DisposeAsync();
    }

    [Fact]
    public async Task A_query_that_was_read_before_the_parameter_went_away_is_refused_and_no_error()
    {
        await using var store = await OpenAsync();
        await store.DoAsync(Parameter(Eyes));
        await store.Reindexing().FillOwnAsync(TimeSpan.Zero, default);
        Assert.False(SearchQuery.Parse("Patient", [new("eye-colour", "x")], store.Search.Definitions).Failed(out _, out var query));
        await store.DoAsync(Parameter(Eyes, status: "retired"));
        await store.DoAsync(Patient("p1", null));
        Assert.True((await store.Search.SearchAsync(query!, TestStore.Everyone, default)).Failed(out var issue, out _));
        Assert.Equal(IssueKind.Unavailable, issue.Kind);
    }

    [Theory]
    [InlineData("Patient.name.family", "string", "family", "Patient", IssueKind.Conflict)]
    [InlineData("Patient.name.family", "string", "_id", "Patient", IssueKind.Invalid)]
    [InlineData("Patient.name.family", "string", "a.b", "Patient", IssueKind.Invalid)]
    [InlineData("Patient.name.", "string", "x", "Patient", IssueKind.Invalid)]
    [InlineData("Patient.descendants()", "string", "x", "Patient", IssueKind.Unsupported)]
    [InlineData("Patient.name.family.where(matches('(a+)+$'))", "string", "x", "Patient", IssueKind.Unsupported)]
    [InlineData("Patient.repeat (link)", "string", "x", "Patient", IssueKind.Unsupported)]
    [InlineData("Patient.`repeat`(link)", "string", "x", "Patient", IssueKind.Unsupported)]
    [InlineData("Patient.repeat/*x*/(link)", "string", "x", "Patient", IssueKind.Unsupported)]
    [InlineData("Patient.name", "composite", "x", "Patient", IssueKind.Unsupported)]
    [InlineData("Patient.name", "special", "x", "Patient", IssueKind.Unsupported)]
    [InlineData("name", "string", "x", "Resource", IssueKind.Unsupported)]
    [InlineData("agent.name", "string", "x", "AuditEvent", IssueKind.Unsupported)]
    public async Task One_that_cannot_be_indexed_by_is_not_stored_as_active(string expression, string type, string code, string on, IssueKind kind)
    {
        await using var store = await OpenAsync();
        Assert.Equal(kind, (await store.RefusedAsync(Parameter(expression, type, code, on: on))).Kind);
        await store.DoAsync(Parameter(expression, type, code, "draft", on: on));
    }

    [Fact]
    public async Task Two_do_not_share_a_code_on_a_type()
    {
        await using var store = await OpenAsync();
        await store.DoAsync(Parameter(Eyes, on: ["Patient", "Practitioner"]));
        Assert.Equal(IssueKind.Conflict, (await store.RefusedAsync(Parameter("Practitioner.name.family", id: "other", on: "Practitioner"))).Kind);
        await store.DoAsync(Parameter("Practitioner.name.family", id: "other", code: "surname", on: "Practitioner"));
        Assert.Equal(3, await store.CountAsync("custom_parameter"));
    }

    [Fact]
    public async Task H4_A_parameter_of_ones_own_finds_no_row_and_no_value_that_is_hidden()
    {
        await using var store = await OpenAsync();
        await store.DoAsync(Parameter(Eyes));
        await store.DoAsync(Patient("p1", "Groen"));
        await store.Reindexing().FillOwnAsync(TimeSpan.Zero, default);
        Assert.Equal("p1", await FindAsync(store, "Patient?eye-colour=groen"));
        var stranger = new AccessContext { Role = RoleTable.Of("gp"), Who = "gp", Scopes = Scopes.Parse("user/*.rs"), NowMicros = 1 };
        Assert.Equal("", await FindAsync(store, "Patient?eye-colour=groen", stranger));
        Assert.False(new AccessContext { Role = Role.CompanyDoctor, Who = "cd", Scopes = Scopes.Parse("user/*.rs"), NowMicros = 1 }.MaySearchBy("Patient", "eye-colour"));
    }

    [Fact]
    public void What_R4_defines_keeps_its_bit_whatever_is_added()
    {
        Assert.All(DefinitionSet.R4.ResourceTypes, type => Assert.InRange(DefinitionSet.R4.SearchParameters(type).Count, 1, 64));
        Assert.Equal(0, SearchCatalog.BitOf(64));
        var more = DefinitionSet.R4.With([new("aaa", SearchParameterType.String, "Observation", "Observation.status", [], [], "") { Custom = 9999 }]);
        var numbers = new ParameterNumbers(DefinitionSet.R4, ParameterNumbers.Names(DefinitionSet.R4).Select((name, i) => KeyValuePair.Create(name, i + 1)), new byte[16]);
        var (before, after) = (new SearchCatalog(DefinitionSet.R4, numbers).Of("Observation"), new SearchCatalog(more, numbers).Of("Observation"));
        Assert.All(before.Values, parameter => Assert.Equal(parameter.Bit, after[parameter.Code].Bit));
        Assert.Equal(0, after["aaa"].Bit);
    }
}

public sealed class CustomParametersOnSqlite : CustomParameterContract
{
    protected override Task<TenantDatabase> EmptyAsync() => TestDatabase.SqliteAsync();
}

public sealed class CustomParametersOnPostgres : CustomParameterContract
{
    protected override Task<TenantDatabase> EmptyAsync() => TestDatabase.PostgresAsync();
}
