using System.Text;
using System.Text.RegularExpressions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Core.Validation.Rules;

namespace Fhir.Server.Core.Validation.Resources;

/// <summary>A criterion in CQL names what its library defines — https://hl7.org/fhir/R4/measure.html. Only the names are read, not the logic.</summary>
internal sealed partial class MeasureCriteria : Rule
{
    public override void Check(Element element, Judging judging)
    {
        var libraries = element.Each("library").Select(l => l.Text is { } url ? judging.Schemas.Conformance.Find("Library", url) : null).OfType<Element>().ToList();
        foreach (var criteria in element.Each("group").SelectMany(Criteria).Concat(element.Each("supplementalData").Select(s => s["criteria"])))
            if (criteria["language"].Text is "text/cql" or "text/cql-identifier" && criteria["expression"].Text is { } expression) Named(criteria, expression, libraries, judging);
    }

    private static IEnumerable<Element> Criteria(Element group) =>
        group.Each("population").Concat(group.Each("stratifier")).Select(p => p["criteria"]);

    private static void Named(Element criteria, string expression, List<Element> libraries, Judging judging)
    {
        if (Qualified().Match(expression) is not { Success: true } name) return;
        var (qualifier, wanted) = (name.Groups["library"].Value, name.Groups["plain"].Value + name.Groups["quoted"].Value);
        if (libraries.Find(l => IsNamed(l, qualifier)) is not { } library) judging.Add(criteria, "not-found", "The library of the criterion is not loaded.", Severity.Warning);
        else if (Cql(library) is { } cql && !Defines(cql, wanted)) judging.Add(criteria, "not-found", "The library does not define what the criterion names.");
    }

    private static bool IsNamed(Element library, string name) =>
        library["name"].Text == name || library["url"].Text?.EndsWith("/" + name, StringComparison.Ordinal) == true;

    private static string? Cql(Element library)
    {
        var data = library.Each("content").FirstOrDefault(c => c["contentType"].Text == "text/cql")?["data"].Text;
        if (data is null) return null;
        var bytes = new byte[data.Length];
        return Convert.TryFromBase64String(data, bytes, out var length) ? Encoding.UTF8.GetString(bytes, 0, length) : null;
    }

    private static bool Defines(string cql, string wanted) =>
        Definitions().Matches(cql).Any(match => match.Groups["plain"].Value + match.Groups["quoted"].Value == wanted);

    [GeneratedRegex("""\A(?<library>[A-Za-z_][A-Za-z0-9_]*)\.(?:(?<plain>[A-Za-z_][A-Za-z0-9_]*)|"(?<quoted>[^"]+)")\z""", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 100)]
    private static partial Regex Qualified();

    [GeneratedRegex("""\bdefine\s+(?:(?:public|private)\s+)?(?:function\s+)?(?:(?<plain>[A-Za-z_][A-Za-z0-9_]*)|"(?<quoted>[^"]+)")""", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Definitions();
}
