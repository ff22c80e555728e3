using Fhir.Server.Core.Definitions;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Search;

namespace Fhir.Server.Store.Tests.Access;

/// <summary>What each scope gives: every type, every letter, every context, in every form — and that nothing else gives anything.</summary>
public sealed class ScopeTests
{
    private const long Ann = 7, Bob = 8;
    private static readonly (Permission Permission, char Letter)[] Letters =
        [(Permission.Create, 'c'), (Permission.Read, 'r'), (Permission.Update, 'u'), (Permission.Delete, 'd'), (Permission.Search, 's')];

    private static AccessContext With(string scopes, Role role, long patient = 0) =>
        new() { Who = "x", Role = role, Scopes = Scopes.Parse(scopes), NowMicros = 1, PatientContextRid = patient };

    // Who holds the token, and which context then counts: said here once more, by hand.
    private static IEnumerable<(string Holder, string Context, bool Counts, AccessContext Sees)> Holders(string rest)
    {
        foreach (var (holder, role, self, patient, counting) in new (string, Role, long, long, string)[]
        {
            ("a person", Role.Gp, 0, 0, "user"), ("a person with a patient", Role.Gp, 0, Ann, "user patient"), ("a system", Role.PracticeSystem, 0, 0, "system"),
            ("a system with a patient", Role.PracticeSystem, 0, Ann, "system patient"), ("an officer", Role.PrivacyOfficer, 0, 0, "user"), ("a patient", Role.Patient, Ann, 0, "user patient"),
            ("a proxy", Role.Proxy, Ann, 0, "user patient"), ("nobody's proxy", Role.Proxy, 0, 0, "user"), ("the integrator", Role.Integrator, 0, 0, "system"),
        })
        {
            foreach (var context in (string[])["patient", "user", "system", "launch", "USER", ""])
                yield return (holder, context, counting.Split(' ').Contains(context), With($"{context}/{rest}", role, patient) with { Selves = self == 0 ? [] : [self] });
        }
    }

