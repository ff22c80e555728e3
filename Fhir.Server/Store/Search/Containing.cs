using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Search.Criteria;

namespace Fhir.Server.Store.Search;

/// <summary>_contained and _containedType — https://hl7.org/fhir/R4/search.html#contained: whether what stands inside other resources is found, and what is told of it.</summary>
internal sealed record Containing(bool Inside, bool Themselves, bool TellsContainer)
{
    public static readonly Containing No = new(Inside: false, Themselves: true, TellsContainer: true);

    public static Result<Containing> Of(IEnumerable<KeyValuePair<string, string>> parameters)
    {
        var read = No;
        foreach (var (name, value) in parameters.Where(p => p.Value.Length > 0))
        {
            switch (name, value)
            {
                case ("_contained", "false"): read = read with { Inside = false, Themselves = true }; break;
                case ("_contained", "true"): read = read with { Inside = true, Themselves = false }; break;
                case ("_contained", "both"): read = read with { Inside = true, Themselves = true }; break;
                case ("_containedType", "container"): read = read with { TellsContainer = true }; break;
                case ("_containedType", "contained"): read = read with { TellsContainer = false }; break;
                case ("_contained", _): return new Issue(IssueKind.Invalid, "_contained is true, false or both.", name);
                case ("_containedType", _): return new Issue(IssueKind.Invalid, "_containedType is container or contained.", name);
            }
        }
        return read;
    }

    /// <summary>The conditions on the resources that are found. When it was written, and where it belongs, is asked of the container.</summary>
    public IReadOnlyList<SearchQuery.Branch> Branches(IReadOnlyList<SearchQuery.Branch> asked)
    {
        if (!Inside) return asked;
        var inside = asked.Select(branch => new SearchQuery.Branch(null,
            [new ContainedCriterion(branch.Type!, [.. branch.All.Where(c => !IsOfContainer(c))]), .. branch.All.Where(IsOfContainer)]));
        return Themselves ? [.. inside, .. asked] : [.. inside];
    }

    private static bool IsOfContainer(Criterion criterion) => criterion is LastUpdatedCriterion or CompartmentCriterion;
}
