using System.Text;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Json;

namespace Fhir.Server.Core.Tests.Json;

public sealed class JsonSpliceTests
{
    [Theory]
    [InlineData("""{"resourceType":"Patient"}""", """{"resourceType":"Patient","id":"x","meta":{"versionId":"2","lastUpdated":"2026-01-02T03:04:05.678Z"}}""")]
    [InlineData("""{ "gender" : "male", "resourceType" : "Patient" }""", """{ "gender" : "male", "resourceType" : "Patient","id":"x","meta":{"versionId":"2","lastUpdated":"2026-01-02T03:04:05.678Z"} }""")]
    [InlineData("""{"id": "old-id","resourceType":"Patient","gender":"male"}""", """{"id": "x","meta":{"versionId":"2","lastUpdated":"2026-01-02T03:04:05.678Z"},"resourceType":"Patient","gender":"male"}""")]
    [InlineData("""{"resourceType":"Patient","meta":{"profile":["u"]}}""", """{"resourceType":"Patient","id":"x","meta":{"versionId":"2","lastUpdated":"2026-01-02T03:04:05.678Z","profile":["u"]}}""")]
    [InlineData("""{"resourceType":"Patient","meta":{"versionId":"77"},"id":"y"}""", """{"resourceType":"Patient","meta":{"lastUpdated":"2026-01-02T03:04:05.678Z","versionId":"2"},"id":"x"}""")]
    [InlineData("""{"resourceType":"Patient","meta":{"lastUpdated":"1999-01-01T00:00:00Z","versionId":"1"}}""", """{"resourceType":"Patient","id":"x","meta":{"lastUpdated":"2026-01-02T03:04:05.678Z","versionId":"2"}}""")]
    public void Id_and_version_are_set_and_no_other_byte_is_touched(string json, string expected) =>
        Assert.Equal(expected, Spliced(json, splice => splice.Id("x").Version("2", "2026-01-02T03:04:05.678Z")));

    [Theory]
    [InlineData("""{"resourceType":"Patient"}""", """{"resourceType":"Patient","meta":{"tag":[{"system":"s","code":"c"}]}}""")]
    [InlineData("""{"resourceType":"Patient","meta":{"tag":[{"code":"a"}]}}""", """{"resourceType":"Patient","meta":{"tag":[{"code":"a"},{"system":"s","code":"c"}]}}""")]
    [InlineData("""{"resourceType":"Patient","meta":{"tag":[{"system":"s","code":"c"}]}}""", """{"resourceType":"Patient","meta":{"tag":[{"system":"s","code":"c"}]}}""")]
    public void A_tag_is_added_once(string json, string expected) => Assert.Equal(expected, Spliced(json, splice => splice.Tag("s", "c")));

    [Theory]
    [InlineData("""{"resourceType":"Patient","id":"p"}""", """{"resourceType":"Patient","id":"p","extension":[{"url":"u","valueInteger":3}]}""")]
    [InlineData("""{"resourceType":"Patient","extension":[{"url":"a","valueCode":"b"} ]}""", """{"resourceType":"Patient","extension":[{"url":"a","valueCode":"b"},{"url":"u","valueInteger":3} ]}""")]
    public void An_extension_is_added_to_those_there_are(string json, string expected)
    {
        var extension = Element.Of("Extension");
        extension.Add("url", "u");
        extension.Add("valueInteger", "3");
        Assert.Equal(expected, Spliced(json, splice => splice.Extension(extension)));
    }

    [Fact]
    public void References_are_rewritten_in_a_resource_taken_out_of_its_bundle()
    {
        var source = Encoding.UTF8.GetBytes("""{"resourceType":"Bundle","type":"transaction","entry":[{"resource": {"resourceType":"Observation", "valueQuantity":{"value":1.00}, "subject":{"reference":"urn:uuid:1"}, "note":[{"text":"\u00e9"}]} }]}""");
        var observation = Reading.Read(source)["entry"]["resource"];
        var bytes = new JsonSplice(source, observation).Text(observation["subject"]["reference"], "Patient/\"1").Id("o").ToBytes();
        Assert.Equal("""{"resourceType":"Observation","id":"o", "valueQuantity":{"value":1.00}, "subject":{"reference":"Patient/\"1"}, "note":[{"text":"\u00e9"}]}""", Encoding.UTF8.GetString(bytes));
        Assert.Equal("Patient/\"1", Reading.Read(bytes)["subject"]["reference"].Text);
    }

    [Fact]
    public void An_element_is_replaced_by_another()
    {
        var source = Encoding.UTF8.GetBytes("""{"resourceType":"Patient","extension":[{"url":"a","valueCode":"b"},{"url":"seq","valueInteger":9}]}""");
        var root = Reading.Read(source);
        var seq = Element.Of("Extension");
        seq.Add("url", "seq");
        seq.Add("valueInteger", "1");
        var bytes = new JsonSplice(source, root).Replace(root.Each("extension").Last(), seq).ToBytes();
        Assert.Equal("""{"resourceType":"Patient","extension":[{"url":"a","valueCode":"b"},{"url":"seq","valueInteger":1}]}""", Encoding.UTF8.GetString(bytes));
    }

    [Fact]
    public void Nothing_asked_gives_the_bytes_as_they_were_without_the_byte_order_mark()
    {
        byte[] source = [0xEF, 0xBB, 0xBF, .. """ {"resourceType":"Patient", "gender" : "male" } """u8];
        Assert.Equal("""{"resourceType":"Patient", "gender" : "male" }""", Encoding.UTF8.GetString(new JsonSplice(source, Reading.Read(source)).ToBytes()));
    }

    private static string Spliced(string json, Func<JsonSplice, JsonSplice> change)
    {
        var source = Encoding.UTF8.GetBytes(json);
        var bytes = change(new JsonSplice(source, Reading.Read(source))).ToBytes();
        _ = Reading.Read(bytes);
        return Encoding.UTF8.GetString(bytes);
    }
}