    // Every way to write a right, and what it means.
    public static TheoryData<string, string> Forms()
    {
        var forms = new TheoryData<string, string> { { "read", "rs" }, { "write", "cud" }, { "*", "cruds" } };
        for (var set = 1; set < 32; set++) forms.Add(string.Concat(Letters.Where((_, i) => (set & (1 << i)) != 0).Select(l => l.Letter)), string.Concat(Letters.Where((_, i) => (set & (1 << i)) != 0).Select(l => l.Letter)));
        foreach (var wrong in (string[])["", "sr", "dc", "rr", "crudsx", "R", "Read", "readwrite", "read,write", "cruds*", "**", "r.s", "r ", "rs?", "r?category", "r?=x", "r?category=", "r?category=a=b", "read?category=a", "r?category=a&"]) forms.Add(wrong, wrong == "r " ? "r" : "");
        return forms;
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void G7_A_scope_gives_its_letters_on_its_type_in_its_context_and_nothing_else(string form, string meaning)
    {
        foreach (var type in AccessTable.Types.Append("*"))
        {
            foreach (var (holder, context, counts, sees) in Holders($"{type}.{form}"))
            {
                foreach (var (permission, letter) in Letters)
                {
                    var given = counts && meaning.Contains(letter, StringComparison.Ordinal);
                    foreach (var asked in type == "*" ? AccessTable.Types.Take(3) : [type])
                        if (given != sees.Allows(asked, permission)) Assert.Fail($"{context}/{type}.{form} of {holder} on {asked}: {permission} should be {given}");
                    if ((given && type == "*") != sees.Allows(null, permission) || (given && context != "patient") != sees.AllowsWhole(type == "*" ? "Patient" : type, permission))
                        Assert.Fail($"{context}/{type}.{form} of {holder}: {permission} on all types, or on all rows");
                    if (type != "*" && sees.Allows(type == "Patient" ? "Observation" : "Patient", permission)) Assert.Fail($"{context}/{type}.{form} of {holder}: {permission} on another type");
                }
            }
        }
    }

    [Theory]
    [InlineData("openid fhirUser profile launch launch/patient offline_access online_access")]
    [InlineData("user/*cruds user*.cruds /*.cruds user/.cruds user/Foo.cruds user/patient.cruds user/Patient/1.r")]
    [InlineData("user/Patient.sr patient/*.cruds system/*.cruds")]
    public void What_is_no_scope_on_rows_gives_a_clinician_nothing_and_does_no_harm(string text)
    {
        Assert.DoesNotContain(AccessTable.Types, type => Enum.GetValues<Permission>().Any(p => p != Permission.None && With(text, Role.Gp).Allows(type, p)));
        Assert.True(With($"{text} user/Patient.r", Role.Gp).Allows("Patient", Permission.Read));
    }

    [Fact]
    public void Scopes_add_up_and_several_rights_need_each_of_them()
    {
        var sees = With("user/Patient.r user/*.s user/Patient.write", Role.Gp);
        Assert.True(sees.Allows("Patient", Permission.All));
        Assert.False(sees.Allows("Observation", Permission.Read | Permission.Search));
        Assert.True(sees.Allows(null, Permission.Search));
    }

    [Theory]
    [InlineData("user/Observation.rs?category=laboratory", true)]
    [InlineData("user/Observation.rs?category=http://x|laboratory&category=http://x|urgent", true)]
    [InlineData("user/Observation.rs?category=http://x|", true)]
    [InlineData("user/*.rs?category=laboratory", true)]
    [InlineData("user/Observation.rs?code=1234", false)]
    [InlineData("user/Observation.rs?category=laboratory&code=1234", false)]
    [InlineData("user/Observation.rs?category:not=laboratory", false)]
    [InlineData("user/Observation.rs?_security=N", false)]
    [InlineData("user/Observation.rs?category=a|b|c", false)]
    [InlineData("user/Observation.rs?category=laboratory,|", false)]
    [InlineData("user/Patient.rs?category=laboratory", false)]
    [InlineData("user/Observation.read?category=laboratory", false)]   // v1 knows no filters
    public void A_filter_that_is_not_known_makes_its_scope_give_nothing(string scope, bool known)
    {
        var filters = new ScopeFilters(DefinitionSet.R4, TestNumbers);
        var sees = With(scope, Role.Gp);
        Assert.False(sees.Allows("Observation", Permission.Read));   // not before it was made out
        sees = sees with { Scopes = filters.MadeOut(sees.Scopes) };
        Assert.Equal(known, sees.Allows("Observation", Permission.Read | Permission.Search));
        Assert.False(sees.AllowsWhole("Observation", Permission.Read));
        Assert.False(sees.Allows("Patient", Permission.Read));
        Assert.True((sees with { Scopes = filters.MadeOut(Scopes.Parse($"{scope} user/Observation.r")) }).AllowsWhole("Observation", Permission.Read));
    }

    [Fact]
    public void What_is_written_must_be_covered_whole_by_one_scope()
    {
        var filters = new ScopeFilters(DefinitionSet.R4, TestNumbers);
        var made = filters.MadeOut(Scopes.Parse("user/Observation.c?category=a&category=b,c"));
        var (a, b, c) = (made.Grants[0].Only[0].AnyOf[0], made.Grants[0].Only[1].AnyOf[0], made.Grants[0].Only[1].AnyOf[1]);
        var sees = With("", Role.Gp) with { Scopes = made };
        bool Covers(params (int, long)[] tokens) => sees.Covers("Observation", Permission.Create, Ann, tokens.ToHashSet());
        Assert.True(Covers(a, b) && Covers(a, c) && Covers(a, b, c));
        Assert.False(Covers(a) || Covers(b, c) || Covers());
        Assert.False(sees.Covers("Observation", Permission.Update, Ann, new HashSet<(int, long)> { a, b }));

        var hers = With("patient/*.c", Role.Gp, Ann);
        Assert.True(hers.Covers("Observation", Permission.Create, Ann, new HashSet<(int, long)>()));
        foreach (var other in (long[])[Bob, 0, -1]) Assert.False(hers.Covers("Observation", Permission.Create, other, new HashSet<(int, long)>()));
    }

    private static ParameterNumbers TestNumbers { get; } =
        new(DefinitionSet.R4, ParameterNumbers.Names(DefinitionSet.R4).Select((name, i) => KeyValuePair.Create(name, i + 1)), new byte[16]);
}
