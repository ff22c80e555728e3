using System.Text;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.FhirPath;
using Fhir.Server.Core.Json;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Core.Packages;

namespace Fhir.Server.Core.Tests.FhirPath;

/// <summary>What the official suite leaves open.</summary>
public sealed class EvaluationTests
{
    private const string Patient = """
        {"resourceType":"Patient","id":"p","active":true,"birthDate":"1974-12","_birthDate":{"extension":[{"url":"http://e.example/known","valueBoolean":false}]},
         "name":[{"family":"Peeters","given":["An","Bé"]},{"use":"old","family":"Janssens"}],
         "deceasedDateTime":"2020-02-29T10:00:00+01:00","multipleBirthInteger":2,
         "contained":[{"resourceType":"Organization","id":"o","name":"De Linde"}],"managingOrganization":{"reference":"#o"},
         "contact":[{"name":{"family":"Maes"}}],"extension":[{"url":"http://e.example/weight","valueQuantity":{"value":70.5,"unit":"kg","system":"http://unitsofmeasure.org","code":"kg"}}]}
        """;

    private static readonly Element Root = Read(Patient);

    private static Element Read(string json)
    {
        Assert.False(JsonReader.Read(Encoding.UTF8.GetBytes(json), DefinitionSet.R4).Failed(out var issue, out var root), issue?.Text);
        return root;
    }

    private static Result<Element[]> Try(string expression, EvaluationContext? context = null) =>
        CompiledExpression.Compile(expression).Failed(out var issue, out var compiled) ? issue : compiled.Evaluate(Root, context);

    private static string Found(string expression, EvaluationContext? context = null)
    {
        Assert.False(Try(expression, context).Failed(out var issue, out var found), $"{expression}: {issue?.Text}");
        return string.Join('|', found.Select(item => item.Text ?? (item["value"].Exists ? $"{item["value"].Text} {item["unit"].Text}" : item.Type)));
    }

