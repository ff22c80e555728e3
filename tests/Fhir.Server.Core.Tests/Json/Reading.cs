using System.Text;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Json;
using Fhir.Server.Core.Outcomes;

namespace Fhir.Server.Core.Tests.Json;

internal static class Reading
{
    public static Element Read(string json) => Read(Encoding.UTF8.GetBytes(json));

    public static Element Read(byte[] json)
    {
        if (JsonReader.Read(json, DefinitionSet.R4).Failed(out var issue, out var root)) Assert.Fail(string.Join("; ", All(issue)));
        return root;
    }

    /// <summary>The issues a text is refused with; the test fails when it is accepted.</summary>
    public static List<Issue> Refused(string json)
    {
        Assert.True(JsonReader.Read(Encoding.UTF8.GetBytes(json), DefinitionSet.R4).Failed(out var issue, out _), $"accepted: {json}");
        return All(issue);
    }

    public static List<Issue> All(Issue issue) => [issue, .. issue.Others];
}
