namespace Fhir.Server.Api.Http;

/// <summary>Marks an endpoint that answers in other formats than FHIR's too: Binary, and what is no FHIR.</summary>
public sealed class AnyFormat;
