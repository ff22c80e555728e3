using Fhir.Server.Core.Elements;
using Fhir.Server.Core.FhirPath;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Core.Packages;
using Fhir.Server.Core.Terminology;
using Fhir.Server.Core.Validation.Profiles;

namespace Fhir.Server.Core.Validation;

/// <summary>
/// Judges a resource against R4 and against profiles — https://hl7.org/fhir/R4/validation.html. Definitions become rules once, when first
/// asked for, and are kept; one validator serves all threads.
/// </summary>
public sealed class Validator(Conformance conformance, Vocabulary vocabulary)
{
    private readonly Schemas _schemas = new(conformance, vocabulary);

    /// <summary>All that was found, errors and remarks, each with its place; an empty list when there is nothing to say.</summary>
    public IReadOnlyList<Issue> Validate(Element resource, ValidationRequest? request = null)
    {
        var judging = new Judging(_schemas, request ?? ValidationRequest.Default);
        judging.Root(resource);
        return judging.Findings.All;
    }

    /// <summary>The rules of a profile as text, a line each, for who wants to see what it demands beyond R4 itself; null when it is not loaded.</summary>
    public string? Outline(string canonical) => _schemas.Find(canonical) is { } schema ? Profiles.Outline.Of(schema) : null;

    /// <summary>What <c>memberOf()</c> and <c>conformsTo()</c> mean here, for expressions outside of any profile. For one thread at a time.</summary>
    public EvaluationContext Around(ValidationRequest request) => new Judging(_schemas, request).Context;
}
