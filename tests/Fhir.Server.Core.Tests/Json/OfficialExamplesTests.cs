using System.Text.Json;
using Fhir.Server.Core.Json;

namespace Fhir.Server.Core.Tests.Json;

public sealed class OfficialExamplesTests
{
    public static IEnumerable<string> Files() => Directory.GetFiles(TestFolders.Data("r4-examples/json"), "*.json");

    [Fact]
    public void All_722_examples_are_read_and_written_back_with_the_same_values()
    {
        var files = Files().ToList();
        Assert.Equal(722, files.Count);
        Assert.All(files, file =>
        {
            var source = File.ReadAllBytes(file);
            AssertSame(source, JsonWriter.Write(Reading.Read(source)));
        });
    }

    [Fact]
    public void Each_element_of_an_example_stands_where_it_says()
    {
        Assert.All(Files(), file =>
        {
            var source = File.ReadAllBytes(file);
            Walk(Reading.Read(source), element =>
            {
                if (element.End == 0 || element.Parent is null) return;
                using var json = JsonDocument.Parse(source.AsMemory(element.Start, element.End - element.Start));
                if (element.Text is not null) Assert.Equal(element.Text, json.RootElement.ValueKind == JsonValueKind.String ? json.RootElement.GetString() : json.RootElement.GetRawText());
                else Assert.Equal(JsonValueKind.Object, json.RootElement.ValueKind);
            });
        });
    }

    private static void Walk(Core.Elements.Element element, Action<Core.Elements.Element> visit)
    {
        visit(element);
        foreach (var child in element.Children) Walk(child, visit);
    }

    private static void AssertSame(byte[] expected, byte[] actual)
    {
        using var a = JsonDocument.Parse(expected);
        using var b = JsonDocument.Parse(actual);
        Same(a.RootElement, b.RootElement, "");
    }

    // Numbers by their text; the order of properties does not count.
    private static void Same(JsonElement a, JsonElement b, string path)
    {
        Assert.True(a.ValueKind == b.ValueKind, path);
        switch (a.ValueKind)
        {
            case JsonValueKind.Object:
                Assert.Equal(a.EnumerateObject().Select(p => p.Name).Order(StringComparer.Ordinal), b.EnumerateObject().Select(p => p.Name).Order(StringComparer.Ordinal));
                foreach (var property in a.EnumerateObject()) Same(property.Value, b.GetProperty(property.Name), $"{path}.{property.Name}");
                break;
            case JsonValueKind.Array:
                Assert.True(a.GetArrayLength() == b.GetArrayLength(), path);
                for (var i = 0; i < a.GetArrayLength(); i++) Same(a[i], b[i], $"{path}[{i}]");
                break;
            case JsonValueKind.String:
                Assert.True(a.GetString() == b.GetString(), path);
                break;
            default:
                Assert.True(a.GetRawText() == b.GetRawText(), path);
                break;
        }
    }
}
