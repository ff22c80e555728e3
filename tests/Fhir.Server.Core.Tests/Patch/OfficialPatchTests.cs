using System.Text;
using System.Xml.Linq;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Json;
using Fhir.Server.Core.Patch;
using Fhir.Server.Core.Xml;

namespace Fhir.Server.Core.Tests.Patch;

/// <summary>The official cases of FHIRPath Patch: all of them.</summary>
public sealed class OfficialPatchTests(ITestOutputHelper output)
{
    [Fact]
    public void Every_case_gives_what_it_expects()
    {
        var cases = XDocument.Load(Path.Combine(TestFolders.Data("fhirpath/patch"), "fhir-patch-tests.xml")).Root!.Elements("case").ToList();
        var wrong = cases.Where(c => !Passes(c)).Select(c => (string)c.Attribute("name")!).ToList();
        output.WriteLine($"FHIRPath Patch: {cases.Count - wrong.Count} of {cases.Count} official cases.");
        Assert.True(cases.Count >= 33);
        Assert.Empty(wrong);
    }

    private static bool Passes(XElement test)
    {
        var (input, before) = (Read(test.Element("input")!), Json(Read(test.Element("input")!)));
        var failed = FhirPathPatch.Apply(input, Read(test.Element("diff")!)).Failed(out _, out var patched);
        Assert.Equal(before, Json(input));
        return test.Element("error") is null ? !failed && Json(patched!) == Json(Read(test.Element("output")!)) : failed;
    }

    private static Element Read(XElement holder)
    {
        var xml = Encoding.UTF8.GetBytes(holder.Elements().Single().ToString(SaveOptions.DisableFormatting));
        Assert.False(FhirXmlReader.Read(xml, DefinitionSet.R4).Failed(out var issue, out var resource), issue?.Text);
        return resource;
    }

    // Blanks between the tags of a narrative are laid out differently in the cases.
    private static string Json(Element resource)
    {
        if (resource["text"]["div"] is { Exists: true } div) return Json(Without(resource, div)) + string.Concat(XElement.Parse(div.Text!).ToString().Where(c => !char.IsWhiteSpace(c)));
        return Encoding.UTF8.GetString(JsonWriter.Write(resource));
    }

    private static Element Without(Element element, Element left)
    {
        var copy = new Element(element.Name, element.Definition, element.Text);
        foreach (var child in element.Children.Where(c => !ReferenceEquals(c, left))) copy.Add(Without(child, left));
        return copy;
    }
}
