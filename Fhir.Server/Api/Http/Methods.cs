using Microsoft.AspNetCore.Http;

namespace Fhir.Server.Api.Http;

/// <summary>HEAD goes wherever GET goes — https://hl7.org/fhir/R4/http.html#head; the server leaves out the body by itself.</summary>
public static class Methods
{
    public static readonly string[] GetOrHead = [HttpMethods.Get, HttpMethods.Head];
}
