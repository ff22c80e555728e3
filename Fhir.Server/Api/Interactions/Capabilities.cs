using System.Security.Cryptography;
using Fhir.Server.Api.Http;
using Fhir.Server.Api.Identity;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Core.Terminology;
using Fhir.Server.Store.Search;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Fhir.Server.Api.Interactions;

/// <summary>capabilities: what this server does, told to anyone — https://hl7.org/fhir/R4/http.html#capabilities</summary>
public static class Capabilities
{
    public static void Map(RouteGroupBuilder fhir) => fhir.MapMethods("/metadata", Methods.GetOrHead, Tell).Asks(Right.Open);

    private static IResult Tell(HttpContext context, CapabilityStatement statement, TerminologyCapabilities terminology) => context.Request.Query["mode"].ToString() switch
    {
        "" or "full" or "normative" => Part(context, statement.For(Base.Of(context))),
        "terminology" => Part(context, terminology.Body),
        _ => Refusal.Of(new(IssueKind.Unsupported, "The mode is full, normative or terminology.", "mode")),
    };

    private static IResult Part(HttpContext context, FhirBody whole)
    {
        if (Subset.Asked(Links.Pairs(context.Request.Query)).Failed(out var issue, out var wanted)) return Refusal.Of(issue);
        return wanted.IsWhole ? whole : FhirBody.Of(Subset.Of(whole.Body, wanted.Summary, wanted.Elements), []);
    }
}

/// <summary>The CapabilityStatement, made from the tables and routes that serve it, once per address and set of the deployer's own search parameters.</summary>
public sealed class CapabilityStatement(EndpointDataSource endpoints, Vocabulary vocabulary, ParameterNumbers numbers, TimeProvider clock)
{
    private readonly DateTimeOffset _since = clock.GetUtcNow();
    private Tuple<string, string, FhirBody>? _last;   // one reference: read and written by many at once

    public FhirBody For(string baseUrl)
    {
        var definitions = numbers.Definitions;
        var own = definitions.Custom.Where(numbers.IsWhole).ToList();   // what is still being indexed does not work yet
        var names = string.Join(',', own.Select(p => p.Custom).Order());
        if (_last is var (known, with, body) && known == baseUrl && with == names) return body;
        var json = CapabilityJson.Write(baseUrl, _since, endpoints.Endpoints, vocabulary, definitions.With(own));
        var made = FhirBody.Tagged(json, $"W/\"{Convert.ToHexStringLower(SHA256.HashData(json.Span)[..8])}\"");
        _last = Tuple.Create(baseUrl, names, made);
        return made;
    }
}
