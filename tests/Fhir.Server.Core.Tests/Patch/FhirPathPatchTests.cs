using System.Text;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Json;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Core.Patch;
using Fhir.Server.Core.Validation;

namespace Fhir.Server.Core.Tests.Patch;

/// <summary>What the official cases leave open.</summary>
public sealed class FhirPathPatchTests
{
    private const string Observation = """
        {"resourceType":"Observation","id":"o","contained":[{"resourceType":"Patient","id":"p","active":true}],"status":"final","code":{"text":"weight","coding":[{"code":"a"},{"code":"b"},{"code":"c"}]},
         "valueQuantity":{"value":70.500,"unit":"kg"},"referenceRange":[{"low":{"value":1.00}}],"note":[{"text":"one"}],
         "component":[{"code":{"text":"x"},"valueInteger":3},{"code":{"text":"y"},"valueString":"why","_valueString":{"id":"v"}}]}
        """;

    private static Element Read(string json)
    {
        Assert.False(JsonReader.Read(Encoding.UTF8.GetBytes(json), DefinitionSet.R4).Failed(out var issue, out var root), issue?.Text);
        return root;
    }

    private static Result<Element> Patched(string operations, string resource = Observation) =>
        FhirPathPatch.Apply(Read(resource), Read($$"""{"resourceType":"Parameters","parameter":[{{operations}}]}"""));

    private static string Operation(string type, string path, string more = "") =>
        $$"""{"name":"operation","part":[{"name":"type","valueCode":"{{type}}"},{"name":"path","valueString":"{{path}}"}{{(more == "" ? "" : "," + more)}}]}""";

    private static string Json(Result<Element> patched)
    {
        Assert.False(patched.Failed(out var issue, out var resource), $"{issue?.Text} {issue?.Where}");
        var json = Encoding.UTF8.GetString(JsonWriter.Write(resource));
        Assert.Equal(json, Encoding.UTF8.GetString(JsonWriter.Write(Read(json))));
        return json;
    }

    private static Issue Refused(Result<Element> patched, IssueKind kind)
    {
        Assert.True(patched.Failed(out var issue, out _));
        Assert.Equal(kind, issue.Kind);
        return issue;
    }

    [Fact]
    public void A_very_long_list_is_moved_quickly()
    {
        var list = $$"""{"resourceType":"Observation","id":"o","status":"final","code":{"text":"x"},"note":[{{string.Join(',', Enumerable.Range(0, 100_000).Select(i => $$"""{"text":"{{i}}"}"""))}}]}""";
        var patched = new List<Result<Element>>();
        Quick.Within(5, () => patched.Add(Patched(Operation("move", "Observation.note", """{"name":"source","valueInteger":99999},{"name":"destination","valueInteger":1}"""), list)));
        Assert.False(patched[0].Failed(out var issue, out var resource), issue?.Text);
        Assert.Equal(["0", "99999", "1"], resource.Each("note").Take(3).Select(n => n["text"].Text));
    }

    [Fact]
    public void Operations_share_what_a_patch_may_cost()
    {
        var path = "Observation.note.where(text.toChars().where($this = 'b').exists())";
        var note = $$"""{"resourceType":"Observation","id":"o","status":"final","code":{"text":"x"},"note":[{"text":"{{new string('a', 5_000)}}"}]}""";
        Assert.Null(Patched(Operation("delete", path), note).Failed(out var alone, out _) ? alone : null);
        Assert.Equal("too-costly", Refused(Patched(string.Join(',', Enumerable.Repeat(Operation("delete", path), 1_000)), note), IssueKind.Invalid).Code);
    }

    [Fact]
    public void What_is_not_touched_stays_digit_by_digit()
    {
        var json = Json(Patched(Operation("replace", "Observation.status", """{"name":"value","valueCode":"amended"}""")));
        Assert.Contains("\"value\":70.500,", json, StringComparison.Ordinal);
        Assert.Equal(Encoding.UTF8.GetString(JsonWriter.Write(Read(Observation))).Replace("\"final\"", "\"amended\"", StringComparison.Ordinal), json);
    }

