using Fhir.Server.Api.Blobs;
using Fhir.Server.Api.Http;
using Fhir.Server.Api.Identity;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Search;

namespace Fhir.Server.Api.Interactions;

/// <summary>One page of a search as a Bundle; entries of a batch ask for it too.</summary>
public sealed class SearchPages(ResourceSearch search, BinaryData binaries)
{
    public async Task<Result<FhirBody>> PageAsync(string? type, IReadOnlyList<KeyValuePair<string, string>> parameters, string baseUrl, bool strict, Caller caller, CancellationToken stop)
    {
        await Task.CompletedTask;
        _ = (search, binaries, baseUrl, strict, caller, stop, parameters, type);
        return new Issue(IssueKind.Unsupported, "Search comes with the next commit.");
    }
}
