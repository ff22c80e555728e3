// https://hl7.org/fhir/R4/conceptmap-operation-translate.html
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Core.Packages;

namespace Fhir.Server.Core.Terminology.Mapping;

/// <summary>Finds what stands for a code elsewhere. The parameters may have their names of R4 or of R5; the answer has the form of the same.</summary>
internal sealed class Translation(Conformance conformance, Question question)
{
    private readonly bool _isR5 = question.Has("sourceCode") || question.Has("targetCode") || question.Has("sourceCoding") || question.Has("sourceCodeableConcept") || question.Has("targetCoding");

    public Result<Element> Run()
    {
        var isReverse = question.Flag("reverse") == true || question.Has("targetCode") || question.Has("targetCoding");
        Element[] codings = [.. Codings(isReverse)];
        if (codings.Length == 0) return new Issue(IssueKind.Invalid, "The code to translate is needed, as code and system, as coding or as codeableConcept.", "Parameters") { Code = "required" };
        if (Maps().Failed(out var issue, out var maps)) return issue;
        var wanted = isReverse ? (_isR5 ? question.Text("sourceSystem") : question.Text("targetsystem")) : question.Text("targetsystem") ?? question.Text("targetSystem");
        var mapper = new Mapper(conformance, [.. question.Each("dependency").Concat(question.Each("dependsOn"))]);
        var matches = maps.SelectMany(map => codings.SelectMany(c => mapper.Translate(map, c["system"].Text, c["code"].Text!, wanted, isReverse))).Distinct().ToList();
        return Write(matches, isReverse);
    }

    private IEnumerable<Element> Codings(bool isReverse)
    {
        var concept = question.Value("codeableConcept") is { Exists: true } old ? old : question.Value("sourceCodeableConcept");
        if (concept.Exists) return concept.Each("coding").Where(c => c["code"].Exists);
        foreach (var name in new[] { "coding", "sourceCoding", "targetCoding" }) if (question.Value(name)["code"].Exists) return [question.Value(name)];
        var (code, system) = !_isR5 ? ("code", "system") : isReverse ? ("targetCode", "targetSystem") : ("sourceCode", question.Has("sourceSystem") ? "sourceSystem" : "system");
        if (question.Text(code) is not { } text) return [];
        var coding = Element.Of("Coding");
        if (question.Text(system) is { } of) coding.Add("system", of);
        coding.Add("code", text);
        return [coding];
    }

    // The map that is named; or all that lead between the value sets that are named.
    private Result<Element[]> Maps()
    {
        if (question.Instance.Exists) return new[] { question.Instance };
        if (question.Resource("conceptMap") is { Exists: true } given) return new[] { given };
        if (question.Text("url") is { } url)
        {
            var canonical = question.Text("conceptMapVersion") is { } version ? $"{url}|{version}" : url;
            return conformance.Find("ConceptMap", canonical) is { } map ? new[] { map } : new Issue(IssueKind.NotFound, $"The concept map {canonical} is not known here.") { Code = "not-found", Rule = "not-found" };
        }
        var (source, target) = (question.Text("source") ?? question.Text("sourceScope"), question.Text("target") ?? question.Text("targetScope"));
        return conformance.All("ConceptMap").Where(m => (source is null || m["source"].Text == source) && (target is null || m["target"].Text == target)).ToArray();
    }

    private Element Write(List<Match> matches, bool isReverse)
    {
        var answer = Answer.New();
        var found = matches.Exists(m => m.Equivalence is not ("unmatched" or "disjoint" or "not-related-to"));
        answer.Put("result", "valueBoolean", found ? "true" : "false");
        if (!found) answer.Put("message", "valueString", "No mapping of this code is known here.");
        foreach (var match in matches)
        {
            var part = answer.Named("match");
            part.Put("equivalence", "valueCode", match.Equivalence);
            Coding(part, "concept", isReverse && _isR5 ? match.From : match.To);
            foreach (var product in match.Products) Product(part, product);
            if (_isR5 && isReverse) Coding(part, "source", match.To);
            part.Put(_isR5 ? "originMap" : "source", _isR5 ? "valueCanonical" : "valueUri", match.Map);
        }
        return answer;
    }

    private static void Coding(Element part, string name, Mapped mapped)
    {
        if (mapped.Code is null) return;
        var coding = part.Named(name).Add("valueCoding");
        if (mapped.System is { } system) coding.Add("system", system);
        if (mapped.Version is { } version) coding.Add("version", version);
        coding.Add("code", mapped.Code);
        if (mapped.Display is { } display) coding.Add("display", display);
    }

    private static void Product(Element match, Element product)
    {
        var part = match.Named("product");
        part.Put("element", "valueUri", product["property"].Text);
        Coding(part, "concept", new(product["system"].Text, null, product["value"].Text, product["display"].Text));
    }
}
