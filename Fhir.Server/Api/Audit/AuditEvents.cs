using System.Buffers.Binary;
using System.Collections.Immutable;
using Fhir.Server.Api.Http;
using Fhir.Server.Api.Identity;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;

namespace Fhir.Server.Api.Audit;

/// <summary>AuditEvent for those who may read the log: the privacy officer and who sees the whole tenant; a patient her own. For all others there is none.</summary>
public sealed class AuditEvents(AuditLog log, AuditPages pages, AuditSearch search, AuditViews views, AuditIds ids, Seal seal)
{
    private static readonly Issue NotFound = new(IssueKind.NotFound, "There is no such AuditEvent.");
    private static readonly Issue Whose = new(IssueKind.Invalid, "Say whose log: you may read that of several patients.", "patient");
    private static readonly Issue BadPage = new(IssueKind.Invalid, "This page is not one of yours.", "_page");

    // Events have no rows in the index of tokens: a scope with a filter opens none of them.
    private static readonly ImmutableHashSet<(int P, long V)> NoTokens = [];

    public async Task<Result<FhirBody>> ReadAsync(string id, Caller caller, CancellationToken stop)
    {
        if (!ReadsAll(caller, Permission.Read)) return await ReadOwnAsync(id, OwnOf(caller, Permission.Read), caller.Sees, stop);
        if (await log.FindAsync(id, stop) is not { } line) return NotFound;
        var view = await views.OfAsync([line], null, null, stop);
        return Body(AuditEventJson.Of(line, view), [line], view);
    }

    // A patient's ids are others than an officer's; only a posted event has the one that it was given.
    private async Task<Result<FhirBody>> ReadOwnAsync(string id, ImmutableArray<long> own, AccessContext reader, CancellationToken stop)
    {
        if (own.IsEmpty) return NotFound;
        var line = ids.Read(id) is var (isWrite, n) ? (await log.LinesAsync(isWrite, [n], new(), stop)).FirstOrDefault() : await log.FindAsync(id, stop);
        if (line is null) return NotFound;
        var view = await views.OfAsync([line], null, reader, stop);
        var hers = own.Where(self => view.Sight.Holds(line, self)).ToList();
        if (hers.Count == 0 || (view with { SeenBy = hers[0] }).IdOf(line) != id) return NotFound;
        view = view with { SeenBy = hers[0] };
        return Body(AuditEventJson.Of(line, view), [line], view);
    }

    public async Task<Result<FhirBody>> SearchAsync(IReadOnlyList<KeyValuePair<string, string>> parameters, string baseUrl, Caller caller, CancellationToken stop)
    {
        var address = $"{baseUrl}/AuditEvent";
        if (!ReadsAll(caller, Permission.Search) && OwnOf(caller, Permission.Search).IsEmpty) return BundleJson.Answer("searchset", 0, [("self", address)], []);
        if ((await search.ReadAsync(parameters, own: !ReadsAll(caller, Permission.Search), stop)).Failed(out var issue, out var asked)) return issue;
        if (Bound(asked.Question, caller).Failed(out issue, out var question)) return issue;
        var from = AuditPlace.Newest;
        if (asked.Place is { } token)
        {
            if (Place(token, caller) is not { } begin) return BadPage;
            from = begin;
        }
        var (lines, next) = await pages.PageAsync(question, from, asked.Count, stop);
        var view = await views.OfAsync(lines, question.Reader is null ? null : question.Patient, question.Reader, stop);
        var links = new List<(string, string)> { ("self", Links.Of(address, parameters)) };
        if (next is { } place) links.Add(("next", Links.Of(address, parameters.Where(p => p.Key != "_page").Append(new("_page", Token(place, caller))))));
        var entries = lines.Select(l => new BundleEntry { FullUrl = $"{address}/{view.IdOf(l)}", Resource = AuditEventJson.Of(l, view), SearchMode = "match" }).ToList();
        return Body(BundleJson.Write("searchset", null, links, entries), lines, view, question.Patient);
    }

    // The log knows nothing of patients in context: a scope for one patient does not open it.
    private static bool ReadsAll(Caller caller, Permission doing) =>
        (caller.Sees.SeesAll || caller.Sees.Role == Role.PrivacyOfficer) && caller.Sees.AllowsWhole("AuditEvent", doing);

    /// <summary>Whose log a patient or proxy reads: of those for whom the token's scopes cover it whole, and of the patient in context where it has one.</summary>
    private static ImmutableArray<long> OwnOf(Caller caller, Permission doing) => caller.Sees.Role.Kind != RoleKind.Patient || caller.Sees.Selves.IsDefaultOrEmpty ? []
        : [.. caller.Sees.Selves.Where(self => (caller.Sees.PatientContextRid is 0 || caller.Sees.PatientContextRid == self) && caller.Sees.Covers("AuditEvent", doing, self, NoTokens))];

    /// <summary>The question as this caller may ask it: another's log is as empty as that of nobody.</summary>
    private static Result<AuditQuestion> Bound(AuditQuestion question, Caller caller)
    {
        if (ReadsAll(caller, Permission.Search)) return question;
        var own = OwnOf(caller, Permission.Search);
        if (question.Patient is null && own.Length > 1) return Whose;
        return question with { Reader = caller.Sees, Patient = question.Patient is not { } asked ? own[0] : own.Contains(asked) ? asked : 0 };
    }

    // The row of this reading names the patients whose log it was, and those whom the answer names.
    private static FhirBody Body(ReadOnlyMemory<byte> json, IEnumerable<AuditLine> lines, AuditView view, long? asked = null) =>
        FhirBody.Of(json, [.. lines.SelectMany(view.PatientsOf).Concat(asked is > 0 and var patient ? [patient] : []).Distinct()]);

    private string Token(AuditPlace place, Caller caller)
    {
        var bytes = new byte[17];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, place.AtMicros);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(8), place.N);
        bytes[16] = (byte)place.Written;
        return seal.Close($"audit {caller.Sees.Who}", bytes);
    }

    private AuditPlace? Place(string token, Caller caller) => seal.Open($"audit {caller.Sees.Who}", token) is { Length: 17 } bytes
        ? new(BinaryPrimitives.ReadInt64LittleEndian(bytes), bytes[16] == 1, BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(8))) : null;
}
