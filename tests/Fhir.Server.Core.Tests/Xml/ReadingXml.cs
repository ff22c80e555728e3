using System.Text;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Core.Tests.Json;
using Fhir.Server.Core.Xml;

namespace Fhir.Server.Core.Tests.Xml;

internal static class ReadingXml
{
    public static Element Read(string xml) => Read(Encoding.UTF8.GetBytes(xml));

    public static Element Read(byte[] xml)
    {
        if (FhirXmlReader.Read(xml, DefinitionSet.R4).Failed(out var issue, out var root)) Assert.Fail(string.Join("; ", Reading.All(issue)));
        return root;
    }

    /// <summary>The issues a text is refused with; the test fails when it is accepted.</summary>
    public static List<Issue> Refused(string xml) => Refused(Encoding.UTF8.GetBytes(xml));

    public static List<Issue> Refused(byte[] xml)
    {
        Assert.True(FhirXmlReader.Read(xml, DefinitionSet.R4).Failed(out var issue, out _), "accepted");
        return Reading.All(issue);
    }
}