    [Theory]
    [InlineData("add", "Observation", """{"name":"name","valueString":"value"},{"name":"value","valueString":"x"}""", "value is there already")]
    [InlineData("add", "Observation", """{"name":"name","valueString":"nothing"},{"name":"value","valueString":"x"}""", "no element of that name")]
    [InlineData("add", "Observation.component", """{"name":"name","valueString":"interpretation"},{"name":"value","valueCodeableConcept":{"text":"x"}}""", "more than one")]
    [InlineData("add", "Observation.method", """{"name":"name","valueString":"text"},{"name":"value","valueString":"x"}""", "finds nothing")]
    [InlineData("add", "Observation", """{"name":"name","valueString":"method"},{"name":"value","valueString":"x"}""", "method cannot be a string")]
    [InlineData("add", "Observation", """{"name":"name","valueString":"component"},{"name":"value","part":[{"name":"cod","valueString":"x"}]}""", "Observation.component has no element")]
    [InlineData("add", "Observation", """{"name":"name","valueString":"component"},{"name":"value","part":[{"name":"valueInteger","valueInteger":1},{"name":"value","valueInteger":1}]}""", "value stands there twice")]
    [InlineData("add", "Observation", """{"name":"name","valueString":"issued"},{"name":"value","part":[{"name":"id","valueString":"x"}]}""", "cannot be told in parts")]
    [InlineData("add", "Observation", """{"name":"name","valueString":"component"},{"name":"value"}""", "no value for component")]
    [InlineData("replace", "Observation.component[0].value", """{"name":"value","valueAge":{"value":1}}""", "value cannot be a Age")]
    [InlineData("replace", "Observation.contained[0].active", """{"name":"value","valueString":"true"}""", "cannot be a string")]
    [InlineData("replace", "Observation.method", """{"name":"value","valueCodeableConcept":{"text":"x"}}""", "finds nothing")]
    [InlineData("replace", "Observation", """{"name":"value","valueString":"x"}""", "cannot be replaced")]
    [InlineData("replace", "Observation.id", """{"name":"value","valueId":"other"}""", "never changes the id")]
    [InlineData("replace", "Observation.component.code", """{"name":"value","valueCodeableConcept":{"text":"x"}}""", "more than one")]
    [InlineData("replace", "Observation.status | 'x'", """{"name":"value","valueCode":"x"}""", "no element of the resource")]
    [InlineData("replace", "Observation.status.length()", """{"name":"value","valueInteger":1}""", "no element of the resource")]
    [InlineData("delete", "Observation.id", "", "never changes the id")]
    [InlineData("delete", "Observation", "", "cannot be deleted")]
    [InlineData("delete", "Observation.component", "", "more than one")]
    [InlineData("insert", "Observation.component", """{"name":"index","valueInteger":3},{"name":"value","part":[{"name":"code","valueCodeableConcept":{"text":"z"}}]}""", "past the end")]
    [InlineData("insert", "Observation.component", """{"name":"index","valueInteger":-1},{"name":"value","part":[{"name":"code","valueCodeableConcept":{"text":"z"}}]}""", "past the end")]
    [InlineData("insert", "Observation.component[0]", """{"name":"index","valueInteger":0},{"name":"value","part":[{"name":"code","valueCodeableConcept":{"text":"z"}}]}""", "whole list")]
    [InlineData("insert", "Observation.component.code", """{"name":"index","valueInteger":0},{"name":"value","valueCodeableConcept":{"text":"z"}}""", "list")]
    [InlineData("insert", "Observation.status", """{"name":"index","valueInteger":0},{"name":"value","valueCode":"final"}""", "list")]
    [InlineData("move", "Observation.component", """{"name":"source","valueInteger":2},{"name":"destination","valueInteger":0}""", "source")]
    [InlineData("move", "Observation.component", """{"name":"source","valueInteger":0},{"name":"destination","valueInteger":2}""", "destination")]
    [InlineData("move", "Observation.code", """{"name":"source","valueInteger":0},{"name":"destination","valueInteger":0}""", "list")]
    public void What_cannot_be_done_is_refused(string type, string path, string more, string because) =>
        Assert.Contains(because, Refused(Patched(Operation(type, path, more)), IssueKind.Unfit).Text, StringComparison.Ordinal);

