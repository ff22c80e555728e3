using Fhir.Server.Api.Http;
using Fhir.Server.Core.Outcomes;
using Microsoft.AspNetCore.Http;

namespace Fhir.Server.Api.Interactions;

/// <summary>The parameters of a search by POST: those of the URL and those of the form, together.</summary>
public static class SearchForm
{
    private static readonly Issue NoForm = new(IssueKind.Invalid, "A search by POST has a form as its body: application/x-www-form-urlencoded.", "http.Content-Type");

    public static async Task<Result<List<KeyValuePair<string, string>>>> ReadAsync(HttpRequest request, CancellationToken stop)
    {
        var parameters = Links.Pairs(request.Query).ToList();
        if (request.ContentLength is 0) return parameters;
        if (!request.HasFormContentType) return request.ContentType is null && request.ContentLength is null ? parameters : NoForm;
        try
        {
            parameters.AddRange(Links.Pairs(await request.ReadFormAsync(stop)));
            return Formats.Asked(request) is null ? Refusal.WrongFormat : parameters;
        }
        catch (InvalidDataException)
        {
            return NoForm;
        }
    }
}
