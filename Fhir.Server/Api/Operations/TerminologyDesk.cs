using Fhir.Server.Api.Http;
using Fhir.Server.Api.Identity;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Json;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Core.Terminology;
using Fhir.Server.Core.Terminology.Wordings;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Resources;
using Fhir.Server.Store.Search;
using Microsoft.AspNetCore.Http;

namespace Fhir.Server.Api.Operations;

/// <summary>How a terminology operation answers a question.</summary>
internal delegate Result<Element> Answering(Vocabulary vocabulary, Question question);

/// <summary>
/// Takes the question of a terminology operation, and answers it from what is loaded. Definitions that users stored count too, as far as
/// the caller may see them: the one that the operation is called on, and those that it, or the question, draws from.
/// </summary>
public sealed class TerminologyDesk(Vocabulary vocabulary, ResourceStore store, ResourceSearch search, TimeProvider clock)
{
    // How many stored definitions one question may draw in.
    private const int Most = 40;
    // How many parameters, and how many codings of a concept: each may be held against each code there is.
    private const int MostParts = 1_000;

    internal async Task<IResult> AnswerAsync(HttpContext context, string type, string? id, IReadOnlyDictionary<string, string> known, Answering answering, Caller caller, CancellationToken stop)
    {
        if ((await ReadAsync(context.Request, known, stop)).Failed(out var issue, out var parameters)) return Refusal.Of(issue);
        var rids = new List<long>();
        var instance = Element.None;
        if (id is not null && (await InstanceAsync(new(type, id), caller, rids, stop)).Failed(out issue, out instance)) return Refusal.Of(issue);
        var question = new Question(parameters)
        {
            Instance = instance, At = clock.GetUtcNow(), Identifier = $"urn:uuid:{Guid.NewGuid()}", AcceptLanguage = LanguageOf(context.Request),
        };
        var stored = await StoredAsync(question.Definitions(type), caller, rids, stop);
        var all = stored.Count == 0 ? vocabulary : vocabulary.With(stored);
        return answering(all, question).Failed(out issue, out var answer) ? Refusal.Of(issue) : FhirBody.Of(JsonWriter.Write(answer), rids);
    }

    /// <summary>What is loaded, with what of these definitions is stored and the caller may see.</summary>
    public async Task<Vocabulary> VocabularyAsync(IReadOnlyList<Canonical> wanted, Caller caller, CancellationToken stop) =>
        wanted.Count > 0 && await StoredAsync(wanted, caller, [], stop) is { Count: > 0 } stored ? vocabulary.With(stored) : vocabulary;

    // A resource that is itself what is asked about may be sent as it is.
    internal static async Task<Result<Element>> ReadAsync(HttpRequest request, IReadOnlyDictionary<string, string> known, CancellationToken stop)
    {
        var parameters = Element.Of("Parameters");
        if (!HttpMethods.IsGet(request.Method) && (request.ContentLength > 0 || request.ContentType is not null))
        {
            if ((await RequestBody.ReadUncheckedAsync(request, stop)).Failed(out var issue, out var body)) return issue;
            if (Parameters.Of(body.Resource, [.. known.Keys]).Failed(out issue, out _)) return issue;
            parameters = body.Resource;
        }
        if (QueryParameters.AddTo(parameters, request.Query, known) is { } wrong) return wrong;
        var parts = parameters.Each("parameter").Sum(p => 1 + p["value"].Children.Count);
        return parts <= MostParts ? parameters : new Issue(IssueKind.Invalid, $"A question has at most {MostParts} parameters and codings.", "Parameters.parameter") { Code = "too-costly" };
    }

    private async Task<Result<Element>> InstanceAsync(ResourceKey key, Caller caller, List<long> rids, CancellationToken stop)
    {
        if ((await store.ReadAsync(key, caller.Sees, stop)).Failed(out var issue, out var version)) return issue;
        rids.Add(version.Rid);
        return JsonReader.Read(version.Body, DefinitionSet.R4);
    }

    // Breadth first: what the question names, then what that draws from.
    private async Task<List<Element>> StoredAsync(IEnumerable<Canonical> wanted, Caller caller, List<long> rids, CancellationToken stop)
    {
        var (found, asked, open) = (new List<Element>(), new HashSet<Canonical>(), new Queue<Canonical>(wanted));
        while (open.TryDequeue(out var canonical) && asked.Count < Most)
        {
            if (vocabulary.Knows(canonical) || !asked.Add(canonical)) continue;
            foreach (var version in await FindAsync(canonical, caller, stop))
            {
                if (JsonReader.Read(version.Body, DefinitionSet.R4).Failed(out _, out var resource)) continue;
                rids.Add(version.Rid);
                found.Add(resource);
                foreach (var next in Question.DrawnFrom(resource)) open.Enqueue(next);
            }
        }
        return found;
    }

    private async Task<IReadOnlyList<ResourceVersion>> FindAsync(Canonical canonical, Caller caller, CancellationToken stop)
    {
        if (!caller.Sees.Allows(canonical.Type, Permission.Search)) return [];
        if (SearchQuery.Parse(canonical.Type, [new("url", Escaped(canonical.Url)), new("_count", "10")], DefinitionSet.R4).Failed(out _, out var query)) return [];
        return (await search.SearchAsync(query, caller.Sees, stop)).Failed(out _, out var page) ? [] : page.Matches;
    }

    private static string Escaped(string url) =>
        url.Replace("\\", "\\\\", StringComparison.Ordinal).Replace(",", "\\,", StringComparison.Ordinal).Replace("$", "\\$", StringComparison.Ordinal).Replace("|", "\\|", StringComparison.Ordinal);

    // Said by the browser, not by the caller: what cannot be read is passed over.
    private static string? LanguageOf(HttpRequest request) =>
        request.Headers.AcceptLanguage.ToString() is { Length: > 0 } text && !Languages.Read(text).Failed(out _, out var languages) && languages.Tags.Count > 0 ? text : null;
}
