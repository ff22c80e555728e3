using System.Text;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Json;

namespace Fhir.Server.Core.Tests.Json;

/// <summary>The traps of FHIR's JSON (https://hl7.org/fhir/R4/json.html), each by the number of the project's list.</summary>
public sealed class JsonReaderTests
{
    [Theory]
    [InlineData("1.00"), InlineData("0.10"), InlineData("1e-3"), InlineData("1.0e2"), InlineData("12345678901234567890"), InlineData("-0.0"), InlineData("1.0E+2")]
    public void T108_Decimals_come_back_as_they_were_written(string number)
    {
        var root = Reading.Read($$$"""{"resourceType":"Observation","valueQuantity":{"value":{{{number}}}}}""");
        Assert.Equal(number, root["value"]["value"].Text);
        Assert.Contains($"\"value\":{number}}}", Encoding.UTF8.GetString(JsonWriter.Write(root)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"resourceType":"Patient","birthDate":null}""", "Patient.birthDate")]
    [InlineData("""{"resourceType":"Patient","name":null}""", "Patient.name")]
    [InlineData("""{"resourceType":"Patient","name":[null]}""", "Patient.name")]
    [InlineData("""{"resourceType":"Patient","name":[{"given":["Jan",null]}]}""", "Patient.name[0].given[1]")]
    [InlineData("""{"resourceType":"Patient","name":[{"given":[null],"_given":[null]}]}""", "Patient.name[0].given[0]")]
    [InlineData("""{"resourceType":"Patient","_birthDate":null}""", "Patient.birthDate")]
    [InlineData("""{"resourceType":"Patient","name":[{"_given":[{"id":"a"},null]}]}""", "Patient.name[0].given[1]")]
    public void T110_Null_stands_only_in_aligned_arrays(string json, string where) => Assert.Equal(where, Reading.Refused(json)[0].Where);

    [Theory]
    [InlineData("""{"resourceType":"Patient","name":[]}""", "Patient.name")]
    [InlineData("""{"resourceType":"Patient","name":[{}]}""", "Patient.name[0]")]
    [InlineData("""{"resourceType":"Patient","maritalStatus":{}}""", "Patient.maritalStatus")]
    [InlineData("""{"resourceType":"Patient","name":[{"family":""}]}""", "Patient.name[0].family")]
    [InlineData("""{"resourceType":"Patient","name":[{"family":" \t\n"}]}""", "Patient.name[0].family")]
    [InlineData("""{"resourceType":"Patient","name":[{"given":[]}]}""", "Patient.name[0].given")]
    [InlineData("""{"resourceType":"Patient","_birthDate":{}}""", "Patient.birthDate")]
    [InlineData("{}", null)]
    public void T110_Empty_arrays_objects_and_strings_are_refused(string json, string? where) => Assert.Equal(where, Reading.Refused(json)[0].Where);

    [Theory]
    [InlineData("""{"resourceType":"Patient","gender":"male","gender":"male"}""")]
    [InlineData("""{"resourceType":"Patient","gender":"male","gend\u0065r":"female"}""")]
    [InlineData("""{"resourceType":"Patient","_gender":{"id":"a"},"_gender":{"id":"b"}}""")]
    [InlineData("""{"resourceType":"Patient","resourceType":"Patient"}""")]
    [InlineData("""{"resourceType":"Patient","name":[{"given":["a"],"given":["b"]}]}""")]
    public void T111_Duplicate_keys_are_refused(string json) => Assert.Contains("twice", Reading.Refused(json)[0].Text, StringComparison.Ordinal);

    [Theory]
    [InlineData("""{"resourceType":"Patient","favouriteColour":"blue"}""", "Patient.favouriteColour")]
    [InlineData("""{"resourceType":"Patient","contact":[{"gender":"male"},{"birthDate":"1970"}]}""", "Patient.contact[1].birthDate")]
    [InlineData("""{"resourceType":"Observation","value":"x"}""", "Observation.value")]
    [InlineData("""{"resourceType":"Observation","valueMoney":{"value":1}}""", "Observation.valueMoney")]
    [InlineData("""{"resourceType":"Patient","_name":[{"id":"a"}]}""", "Patient._name")]
    [InlineData("""{"resourceType":"Patient","fhir_comments":["x"]}""", "Patient.fhir_comments")]
    public void T112_Unknown_elements_are_refused_by_name(string json, string where) => Assert.Equal(where, Reading.Refused(json)[0].Where);

    [Fact]
    public void T112_A_name_that_could_be_anything_is_not_repeated()
    {
        var issue = Reading.Refused("""{"resourceType":"Patient","Jan Jansen 123456782":"x"}""")[0];
        Assert.Equal("Patient", issue.Where);
        Assert.DoesNotContain("Jansen", issue.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"resourceType":"Patient","name":{"family":"x"}}""", "Patient.name")]
    [InlineData("""{"resourceType":"Patient","gender":["male"]}""", "Patient.gender")]
    [InlineData("""{"resourceType":"Patient","active":"true"}""", "Patient.active")]
    [InlineData("""{"resourceType":"Patient","active":1}""", "Patient.active")]
    [InlineData("""{"resourceType":"Patient","birthDate":1970}""", "Patient.birthDate")]
    [InlineData("""{"resourceType":"Patient","multipleBirthInteger":"2"}""", "Patient.multipleBirth")]
    [InlineData("""{"resourceType":"Patient","name":["Jan"]}""", "Patient.name")]
    [InlineData("""{"resourceType":"Patient","name":[{"given":[["Jan"]]}]}""", "Patient.name[0].given")]
    [InlineData("""{"resourceType":"Patient","_birthDate":[{"id":"a"}]}""", "Patient.birthDate")]
    [InlineData("""{"resourceType":"Patient","contained":["x"]}""", "Patient.contained")]
    public void The_wrong_JSON_kind_is_refused(string json, string where) => Assert.Equal(where, Reading.Refused(json)[0].Where);

