using Fhir.Server.Core.Elements;
using Fhir.Server.Core.FhirPath;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Core.Validation.Profiles;
using Fhir.Server.Core.Validation.Rules;

namespace Fhir.Server.Core.Validation;

/// <summary>One validation: what was found so far, what was judged already, and how much work is left.</summary>
internal sealed class Judging(Schemas schemas, ValidationRequest request)
{
    private const int MostIssues = 500;
    private const int MostSteps = 4_000_000;
    private const int Deepest = 400;

    private HashSet<(Element, Schema)>? _applied;
    private Dictionary<(Element, Rule), bool>? _tried;
    private EvaluationContext? _context;
    private Targets? _targets;
    private int _steps;
    private int _depth;

    /// <summary>A reference or profile that a slice is told by is not at hand.</summary>
    public bool IsUnresolved { get; set; }
    public Findings Findings { get; private set; } = new(MostIssues);
    public Schemas Schemas => schemas;
    public ValidationRequest Request => request;
    public Targets Targets => _targets ??= new(request.Resolve);
    public EvaluationContext Context => _context ??= new()
    {
        Clock = request.Clock,
        Resolve = request.Resolve,
        MemberOf = schemas.MemberOf,
        Subsumes = schemas.Subsumes,
        ConformsTo = (element, profile) => schemas.Find(profile) is { } schema ? Conforms(element, schema) : null,
    };

    public void Root(Element resource)
    {
        if (request.Structure) StructureCheck.Check(resource, request.InTransaction, Findings);
        foreach (var profile in request.Profiles) Profile(resource, profile);
        new ResourceWalk(this).Resource(resource);
    }

    /// <summary>A resource follows a profile, or that profile cannot be used: an error where the caller asks for it, a warning where the resource names it.</summary>
    public void Profile(Element resource, string canonical, Element? from = null)
    {
        var severity = from is null ? Severity.Error : Severity.Warning;
        if (schemas.Find(canonical) is not { } schema) Add(from ?? resource, "not-found", $"The profile {canonical} is not loaded, so the resource is not judged by it.", severity);
        else if (schema.Broken is { } why) Add(from ?? resource, "processing", $"The profile {canonical} cannot be used: {why}", severity);
        else Conform(resource, schema);
    }

    /// <summary>Judges an element by a profile, once.</summary>
    public void Conform(Element element, Schema schema)
    {
        if ((_applied ??= []).Add((element, schema))) schema.Check(element, this);
    }

    /// <summary>Whether an element would pass, without a word about it. While that is being found out it counts as passing: circles of references end so.</summary>
    public bool Conforms(Element element, Rule rule)
    {
        if ((_tried ??= []).TryGetValue((element, rule), out var known)) return known;
        _tried[(element, rule)] = true;
        var (findings, applied) = (Findings, _applied);
        (Findings, _applied) = (new Findings(1), null);
        rule.Check(element, this);
        var passes = !Findings.HasErrors;
        (Findings, _applied) = (findings, applied);
        return _tried[(element, rule)] = passes;
    }

    public void Add(Element where, string code, string text, Severity severity = Severity.Error, string below = "", string? rule = null) =>
        Findings.Add(where, code, text, below, severity, rule);

    /// <summary>False when the work or the nesting goes beyond what a validation may cost. One walk through the resource costs no steps: it is as long as its text.</summary>
    public bool Deeper(int steps = 1)
    {
        if ((_steps += steps) <= MostSteps && _depth < Deepest)
        {
            _depth++;
            return true;
        }
        Findings.TooCostly();
        return false;
    }

    public void Up() => _depth--;
}
