using Microsoft.AspNetCore.Http;

namespace Fhir.Server.Api.Http;

/// <summary>What a write answers with — https://hl7.org/fhir/R4/http.html#ops</summary>
public enum Return { Unsaid, Representation, Minimal, OperationOutcome }

/// <summary>The Prefer header; what it does not say has the server's default.</summary>
public readonly record struct Prefer(Return Return, bool Strict, bool Async = false)
{
    public static Prefer Of(HttpRequest request)
    {
        if (request.Headers["Prefer"] is not { Count: > 0 } header) return default;
        var wishes = header.ToString().Split([',', ';'], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var echo = wishes.Contains("return=minimal", StringComparer.OrdinalIgnoreCase) ? Return.Minimal
            : wishes.Contains("return=OperationOutcome", StringComparer.OrdinalIgnoreCase) ? Return.OperationOutcome
            : wishes.Contains("return=representation", StringComparer.OrdinalIgnoreCase) ? Return.Representation
            : Return.Unsaid;
        return new(echo, wishes.Contains("handling=strict", StringComparer.OrdinalIgnoreCase), wishes.Contains("respond-async", StringComparer.OrdinalIgnoreCase));
    }
}