    [Theory]
    // paths
    [InlineData("Patient.name.family", "Peeters|Janssens")]
    [InlineData("DomainResource.id | Resource.id", "p")]
    [InlineData("Observation.id", "")]
    [InlineData("contact.name.family", "Maes")]
    [InlineData("name.given[1]", "Bé")]
    [InlineData("name.given[-1]", "")]
    [InlineData("deceased", "2020-02-29T10:00:00+01:00")]
    [InlineData("contained.name", "De Linde")]
    [InlineData("managingOrganization.resolve().name", "De Linde")]
    [InlineData("birthDate.extension('http://e.example/known').value", "false")]
    // variables
    [InlineData("contained.select(%resource.id)", "p")]
    [InlineData("%context.id = %rootResource.id", "true")]
    // scope: $this outside, $index inside
    [InlineData("name.where($index = 1).family", "Janssens")]
    [InlineData("name.select(given.select($index))", "0|1")]
    [InlineData("name.all($this.family.exists())", "true")]
    [InlineData("name.exists(given.count() = %resource.name.given.count())", "true")]
    // three-valued logic and singletons
    [InlineData("name.where(use = 'old').family", "Janssens")]
    [InlineData("name.where(use != 'old').family", "")]
    [InlineData("name.where((use = 'old').not()).family", "")]
    [InlineData("active and name.first()", "true")]
    [InlineData("(use = 'x') or active", "true")]
    // dates of unlike precision
    [InlineData("birthDate = @1974-12", "true")]
    [InlineData("birthDate = @1974-12-25", "")]
    [InlineData("birthDate < @1975-01-01", "true")]
    [InlineData("birthDate ~ @1974-12-25", "false")]
    [InlineData("deceased = @2020-02-29T09:00:00Z", "true")]
    [InlineData("deceased > @2020-02-29T09:59:59", "")]
    [InlineData("@2020-01-31 + 1 month", "2020-02-29")]
    [InlineData("@2019 + 24 months", "2021")]
    [InlineData("@2020-02-29 - 1 year", "2019-02-28")]
    [InlineData("@T23:30 + 45 minutes", "00:15")]
    [InlineData("@T23:59 - 9 seconds", "23:59")]
    [InlineData("@2019 - 11 months", "2019")]
    [InlineData("@2019 - 13 months", "2018")]
    [InlineData("@2019-03-04T10:20:30Z - 10 milliseconds", "2019-03-04T10:20:29.990Z")]
    [InlineData("@9999-12-31 + 1 day", "")]
    [InlineData("@0001-01-01 - 1 day", "")]
    [InlineData("@2020-02-29T10:00:00.5Z - 1 second", "2020-02-29T09:59:59.5Z")]
    [InlineData("birthDate + 1 month", "1975-01")]
    [InlineData("deceased.yearOf() | deceased.hourOf() | deceased.timezoneOffsetOf()", "2020|10|1")]
    [InlineData("birthDate.dayOf()", "")]
    [InlineData("deceased.dateOf() | deceased.timeOf()", "2020-02-29|10:00:00")]
    // numbers
    [InlineData("multipleBirth * 1.50", "3.00")]
    [InlineData("7 div 2 | 7 mod 2 | -7 div 2", "3|1|-3")]
    [InlineData("2147483647 + 1", "")]
    [InlineData("-2147483648 = -2147483647 - 1", "true")]
    [InlineData("5000000000L + 1", "5000000001")]
    [InlineData("1.0 = 1 and (1.00).toString() = '1.00'", "true")]
    [InlineData("(1 | 1.0 | 2).count()", "2")]
    [InlineData("(0.5).round() | (1.5).round() | (-0.5).round()", "1|2|-1")]
    [InlineData("(100).exp()", "")]
    [InlineData("0.1.log(10)", "-1")]
    [InlineData("(100.0 / 99.95).lowBoundary(2)", "1.00")]
    [InlineData("(2.45 'cm').round(1) | (2.45 'cm').floor()", "2.5 cm|2 cm")]
    // quantities
    [InlineData("extension.value = 70500 'g'", "true")]
    [InlineData("extension.value > 70 'kg'", "true")]
    [InlineData("extension.value > 70 'cm'", "")]
    [InlineData("extension.value.toQuantity('g')", "70500 g")]
    [InlineData("120 'mm[Hg]' > 15 'kPa'", "true")]
    [InlineData("5.5 'mmol/L' = 5500 'umol/L'", "true")]
    [InlineData("1 'm.s-2' = 1 'm/s2'", "true")]
    [InlineData("1 '{puff}' = 1 '1'", "true")]
    [InlineData("1 'nounit' = 1 'nounit'", "true")]
    [InlineData("1 'nounit' = 1 'otherunit'", "")]
    [InlineData("3 'kg' + 500 'g'", "3.5 kg")]
    [InlineData("37 'Cel' = 98.6 '[degF]'", "true")]
    [InlineData("37 'Cel' > 310 'K'", "true")]
    [InlineData("37 'Cel' + 1 'Cel'", "38 Cel")]
    [InlineData("37 'Cel' + 1 'K'", "")]
    [InlineData("2 'Cel' * 2 'm'", "")]
    [InlineData("7 '[pH]' ~ 100 'nmol/L'", "true")]
    [InlineData("1000 '[iU]/L' = 1 '[IU]/mL'", "true")]
    [InlineData("1 '[iU]' = 1 'U'", "")]
    [InlineData("1 '[lb_av]' = 453.59237 'g'", "true")]
    [InlineData("6 'g' / 2 days", "3 g/d")]
    [InlineData("180 'deg' = 1 '[pi].rad'", "true")]
    [InlineData("1 year = 12 months", "")]
    [InlineData("-(1 'cm')", "-1 cm")]
    // strings
    [InlineData("name.given.upper()[0]", null)]
    [InlineData("name.given.first().upper()", "AN")]
    [InlineData("'a-b-c'.lastIndexOf('-')", "3")]
    [InlineData("'ééé'.substring(1, 1)", "é")]
    [InlineData("'🔥a'.toChars().count()", "2")]
    [InlineData("'abc'.matches('b') | 'abc'.matchesFull('b')", "true|false")]
    [InlineData("'12/31/2020'.replaceMatches('(\\\\d+)/(\\\\d+)/(\\\\d+)', '$3-$1-$2')", "2020-12-31")]
    [InlineData("'a' & {} & 'b'", "ab")]
    [InlineData("'é' ~ 'É' and 'a  b' ~ 'A b'", "true")]
    // collections
    [InlineData("(1|2|3).intersect(2|3|4) | (1|2).exclude(2)", "2|3|1")]
    [InlineData("name.given.combine(name.given).distinct()", "An|Bé")]
    [InlineData("name.given.tail() | name.given.take(1) | name.skip(1).family", "Bé|An|Janssens")]
    [InlineData("(1|2|3) contains 2 and (4 in (1|2)) = false", "true")]
    [InlineData("{} in (1|2)", "")]
    [InlineData("name.repeat(given).count()", "2")]
    [InlineData("coalesce({}, name.use, 'none')", "old")]
    [InlineData("(3|1|2).sort(-$this)", "3|2|1")]
    [InlineData("(3|1|2|5|4).sort() | 9", "1|2|3|4|5|9")]
    [InlineData("(@2020-03 | @2019 | @2020 | @2020-01-05 | @2018).sort()", "2018|2019|2020-03|2020|2020-01-05")]
    [InlineData("(1 'kg' | 2 'cm' | 1 'g' | 1 'cm' | 3 'mg' | 1 'mg' | 5 'm' | 2 'kg' | 7 's' | 3 's' | 1 'mm' | 1 'm' | 1 'd' | 2 'd' | 8 'g' | 9 'g' | 7 'g').sort().count()", "17")]
    [InlineData("name.sort(use.exists()).family", null)]
    [InlineData("name.sort(family).family", "Janssens|Peeters")]
    // types
    [InlineData("active is boolean and (active is Boolean).not() and active is System.Boolean = false", "true")]
    [InlineData("deceased is dateTime and (deceased is date).not()", "true")]
    [InlineData("contained.ofType(Organization).name", "De Linde")]
    [InlineData("contained.ofType(DomainResource).name", "De Linde")]
    [InlineData("extension.value.ofType(Quantity).code", "kg")]
    [InlineData("(deceased as boolean).empty()", "true")]
    [InlineData("'2020-01-01'.toDate() is Date and '2020-13'.convertsToDate() = false", "true")]
    [InlineData("'yes'.toBoolean() and 1.0.toBoolean() and 'x'.toBoolean().empty()", "true")]
    [InlineData("name.given.first().type().name | 1.type().namespace | type().name", "string|System|Patient")]
    [InlineData("contact.type().name", "BackboneElement")]
    // aggregates
    [InlineData("(1|2|3).sum() | (1|2).avg() | (4|2|9).min() | (4|2|9).max()", "6|1.5|2|9")]
    [InlineData("(1.5|2).sum() | {}.sum() | {}.max() | ('a'|'c'|'b').max() | ('a'|'b').sum()", "3.5|c|ab")]
    [InlineData("(1 'kg' | 500 'g').sum() | (1 'kg' | 500 'g').min()", "1.5 kg|500 g")]
    [InlineData("(@2020 | @2019-01-01).max()", "2020")]
    [InlineData("(@2020 | @2020-01-01).max()", "")]
    [InlineData("(1).repeatAll(iif($this < 4, $this + 1)) | 7", "2|3|4|7")]
    [InlineData("repeatAll(contact).name.family", "Maes")]
    // variables of the expression's own
    [InlineData("defineVariable('v', 'value').select(%v)", "value")]
    [InlineData("defineVariable('n', name.first()).select(%n.given)", "An|Bé")]
    [InlineData("name.defineVariable('n', first()).select(%n.family)", "Peeters|Peeters")]
    [InlineData("name.defineVariable('n').last().select(%n.family)", "Peeters|Janssens")]
    [InlineData("name.defineVariable('n', where(use = 'old')).first().select(%n.family & '/' & family)", "Janssens/Peeters")]
    [InlineData("defineVariable('n', name.first()).where(active) | defineVariable('n', name.last()).select(%n.family)", "Patient|Janssens")]
    [InlineData("defineVariable('n', 1).select(%n) | defineVariable('n', 2).select(%n)", "1|2")]
    [InlineData("defineVariable('n', 1).where(%n = 1).name.select(defineVariable('m', given.count()).select(%n + %m))", "3|1")]
    [InlineData("'aaa'.replace(defineVariable('p', 'aaa').select(%p), defineVariable('p', 'bbb').select(%p))", "bbb")]
    // FHIR's own
    [InlineData("checkModifiers('http://e.example/other').id", "p")]
    [InlineData("id.htmlChecks()", "")]
    [InlineData("conformsTo('http://hl7.org/fhir/StructureDefinition/DomainResource')", "true")]
    public void An_expression_finds(string expression, string? expected)
    {
        if (expected is null) Assert.True(Try(expression).Failed(out _, out _), expression);
        else Assert.Equal(expected, Found(expression));
    }

