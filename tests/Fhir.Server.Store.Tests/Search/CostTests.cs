using Fhir.Server.Core.Outcomes;

namespace Fhir.Server.Store.Tests.Search;

/// <summary>A search that would cost too much is refused before it reaches the database: a conditional create runs under the commit lock.</summary>
public sealed class CostTests
{
    private static string Many(int count, Func<int, string> one, char between = ',') => string.Join(between, Enumerable.Range(0, count).Select(one));

    public static TheoryData<string> Costly => new(
        "Patient?_id=" + Many(2000, i => $"p{i}"),
        "Patient?name=" + Many(2000, i => $"n{i}"),
        "Patient?birthdate=" + Many(2000, i => $"{1000 + i}"),
        "Patient?_lastUpdated=" + Many(2000, _ => "gt2020"),
        "Observation?subject=" + Many(2000, i => $"Patient/p{i}"),
        "Patient?" + Many(600, _ => "name=a", '&'),
        "Patient?" + Many(300, _ => "_has:Observation:subject:code=a", '&'),
        "Procedure?based-on.based-on.activity-reference.based-on.based-on.code=x",
        "Patient?_sort=" + Many(200, i => i % 2 == 0 ? "birthdate" : "-name"),
        "Patient?" + Many(90, i => "name=" + Many(20, j => $"n{i}-{j}"), '&'),
        "?_type=" + string.Join(',', Fhir.Server.Core.Definitions.DefinitionSet.R4.ResourceTypes) + "&" + Many(20, _ => "_lastUpdated=gt2020", '&'));

    [Theory]
    [MemberData(nameof(Costly))]
    public void T136_What_asks_for_too_much_is_refused(string query)
    {
        Assert.True(Searching.Query(query).Failed(out var issue, out _));
        Assert.Equal((IssueKind.Unsupported, "too-costly"), (issue.Kind, issue.Code));
    }

    [Fact]
    public void What_clients_really_ask_is_not()
    {
        string[] queries =
        [
            "Patient?_id=" + Many(200, i => $"p{i}"), "Observation?subject:Patient.name=a&code=" + Many(50, i => $"c{i}"), "Observation?subject.name=a&_include=Observation:subject&_sort=-date,code-value-concept",
            "DiagnosticReport?based-on.requester.organization.name=a",
        ];
        foreach (var query in queries) Assert.False(Searching.Query(query).Failed(out var issue, out _) && issue.Code == "too-costly", query);
    }
}