    [Fact]
    public void T113_Primitive_extensions_are_merged_with_their_values()
    {
        const string Json = """{"resourceType":"Patient","_birthDate":{"extension":[{"url":"http://a","valueCode":"unknown"}]},"name":[{"given":[null,"Piet"],"_given":[{"id":"g0"},null],"family":"X","_family":{"id":"f"}}],"_active":{"id":"a"},"active":true}""";
        var root = Reading.Read(Json);
        Assert.Null(root["birthDate"].Text);
        Assert.Equal("unknown", root["birthDate"]["extension"]["value"].Text);
        Assert.Equal([(null, "g0"), ("Piet", null)], root["name"].Each("given").Select(g => (g.Text, g["id"].Text)));
        Assert.Equal(("X", "f"), (root["name"]["family"].Text, root["name"]["family"]["id"].Text));
        Assert.Equal(("true", "a"), (root["active"].Text, root["active"]["id"].Text));
        Assert.Equal(
            """{"resourceType":"Patient","_birthDate":{"extension":[{"url":"http://a","valueCode":"unknown"}]},"name":[{"given":[null,"Piet"],"_given":[{"id":"g0"},null],"family":"X","_family":{"id":"f"}}],"active":true,"_active":{"id":"a"}}""",
            Encoding.UTF8.GetString(JsonWriter.Write(root)));
    }

    [Theory]
    [InlineData("""{"resourceType":"Patient","name":[{"_given":[null,{"id":"x"}],"family":"F","given":["Jan","Piet"]}]}""")]
    [InlineData("""{"resourceType":"Patient","name":[{"given":["Jan","Piet"],"family":"F","_given":[null,{"id":"x"}]}]}""")]
    public void T113_Companions_find_their_values_in_either_order(string json) =>
        Assert.Equal([("Jan", null), ("Piet", "x")], Reading.Read(json)["name"].Each("given").Select(g => (g.Text, g["id"].Text)));

