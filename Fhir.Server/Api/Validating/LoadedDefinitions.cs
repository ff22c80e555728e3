using Fhir.Server.Core.Elements;

namespace Fhir.Server.Api.Validating;

/// <summary>Conformance resources that a part of the house lays on top of R4's, in the order of registration.</summary>
public sealed record LoadedDefinitions(IReadOnlyList<Element> Resources);
