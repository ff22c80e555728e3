using System.Collections.Immutable;
using System.Reflection;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;

namespace Fhir.Server.Store.Tests.Access;

/// <summary>What is kept for a caller serves her alone, and at each moment anew.</summary>
public sealed class KeptSqlTests
{
    private static readonly AccessContext Assistant = new()
    {
        Who = "Practitioner/a", Role = Role.Assistant, Scopes = Scopes.Parse("user/*.rs patient/Observation.rs"), NowMicros = 1000,
        Actor = new("PractitionerRole", "a"), ActorRid = 11, PractitionerRid = 12, OnBehalfOf = new("PractitionerRole", "b"), OnBehalfOfRid = 13,
        Organization = new("Organization", "o"), OrganizationRid = 14, Selves = [15], PatientContextRid = 16,
    };

    private static IEnumerable<PropertyInfo> Settable => typeof(AccessContext).GetProperties(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)
        .Where(p => p.CanWrite && p.Name != "Kept");

    public static TheoryData<string> Properties => [.. Settable.Select(p => p.Name)];

    [Theory]
    [MemberData(nameof(Properties))]
    public void What_is_kept_for_a_caller_serves_nobody_who_differs_from_her(string property)
    {
        var kept = Assistant.WithKeptSql();
        Asked(kept);
        var other = kept with { };
        Settable.Single(p => p.Name == property).SetValue(other, Other(property));
        var fresh = Assistant with { };
        Settable.Single(p => p.Name == property).SetValue(fresh, Other(property));
        Assert.Equal(Asked(fresh), Asked(other));
    }

    [Fact]
    public void What_is_kept_for_a_caller_does_not_serve_a_role_of_which_something_was_taken()
    {
        Role[] less = [Role.Assistant with { Grounds = Ground.Practice }, Role.Assistant with { Clearance = 1 }, Role.Assistant with { Abilities = Ability.None }];
        var kept = Assistant.WithKeptSql();
        Asked(kept);
        Assert.All(less, role => Assert.Equal(Asked(Assistant with { Role = role }), Asked(kept with { Role = role })));
    }

    [Fact]
    public void Another_moment_is_another_parameter_of_the_same_statement()
    {
        var kept = Assistant.WithKeptSql();
        var (first, later) = (Asked(kept), Asked(kept with { NowMicros = 2000, Request = "2", Network = "::1" }));
        Assert.Equal(first.Replace("1000", "2000", StringComparison.Ordinal), later);
        Assert.Contains("2000", later, StringComparison.Ordinal);
        Assert.Equal(Asked(Assistant with { NowMicros = 2000 }), later);
    }

    private static object? Other(string property) => property switch
    {
        "Role" => Role.Gp,
        "Scopes" => Scopes.Parse("user/Patient.rs"),
        "Actor" or "OnBehalfOf" or "Organization" => new ResourceKey("Patient", "x"),
        "Selves" => ImmutableArray.Create(99L),
        "Glass" => ImmutableArray.Create(new OpenGlass(17, 2000)),
        _ when Settable.Single(p => p.Name == property).PropertyType == typeof(long) => 99L,
        _ when Settable.Single(p => p.Name == property).GetValue(Assistant) is bool given => !given,
        _ => "another",
    };

    // Text and values of what the caller may see, spliced into a statement of hers and in a statement that is kept whole.
    private static string Asked(AccessContext sees) => string.Join('\n', new[]
    {
        sees.Sees("r", "Observation"), sees.Sees("r", null, Permission.Search), sees.Sees("r", "Patient", Permission.None),
        sees.Statement("whole", "Patient", () => Sql.Of($"select 1 from res r where r.fid = {Sql.Named("id", null)} and {sees.Sees("r", "Patient")}")).With("id", "p1"),
    }.Select(Written));

    private static string Written(Sql sql)
    {
        var values = new List<object?>();
        return $"{sql.Render(SqliteDialect.Only, values)} <- {string.Join(", ", values)}";
    }
}