    [Theory]
    [InlineData("""{"resourceType":"Patient","name":[{"given":["Jan"],"_given":[{"id":"a"},{"id":"b"}]}]}""")]
    [InlineData("""{"resourceType":"Patient","name":[{"_given":[{"id":"a"}],"family":"F","given":["Jan","Piet"]}]}""")]
    [InlineData("""{"resourceType":"Patient","name":[{"given":["Jan","Piet"],"_given":[{"id":"a"}]}]}""")]
    public void T113_Values_and_companions_of_different_length_are_refused(string json) => Assert.Equal("Patient.name[0].given", Reading.Refused(json)[0].Where);

    [Fact]
    public void T118_U_0000_and_half_surrogates_are_refused_and_whole_pairs_kept()
    {
        Assert.Equal("Patient.name[0].family", Reading.Refused("""{"resourceType":"Patient","name":[{"family":"a\u0000b"}]}""")[0].Where);
        Assert.Equal("Patient.name[0].family", Reading.Refused("""{"resourceType":"Patient","name":[{"family":"a\ud83d"}]}""")[0].Where);
        Assert.Equal("Patient.name[0].family", Reading.Refused("""{"resourceType":"Patient","name":[{"family":"\udc00x"}]}""")[0].Where);
        Assert.Equal("Patient", Reading.Refused("""{"\ud800":1,"resourceType":"Patient"}""")[0].Where);
        Assert.Equal("\U0001F600e\u0301", Reading.Read("""{"resourceType":"Patient","name":[{"family":"\ud83d\ude00e\u0301"}]}""")["name"]["family"].Text);
        Assert.True(JsonReader.Read((byte[])[.. "{\"resourceType\":\"Patient\",\"id\":\""u8, 0xC3, 0x28, .. "\"}"u8], DefinitionSet.R4).Failed(out _, out _));
    }

    [Theory]
    [InlineData("""{"resourceType":"Patient","deceasedBoolean":true,"deceasedDateTime":"2020"}""")]
    [InlineData("""{"resourceType":"Patient","deceasedBoolean":true,"_deceasedDateTime":{"id":"a"}}""")]
    public void T120_A_choice_given_twice_is_refused(string json) => Assert.Equal("Patient.deceased", Assert.Single(Reading.Refused(json)).Where);

    [Fact]
    public void T120_ResourceType_may_stand_anywhere_and_a_byte_order_mark_is_tolerated()
    {
        Assert.Equal("Patient", Reading.Read("""{"contained":[{"id":"o","name":"De Linde","resourceType":"Organization"}],"gender":"male","resourceType":"Patient"}""").Type);
        var withMark = Reading.Read((byte[])[0xEF, 0xBB, 0xBF, .. """{"resourceType":"Patient","gender":"male"}"""u8]);
        Assert.Equal((3, "male"), (withMark.Start, withMark["gender"].Text));
    }

    [Theory]
    [InlineData("""{"resourceType":"Patientt"}"""), InlineData("""{"resourceType":"patient"}"""), InlineData("""{"resourceType":"DomainResource"}"""), InlineData("""{"resourceType":"HumanName"}""")]
    [InlineData("""{"resourceType":1}"""), InlineData("""{"id":"x"}"""), InlineData("[]"), InlineData("\"Patient\""), InlineData("null")]
    public void What_is_no_resource_is_refused(string json) => Assert.Single(Reading.Refused(json));

