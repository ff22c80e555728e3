using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Fhir.Server.Api.Http;

/// <summary>The address that our links begin with: the setting when there is one, else the one that was called, as a trusted proxy tells it.</summary>
public static class Base
{
    public static string Of(HttpContext context) =>
        context.RequestServices.GetRequiredService<ApiSettings>().BaseUrl ?? $"{context.Request.Scheme}://{context.Request.Host.Value}{context.Request.PathBase}/fhir";
}
