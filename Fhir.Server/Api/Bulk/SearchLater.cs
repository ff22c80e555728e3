using Fhir.Server.Api.Http;
using Fhir.Server.Api.Identity;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Search;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;

namespace Fhir.Server.Api.Bulk;

/// <summary>A search with Prefer: respond-async, for who may export: all that it finds as files, without pages — https://hl7.org/fhir/R4/async.html</summary>
public sealed class SearchLater(ExportStart start)
{
    private static readonly Issue ShapesPages = new(IssueKind.Unsupported, "A search that is answered later has no pages: it takes criteria only.") { Code = "not-supported" };

    /// <summary>False: the search is answered at once, as the preference allows.</summary>
    public static bool Wants(HttpContext context, Caller caller) => Prefer.Of(context.Request).Async && Export.MayExportPatients(caller.Sees);

    /// <summary>Does a parameter of that name say how a page looks?</summary>
    internal static bool IsOfPages(string name) =>
        name.Split(':')[0] is "_include" or "_revinclude" or "_count" or "_sort" or "_summary" or "_elements" or "_total" or "_page" or "_contained" or "_containedType";

    public async Task<IResult> StartAsync(string? type, IReadOnlyList<KeyValuePair<string, string>> parameters, HttpContext context, Caller caller, CancellationToken stop)
    {
        if (type is not null && !DefinitionSet.R4.IsResource(type)) return Refusal.Of(Interactions.Writing.NoSuchType);
        if (parameters.Select(p => p.Key).FirstOrDefault(IsOfPages) is { } shaping) return Refusal.Of(ShapesPages with { Where = shaping });
        if (SearchQuery.Parse(type, parameters, start.Definitions, strict: true).Failed(out var issue, out var query)) return Refusal.Of(issue);
        if (await start.NotYetAsync([query], stop) is { } notYet) return Refusal.Of(notYet);
        if (await start.IsFullAsync(caller, stop)) return Refusal.TooMany(TimeSpan.FromMinutes(10));
        var id = await start.RunAsync(query, context.Request.GetEncodedUrl(), caller, stop);
        return new Accepted(Jobs.AddressOf(id), await start.ConcernedAsync([query], caller.Sees, stop));
    }
}