    [Theory]
    [InlineData(""), InlineData("{"), InlineData("""{"resourceType":"Patient","gender":"male" """), InlineData("""{"resourceType":"Patient"}x"""), InlineData("""{"resourceType":"Patient"}{}""")]
    [InlineData("""{"resourceType":"Patient","name":[{"family":"Jansen",}]}"""), InlineData("""{'resourceType':'Patient'}"""), InlineData("""{"resourceType":"Patient"/*c*/}""")]
    [InlineData("""{"resourceType":"Patient","gender":male}"""), InlineData("""{"resourceType":"Observation","valueQuantity":{"value":01}}""")]
    public void Malformed_JSON_is_refused_without_repeating_it(string json)
    {
        var issue = Assert.Single(Reading.Refused(json));
        Assert.DoesNotContain("male", issue.Text, StringComparison.Ordinal);
        Assert.Contains("malformed", issue.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Malformed_JSON_tells_the_place() =>
        Assert.Equal("Patient.name[1]", Reading.Refused("""{"resourceType":"Patient","name":[{"family":"a"},{"family":}]}""")[0].Where);

    [Fact]
    public void Sixty_four_levels_are_read_and_one_more_is_not()
    {
        static string Nested(int extensions) => "{\"resourceType\":\"Basic\"" + string.Concat(Enumerable.Repeat(",\"extension\":[{\"url\":\"u\"", extensions)) + string.Concat(Enumerable.Repeat("}]", extensions)) + "}";
        Assert.Equal("Basic", Reading.Read(Nested(31)).Type);
        Assert.Contains("deeper than 64", Reading.Refused(Nested(32))[0].Text, StringComparison.Ordinal);
        Assert.False(JsonReader.Read(Encoding.UTF8.GetBytes(Nested(100)), DefinitionSet.R4, maxDepth: 300).Failed(out _, out _));
    }

    [Fact]
    public void Several_issues_are_told_at_once_but_never_more_than_twenty()
    {
        var some = Reading.Refused("""{"resourceType":"Patient","a":1,"active":"yes","name":[],"gender":null}""");
        Assert.Equal(["Patient.a", "Patient.active", "Patient.name", "Patient.gender"], some.Select(i => i.Where));
        Assert.Equal(20, Reading.Refused("{\"resourceType\":\"Patient\"" + string.Concat(Enumerable.Range(0, 100).Select(i => $",\"x{i}\":{{\"y\":[1]}}")) + "}").Count);
    }

    [Fact]
    public void Choices_contained_resources_and_entries_have_the_type_they_bear()
    {
        var bundle = Reading.Read("""{"resourceType":"Bundle","type":"collection","entry":[{"resource":{"resourceType":"Observation","valueQuantity":{"value":1.0},"contained":[{"resourceType":"Patient","id":"p"}]}}]}""");
        var observation = bundle["entry"]["resource"];
        Assert.Equal("Observation", observation.Type);
        Assert.Equal(("value", "Quantity"), (observation["value"].Name, observation["value"].Type));
        Assert.Equal("Patient", observation["contained"].Type);
        Assert.Equal("Bundle.entry[0].resource.contained[0].id", observation["contained"]["id"].Location);
    }

    [Fact]
    public void A_long_array_with_companions_takes_no_quadratic_time()
    {
        var many = string.Join(',', Enumerable.Repeat("\"x\"", 100_000));
        var ids = string.Join(',', Enumerable.Repeat("{\"id\":\"i\"}", 100_000));
        Quick.Within(5, () => Assert.Equal(100_000, Reading.Read($$"""{"resourceType":"Patient","name":[{"given":[{{many}}],"_given":[{{ids}}]}]}""")["name"].Children.Count));
    }

    [Fact]
    public void Naughty_strings_come_back_as_they_were_or_are_refused_as_empty()
    {
        var file = Path.Combine(TestFolders.Data("naughty-strings"), "blns.json");
        foreach (var text in System.Text.Json.JsonSerializer.Deserialize<string[]>(File.ReadAllBytes(file))!)
        {
            var json = JsonWriter.Write(Written(text));
            if (text.Trim(' ', '\t', '\r', '\n').Length == 0) Assert.True(JsonReader.Read(json, DefinitionSet.R4).Failed(out _, out _));
            else Assert.Equal(text, Reading.Read(json)["name"]["family"].Text);
        }
    }

    private static Core.Elements.Element Written(string family)
    {
        var patient = Core.Elements.Element.Of("Patient");
        patient.Add("name").Add("family", family);
        return patient;
    }
}