    [Theory]
    [InlineData("name.single()")]
    [InlineData("true and name.given")]
    [InlineData("name.given < 'x'")]
    [InlineData("1 < 'x'")]
    [InlineData("1 + 'x'")]
    [InlineData("'a'.startsWith(1)")]
    [InlineData("1.toString().substring('x')")]
    [InlineData("'x'.abs()")]
    [InlineData("(true | 'x').allTrue()")]
    [InlineData("iif('x', 1, 2)")]
    [InlineData("'('.matches('(')")]
    [InlineData("'x'.encode('rot13')")]
    [InlineData("%nothing")]
    [InlineData("now()")]
    [InlineData("code.memberOf('http://x') or name.first().memberOf('http://x')")]
    [InlineData("(1|2) is Integer")]
    [InlineData("name as HumanName")]
    [InlineData("name[0 | 1]")]
    [InlineData("1.5.round(-1)")]
    [InlineData("@T10:00 + 1 month")]
    [InlineData("'ab'.substring(5, 'x')")]
    [InlineData("select(%n)")]
    [InlineData("defineVariable('n', 1) | defineVariable('m', 2).select(%n)")]
    [InlineData("defineVariable('n', 1).defineVariable('n', 2)")]
    [InlineData("defineVariable('resource', 1)")]
    [InlineData("defineVariable('vs-x', 1)")]
    [InlineData("name.select(defineVariable('n', 1)).select(%n)")]
    [InlineData("iif(defineVariable('n', true).select(%n), %n)")]
    [InlineData("(1 | 'x').max()")]
    [InlineData("(1 | 'x').sum()")]
    [InlineData("('a' | 'b').avg()")]
    [InlineData("slice('http://e.example/profile', 'x')")]
    [InlineData("id.subsumes(id)")]
    public void What_makes_no_sense_is_an_issue(string expression)
    {
        Assert.True(Try(expression).Failed(out var issue, out _), expression);
        Assert.DoesNotContain("Peeters", issue.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Patient.descendants().select(%resource.descendants().select(%resource.descendants().select(%resource.descendants().select(%resource.descendants()))))")]
    [InlineData("(1).repeat($this + 1)")]
    [InlineData("'abcdefghij'.toChars().combine('0123456789'.toChars()).combine('abcdefghij'.toChars()).aggregate($total + $this + $total, '')")]
    [InlineData("descendants().select(%resource.descendants().combine(%resource.descendants().combine(%resource.descendants().combine(%resource.descendants())))) ~ descendants().select(%resource.descendants().combine(%resource.descendants().combine(%resource.descendants().combine(%resource.descendants()))))")]
    [InlineData("'abcdefghij'.toChars().combine('0123456789'.toChars()).aggregate($total.replace('', $total), 'xy')")]
    [InlineData("'abcdefghij'.toChars().combine('0123456789'.toChars()).aggregate($total.replaceMatches('.', '$_$_'), 'xy')")]
    [InlineData("'abcdefghij'.toChars().combine('0123456789'.toChars()).combine('0123456789'.toChars()).aggregate($total.encode('hex'), 'x')")]
    [InlineData("(1).repeatAll($this + 1)")]
    [InlineData("(1 | 2).aggregate($total.combine($total), 1 | 2).count() + descendants().aggregate($total.combine($total), 1 | 2).count()")]
    [InlineData("'abcdefghij'.toChars().combine('0123456789'.toChars()).combine('abcdefghij'.toChars()).aggregate($total.combine($total), 1)")]
    [InlineData("(1|2|3|4|5|6|7|8|9|10).aggregate(iif($total.length() < 2000000, $total & $total & $total & $total & $total & $total & $total & $total, $total), 'xy').toChars().select($this & 'a').count()")]
    public void What_takes_too_long_is_stopped(string expression)
    {
        Quick.Within(5, () =>
        {
            _ = Try(expression).Failed(out var issue, out _);
            Assert.Equal("too-costly", issue?.Code);
        });
    }

    [Fact]
    public void A_pattern_that_never_ends_is_stopped() =>
        Assert.True(Try("'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!'.matches('^(a+)+$')").Failed(out _, out _));

    [Fact]
    public void The_context_gives_variables_the_clock_and_answers()
    {
        var traced = new List<string>();
        var context = new EvaluationContext
        {
            Clock = new FixedClock(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.FromHours(1))),
            Variables = new Dictionary<string, IReadOnlyList<Element>> { ["who"] = [.. Root.Each("name")] },
            MemberOf = (_, set) => set == "http://known" ? true : null,
            Trace = (name, items) => traced.Add($"{name}:{items.Count}"),
        };
        Assert.Equal("Peeters|Janssens", Found("%who.family", context));
        Assert.Equal("2026-01-02", Found("today()", context));
        Assert.Equal("2026-01-02T03:04:05.000+01:00", Found("now()", context));
        Assert.Equal("03:04:05.000", Found("timeOfDay()", context));
        Assert.Equal("true", Found("active.memberOf('http://known')", context));
        Assert.True(Try("active.memberOf('http://unknown')", context).Failed(out var issue, out _));
        Assert.Equal(IssueKind.Unsupported, issue.Kind);
        Assert.Equal("Peeters|Janssens", Found("name.trace('n', given).family", context));
        Assert.Equal(["n:2"], traced);
    }

    [Fact]
    public void What_only_the_world_can_answer_is_asked()
    {
        var narrative = Read("""
            {"resourceType":"Observation","status":"final","text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">x</div>"},"modifierExtension":[{"url":"http://e.example/not","valueBoolean":true}],
             "code":{"coding":[{"system":"http://s","code":"a"},{"system":"http://t","code":"b"}]},"method":{"coding":[{"system":"http://s","code":"c"}]}}
            """);
        var context = new EvaluationContext
        {
            Subsumes = (wide, narrow) => wide["system"].Text != narrow["system"].Text ? null : wide["code"].Text == "a" && narrow["code"].Text == "c",
            InSlice = (item, structure, name) => structure == "http://p" ? item["system"].Text == name : null,
            Conformance = Conformance.R4.With([Read("""{"resourceType":"StructureDefinition","url":"http://hl7.org/fhir/StructureDefinition/Observation","version":"x","name":"Observation","status":"active","kind":"resource","abstract":false,"type":"Observation","snapshot":{"element":[{"path":"Observation","short":"it"},{"path":"Observation.code","short":"what"}]}}""")]),
        };
        string Answer(string expression)
        {
            Assert.False(CompiledExpression.Compile(expression).Failed(out var issue, out var compiled), issue?.Text);
            return compiled.Evaluate(narrative, context).Failed(out issue, out var found) ? "issue" : string.Join('|', found.Select(item => item.Text ?? item.Type));
        }
        Assert.Equal("true", Answer("code.subsumes(method)"));
        Assert.Equal("true", Answer("method.coding.subsumedBy(code)"));
        Assert.Equal("", Answer("method.subsumes(code)"));   // http://t cannot be compared
        Assert.Equal("false", Answer("method.subsumes(code.coding.first())"));
        Assert.Equal("true", Answer("code.coding.last().subsumes(code.coding.last())"));
        Assert.Equal("a", Answer("code.coding.slice('http://p', 'http://s').code"));
        Assert.Equal("issue", Answer("code.coding.slice('http://q', 'http://s').code"));
        Assert.Equal("it", Answer("elementDefinition().short"));
        Assert.Equal("what", Answer("code.elementDefinition().short"));
        Assert.Equal("true", Answer("text.`div`.htmlChecks()"));
        Assert.Equal("issue", Answer("checkModifiers('http://e.example/other')"));
        Assert.Equal("final", Answer("checkModifiers('http://e.example/other', 'http://e.example/not').status"));
    }

    [Theory]
    [InlineData("name.exists()", true)]
    [InlineData("name.empty()", false)]
    [InlineData("photo.url.startsWith('http')", true)]   // nothing to judge
    [InlineData("active is Boolean", true)]              // as R4 wrote que-7
    [InlineData("contained.where((('#'+id in (%resource.descendants().reference | %resource.descendants().as(canonical) | %resource.descendants().as(uri) | %resource.descendants().as(url))) or descendants().where(reference = '#').exists()).not()).trace('unmatched', id).empty()", true)]
    [InlineData("managingOrganization.all(reference.startsWith('#').not() or (reference.substring(1).trace('url') in %rootResource.contained.id.trace('ids')))", true)]
    public void An_invariant_holds_unless_it_is_false(string expression, bool holds)
    {
        Assert.False(CompiledExpression.CompileInvariant(expression).Failed(out var issue, out var compiled), issue?.Text);
        Assert.False(compiled.Holds(Root).Failed(out issue, out var answer), issue?.Text);
        Assert.Equal(holds, answer);
    }

    [Fact]
    public void Large_collections_are_united_quickly()
    {
        var questionnaire = Read($$"""{"resourceType":"Questionnaire","status":"draft","item":[{{string.Join(',', Enumerable.Range(0, 20_000).Select(i => $$"""{"linkId":"{{i}}","type":"string"}"""))}}]}""");
        Assert.False(CompiledExpression.Compile("(item.linkId | item.linkId).count() | item.distinct().count()").Failed(out _, out var compiled));
        Quick.Within(5, () =>
        {
            Assert.False(compiled.Evaluate(questionnaire).Failed(out var issue, out var found), issue?.Text);
            Assert.Equal("20000", Assert.Single(found).Text);
        });
    }

    [Fact]
    public void Whatever_is_typed_never_throws()
    {
        string[] parts = ["name", ".", "given", "(", ")", "where(", "1", "1.5", "'a'", "@2020", "@T10", "+", "-", "*", "/", "=", "~", "<", "|", "&", " and ", " or ", " is ", " as ", "Patient", "String",
            "[", "]", "{}", "$this", "$index", "%resource", ".first()", ".resolve()", ".repeat(", ".toQuantity()", " 'mg'", " days", ".lowBoundary(", ",", "`x`", "descendants()", ".count()", " in ", ".sort(", "iif(", "%x", "\\", "\u0000", "é"];
        var random = new Random(7);
        for (var i = 0; i < 20_000; i++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(1, 9)).Select(_ => parts[random.Next(parts.Length)]));
            if (!CompiledExpression.CompileInvariant(text).Failed(out _, out var compiled)) _ = compiled.Evaluate(Root);
        }
    }

    private sealed class FixedClock(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now.ToUniversalTime();
        public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.CreateCustomTimeZone("fixed", now.Offset, "fixed", "fixed");
    }
}