    [Theory]
    [InlineData("""{"name":"operation"}""", "type")]
    [InlineData("""{"name":"operate","part":[{"name":"type","valueCode":"add"}]}""", "named operation")]
    [InlineData("""{"name":"operation","part":[{"name":"type","valueCode":"test"},{"name":"path","valueString":"Observation"}]}""", "type says")]
    [InlineData("""{"name":"operation","part":[{"name":"type","valueCode":"delete"}]}""", "path is missing")]
    [InlineData("""{"name":"operation","part":[{"name":"type","valueCode":"delete"},{"name":"path","valueString":"Observation.status"},{"name":"path","valueString":"Observation.code"}]}""", "one part path")]
    [InlineData("""{"name":"operation","part":[{"name":"type","valueCode":"delete"},{"name":"pad","valueString":"Observation.status"}]}""", "only these parts")]
    [InlineData("""{"name":"operation","part":[{"name":"type","valueCode":"add"},{"name":"path","valueString":"Observation"},{"name":"value","valueString":"x"}]}""", "needs the part name")]
    [InlineData("""{"name":"operation","part":[{"name":"type","valueCode":"replace"},{"name":"path","valueString":"Observation.status"}]}""", "needs the part value")]
    [InlineData("""{"name":"operation","part":[{"name":"type","valueCode":"insert"},{"name":"path","valueString":"Observation.note"},{"name":"index","valueString":"last"},{"name":"value","valueString":"x"}]}""", "needs the part index")]
    [InlineData("""{"name":"operation","part":[{"name":"type","valueCode":"move"},{"name":"path","valueString":"Observation.note"},{"name":"source","valueInteger":0}]}""", "needs the part destination")]
    public void What_cannot_be_understood_is_told_with_its_place(string operation, string because)
    {
        var issue = Refused(Patched(Operation("delete", "Observation.note[0]") + "," + operation), IssueKind.Invalid);
        Assert.Contains(because, issue.Text, StringComparison.Ordinal);
        Assert.Equal("Parameters.parameter[1]", issue.Where);
    }

