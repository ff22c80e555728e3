using System.Globalization;
using System.Numerics;
using System.Text;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Search;
using Fhir.Server.Store.Search.Types;

namespace Fhir.Server.Store.Tests.Search;

/// <summary>The values that indexes are made of.</summary>
public sealed class ValueTests
{
    [Fact]
    public void Bytes_of_decimals_are_ordered_as_the_decimals()
    {
        var random = new Random(20);
        var numbers = Enumerable.Range(0, 2000).Select(_ => RandomDecimal(random)).Concat(["0", "-0", "0.0", "1", "1.0", "10e-1", "-1", "99", "100", "-99", "-100", "0.01", "-0.01", "1e300", "-1e300", "1e-300"]).ToList();
        for (var i = 0; i < 200_000; i++)
        {
            var (a, b) = (numbers[random.Next(numbers.Count)], numbers[random.Next(numbers.Count)]);
            Assert.True(Math.Sign(Exact(a).CompareTo(Exact(b))) == Math.Sign(DecimalKey.Of(a).AsSpan().SequenceCompareTo(DecimalKey.Of(b))), $"{a} and {b}");
        }
    }

    [Fact]
    public void Just_below_and_just_above_lie_between_a_number_and_its_neighbours()
    {
        var random = new Random(21);
        for (var i = 0; i < 20_000; i++)
        {
            var text = RandomDecimal(random);
            var (key, exact) = (DecimalKey.Of(text)!, ExactDecimal.Parse(text)!.Value);
            var near = new ExactDecimal(BigInteger.Pow(10, 30) * exact.Mantissa, exact.Exponent - 30);
            var (less, more) = (DecimalKey.Of(near with { Mantissa = near.Mantissa - 1 }), DecimalKey.Of(near with { Mantissa = near.Mantissa + 1 }));
            Assert.True(Before(less, DecimalKey.Below(key)) && Before(DecimalKey.Below(key), key) && Before(key, DecimalKey.Above(key)) && Before(DecimalKey.Above(key), more), text);
            Assert.True(Before(DecimalKey.Lowest, key) && Before(key, DecimalKey.Highest), text);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("1.")]
    [InlineData(".5")]
    [InlineData("1e")]
    [InlineData("1e99999999999")]
    [InlineData("1e9999999")]
    [InlineData("--1")]
    [InlineData("1,5")]
    [InlineData("٣")]
    [InlineData("1 ")]
    public void What_is_no_decimal_has_no_bytes(string text) => Assert.Null(DecimalKey.Of(text));

    [Theory]
    [InlineData("100", "99.5", "100.5")]
    [InlineData("100.00", "99.995", "100.005")]
    [InlineData("1e2", "95", "105")]
    [InlineData("-5", "-5.5", "-4.5")]
    [InlineData("0", "-0.5", "0.5")]
    public void T88_Precision_is_half_a_unit_of_the_last_place(string text, string from, string to)
    {
        var precision = ExactDecimal.Parse(text)!.Value.Precision;
        Assert.Equal(DecimalKey.Of(from), DecimalKey.Of(precision.From));
        Assert.Equal(DecimalKey.Of(to), DecimalKey.Of(precision.To));
    }

    [Theory]
    [InlineData("Crème BRÛLÉE", "creme brulee")]
    [InlineData("ĲSSELMEER", "ijsselmeer")]
    [InlineData("Straße ﬁne Ⅷ", "strasse fine viii")]
    [InlineData("İstanbul ΣΑΣ σας", "istanbul σασ σασ")]
    [InlineData("Đặng Ё", "đang е")]
    [InlineData("한글", "한글")]
    [InlineData("漢字 😀", "漢字 😀")]
    [InlineData("\u0301", "\u0301")]
    public void Folding_takes_case_and_accents_away(string text, string folded)
    {
        Assert.Equal(Folding.Fold(folded), Folding.Fold(text));
        Assert.Equal(Folding.Fold(text), Folding.Fold(Folding.Fold(text)));
    }

    [Fact]
    public void The_hash_is_siphash_2_4()
    {
        var key = Enumerable.Range(0, 16).Select(i => (byte)i).ToArray();
        var hash = new KeyedHash(key);
        Assert.Equal(0xa129ca6149be45e5UL, hash.Of(Enumerable.Range(0, 15).Select(i => (byte)i).ToArray().AsSpan()));
        Assert.Equal(0x726fdb47dd0e0e31UL, hash.Of(ReadOnlySpan<byte>.Empty));
        Assert.NotEqual(hash.Of('b', "a", "bc"), hash.Of('b', "ab", "c"));
        Assert.NotEqual(hash.Of('c', "a"), hash.Of('s', "a"));
        Assert.Equal(hash.Of('c', new string('x', 5000)), hash.Of('c', new string('x', 5000)));
    }

    [Fact]
    public void Every_search_parameter_of_every_type_can_be_parsed()
    {
        var values = new Dictionary<SearchParameterType, string>
        {
            [SearchParameterType.String] = "x", [SearchParameterType.Token] = "s|c", [SearchParameterType.Date] = "2020", [SearchParameterType.Number] = "1",
            [SearchParameterType.Quantity] = "1||mg", [SearchParameterType.Uri] = "http://x", [SearchParameterType.Reference] = "Patient/1",
        };
        foreach (var type in DefinitionSet.R4.ResourceTypes)
        {
            foreach (var parameter in DefinitionSet.R4.SearchParameters(type).Where(p => p.Expression is not null && p.Type != SearchParameterType.Special))
            {
                var value = parameter.Type == SearchParameterType.Composite
                    ? string.Join('$', SearchCatalog.PartsOf(parameter).Select(c => values[DefinitionSet.R4.SearchParameter(type, c.Code)!.Type]))
                    : values[parameter.Type];
                if (parameter.Code == "_lastUpdated") value = "2020";
                Assert.False(SearchQuery.Parse(type, [new(parameter.Code, value)], DefinitionSet.R4, strict: true).Failed(out var issue, out _), $"{type}.{parameter.Code}: {issue?.Text}");
            }
        }
    }

    [Theory]
    [InlineData("Patient?nosuch=x")]
    [InlineData("Patient?Name=x")]
    [InlineData("Patient?_sort=nosuch")]
    public void What_is_not_understood_is_left_out_or_refused_when_strict(string query)
    {
        Assert.False(Searching.Query(query + "&name=a&_count=5").Failed(out _, out var lenient));
        Assert.Equal(["name", "_count"], lenient!.Used.Select(u => u.Key));
        Assert.True(Searching.Query(query, strict: true).Failed(out var issue, out _) && issue.Where == query[8..].Split('=')[0]);
    }

    [Theory]
    [InlineData("Patient?_text=x")]
    [InlineData("Observation?_content=x")]
    [InlineData("Observation?subject:Patient._text=x")]
    [InlineData("Patient?_filter=family eq x")]
    [InlineData("Patient?_query=x")]
    [InlineData("Location?near=42.2|-83.6|11.2|km")]
    [InlineData("?_content=x")]
    [InlineData("?_filter=x")]
    [InlineData("Patient?_list=$current-allergies")]
    public void T57_What_the_specification_names_is_refused_and_never_left_out(string query)
    {
        Assert.True(Searching.Query(query).Failed(out var issue, out _));
        Assert.Equal((IssueKind.Unsupported, query[(query.IndexOf('?', StringComparison.Ordinal) + 1)..].Split('=')[0]), (issue.Kind, issue.Where));
    }

    [Fact]
    public void To_search_contained_resources_not_is_what_is_done_anyway() => Assert.False(Searching.Query("Patient?_contained=false", strict: true).Failed(out _, out _));

    [Theory]
    [InlineData("Patient?name:nosuch=SECRET")]
    [InlineData("Patient?_list:not=SECRET")]
    [InlineData("Patient?birthdate=SECRET")]
    [InlineData("Patient?birthdate=2018-02-30SECRET")]
    [InlineData("Patient?birthdate=2018-02-30")]
    [InlineData("Patient?birthdate=2018-02-03T24:00")]
    [InlineData("Patient?birthdate:exact=2018SECRET")]
    [InlineData("Patient?identifier=a|b|c|SECRET")]
    [InlineData("Patient?identifier=|")]
    [InlineData("Patient?gender:in=SECRET")]
    [InlineData("Patient?name:missing=SECRET")]
    [InlineData("Patient?name=a\0SECRET")]
    [InlineData("Patient?_count=-1")]
    [InlineData("Patient?_count=SECRET")]
    [InlineData("Patient?_total=SECRET")]
    [InlineData("Patient?_summary=SECRET")]
    [InlineData("Patient?_sort=identifier")]
    [InlineData("Patient?_include=SECRET")]
    [InlineData("RiskAssessment?probability=SECRET")]
    [InlineData("Observation?value-quantity=1|2|3|SECRET")]
    [InlineData("Observation?code-value-quantity=SECRET")]
    [InlineData("Observation?subject:Nobody=SECRET")]
    [InlineData("Observation?_has:Patient=SECRET")]
    public void T94_A_wrong_value_is_refused_naming_the_parameter_and_never_the_value(string query)
    {
        Assert.True(Searching.Query(query).Failed(out var issue, out _));
        Assert.Equal(query[(query.IndexOf('?', StringComparison.Ordinal) + 1)..].Split('=')[0], issue.Where);
        Assert.DoesNotContain("SECRET", issue.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void T136_What_would_cost_too_much_is_refused()
    {
        foreach (var query in new[]
        {
            "Patient?_id=" + string.Join(',', Enumerable.Range(0, 501)), "Patient?name=" + new string('x', 2001),
            "Patient?" + string.Join('&', Enumerable.Range(0, 101).Select(i => $"name={i}")), "Observation?derived-from.derived-from.derived-from.derived-from.derived-from.derived-from.status=x",
        })
            Assert.True(Searching.Query(query).Failed(out var issue, out _) && issue.Code == "too-costly", query[..20]);
        Assert.False(Searching.Query("Patient?_id=" + string.Join(',', Enumerable.Range(0, 500))).Failed(out _, out _));
    }

    [Theory]
    [InlineData('\ud800')]
    [InlineData('\udc00')]
    public void Half_a_character_is_refused(char half) => Assert.True(Searching.Query($"Patient?name=a{half}b").Failed(out _, out _));

    [Fact]
    public void T63_Counts_are_capped_and_empty_values_are_nothing()
    {
        Assert.False(Searching.Query("Patient?_count=5000&name=&family=a,,b").Failed(out _, out var query));
        Assert.Equal(1000, query!.Count);
        Assert.Equal([new("_count", "1000"), new("family", "a,,b")], query.Used);
        Assert.False(Searching.Query("Patient?").Failed(out _, out query));
        Assert.Equal((50, false), (query!.Count, query.HasCriteria));
    }

    private static bool Before(byte[] a, byte[] b) => a.AsSpan().SequenceCompareTo(b) < 0;

    private static string RandomDecimal(Random random)
    {
        var text = new StringBuilder(random.Next(2) == 0 ? "-" : "");
        text.Append(random.Next(random.Next(3) switch { 0 => 10, 1 => 1000, _ => int.MaxValue }).ToString(CultureInfo.InvariantCulture));
        if (random.Next(2) == 0) text.Append('.').AppendJoin("", Enumerable.Range(0, random.Next(1, 12)).Select(_ => random.Next(4) == 0 ? random.Next(10) : 0));
        if (random.Next(4) == 0) text.Append('e').Append(random.Next(-20, 20).ToString(CultureInfo.InvariantCulture));
        return text.ToString();
    }

    // Both sides scaled to whole numbers: another way to compare than the one under test.
    private static BigInteger Exact(string text)
    {
        var parts = text.Split('e');
        var (digits, exponent) = (parts[0], parts.Length > 1 ? int.Parse(parts[1], CultureInfo.InvariantCulture) : 0);
        var point = digits.IndexOf('.', StringComparison.Ordinal);
        var decimals = point < 0 ? 0 : digits.Length - point - 1;
        return BigInteger.Parse(digits.Replace(".", "", StringComparison.Ordinal), CultureInfo.InvariantCulture) * BigInteger.Pow(10, 400 + exponent - decimals);
    }
}