    [Theory]
    [InlineData("Observation.")]
    [InlineData("Observation.stattus")]
    [InlineData("Observation.nonsense()")]
    [InlineData("Observation.component.where(code.text = 'secret' and )")]
    [InlineData("Observation.descendants().where(%resource.descendants().where(%resource.descendants().where(%resource.descendants().where($this is Age).exists()).exists()).exists())")]
    public void A_wrong_path_is_told_without_its_words(string path)
    {
        var issue = Refused(Patched(Operation("delete", path)), IssueKind.Invalid);
        Assert.StartsWith("Parameters.parameter[0].part", issue.Where, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", issue.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_choice_changes_its_type()
    {
        var json = Json(Patched(Operation("replace", "Observation.value", """{"name":"value","valueString":"heavy"}""")));
        Assert.Contains("\"valueString\":\"heavy\"", json, StringComparison.Ordinal);
        Assert.DoesNotContain("valueQuantity", json, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Observation", """{"name":"name","valueString":"effective"},{"name":"value","valueDateTime":"2020-01-01"}""", "\"code\":", "\"effectiveDateTime\":\"2020-01-01\",\"valueQuantity\"")]
    [InlineData("Observation", """{"name":"name","valueString":"effectivePeriod"},{"name":"value","valuePeriod":{"start":"2020"}}""", "\"code\":", "\"effectivePeriod\":{\"start\":\"2020\"},\"valueQuantity\"")]
    [InlineData("Observation", """{"name":"name","valueString":"component"},{"name":"value","part":[{"name":"value","valueBoolean":true},{"name":"code","valueCodeableConcept":{"text":"z"}}]}""", "\"id\":\"v\"", "{\"code\":{\"text\":\"z\"},\"valueBoolean\":true}")]
    [InlineData("Observation", """{"name":"name","valueString":"referenceRange"},{"name":"value","part":[{"name":"high","valueQuantity":{"value":2.0}}]}""", "1.00", "{\"high\":{\"value\":2.0}}")]
    [InlineData("Observation.status", """{"name":"name","valueString":"extension"},{"name":"value","valueString":"x"}""", "", "")]
    [InlineData("Observation.status", """{"name":"name","valueString":"extension"},{"name":"value","part":[{"name":"url","valueUri":"http://e.example/x"},{"name":"value","valueCode":"y"}]}""", "\"status\":\"final\"", "\"_status\":{\"extension\":[{\"url\":\"http://e.example/x\",\"valueCode\":\"y\"}]}")]
    [InlineData("Observation", """{"name":"name","valueString":"contained"},{"name":"value","resource":{"resourceType":"Device","id":"d"}}""", "\"id\":\"p\"", "{\"resourceType\":\"Device\",\"id\":\"d\"}]")]
    [InlineData("Observation", """{"name":"name","valueString":"language"},{"name":"value","valueString":"nl","_valueString":{"id":"l"}}""", "\"id\":\"o\"", "\"language\":\"nl\",\"_language\":{\"id\":\"l\"},\"contained\"")]
    public void What_is_added_stands_in_the_order_of_its_type(string path, string more, string before, string added)
    {
        var patched = Patched(Operation("add", path, more));
        if (added == "") { Refused(patched, IssueKind.Unfit); return; }
        var json = Json(patched);
        Assert.Contains(added, json, StringComparison.Ordinal);
        Assert.True(json.IndexOf(before, StringComparison.Ordinal) < json.IndexOf(added, StringComparison.Ordinal), json);
    }

    [Fact]
    public void A_deleted_element_takes_its_hollow_parents_with_it()
    {
        Assert.DoesNotContain("referenceRange", Json(Patched(Operation("delete", "Observation.referenceRange[0].low.value"))), StringComparison.Ordinal);
        Assert.Contains("note", Json(Patched(Operation("delete", "Observation.note[7]"))), StringComparison.Ordinal);
    }

    [Fact]
    public void Lists_are_moved_in_place_and_primitives_keep_their_ids()
    {
        var json = Json(Patched(Operation("move", "Observation.component", """{"name":"source","valueInteger":1},{"name":"destination","valueInteger":0}""")
            + "," + Operation("move", "Observation.code.coding", """{"name":"source","valueInteger":0},{"name":"destination","valueInteger":2}""")));
        Assert.Contains("""[{"code":{"text":"y"},"valueString":"why","_valueString":{"id":"v"}},{"code":{"text":"x"},"valueInteger":3}]""", json, StringComparison.Ordinal);
        Assert.Contains("""[{"code":"b"},{"code":"c"},{"code":"a"}]""", json, StringComparison.Ordinal);
    }

    [Fact]
    public void Patches_cannot_build_what_is_too_deep_to_walk()
    {
        const string Deeper = """{"name":"name","valueString":"extension"},{"name":"value","part":[{"name":"url","valueUri":"u"},{"name":"extension","part":[{"name":"url","valueUri":"u"}]}]}""";
        var path = new StringBuilder("Observation");
        var operations = new List<string>();
        for (var i = 0; i < 40; i++)
        {
            operations.Add(Operation("add", path.ToString(), Deeper));
            path.Append(".extension[0].extension[0]");
        }
        Assert.Contains("too deep", Refused(Patched(string.Join(',', operations)), IssueKind.Unfit).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Too_many_operations_are_refused() =>
        Assert.Equal("too-costly", Refused(Patched(string.Join(',', Enumerable.Repeat(Operation("delete", "Observation.method"), 1001))), IssueKind.Invalid).Code);

    [Fact]
    public void Random_patches_of_examples_end_in_an_issue_or_a_readable_resource()
    {
        var random = new Random(20261122);
        var files = Directory.GetFiles(TestFolders.Data("fhirpath/examples"), "*.json").Order(StringComparer.Ordinal).ToArray();
        var (done, refused) = (0, 0);
        for (var round = 0; round < 3000; round++)
        {
            if (JsonReader.Read(File.ReadAllBytes(files[random.Next(files.Length)]), DefinitionSet.R4).Failed(out _, out var resource)) continue;
            var before = JsonWriter.Write(resource);
            var all = Descendants(resource).ToArray();
            var operations = string.Join(',', Enumerable.Range(0, random.Next(1, 5)).Select(_ => RandomOperation(random, all)));
            if (FhirPathPatch.Apply(resource, Read($$"""{"resourceType":"Parameters","parameter":[{{operations}}]}""")).Failed(out _, out var patched)) refused++;
            else
            {
                done++;
                Assert.DoesNotContain(StructureCheck.Check(Read(Encoding.UTF8.GetString(JsonWriter.Write(patched)))), i => i.Code == "structure");
            }
            Assert.Equal(before, JsonWriter.Write(resource));
        }
        Assert.True(done > 150 && refused > 300, $"{done} done, {refused} refused");
    }

    private static IEnumerable<Element> Descendants(Element element) => element.Children.SelectMany(c => Descendants(c).Prepend(c));

    private static string RandomOperation(Random random, Element[] all)
    {
        var (target, donor) = (all[random.Next(all.Length)], all[random.Next(all.Length)]);
        var path = random.Next(4) == 0 && target.Parent is { } parent ? $"{parent.Location}.{target.Name}" : target.Location;
        var values = new[] { """{"name":"value","valueString":"x"}""", """{"name":"value","valueInteger":3}""", """{"name":"value","valueCodeableConcept":{"text":"x"}}""", """{"name":"value","part":[{"name":"display","valueString":"x"}]}""",
            """{"name":"value","resource":{"resourceType":"Basic","id":"b"}}""", """{"name":"value","valueReference":{"reference":"#b"}}""" };
        var more = $$"""{"name":"name","valueString":"{{(random.Next(3) == 0 ? "extension" : donor.Name)}}"},{{values[random.Next(values.Length)]}},{"name":"index","valueInteger":{{random.Next(-1, 4)}}},{"name":"source","valueInteger":{{random.Next(3)}}},{"name":"destination","valueInteger":{{random.Next(3)}}}""";
        return Operation(new[] { "add", "insert", "delete", "replace", "move" }[random.Next(5)], path, more);
    }
}
