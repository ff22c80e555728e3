using Fhir.Server.Store.Search;
using Fhir.Server.Api.Audit;
using Fhir.Server.Api.Blobs;
using Fhir.Server.Api.Http;
using Fhir.Server.Api.Identity;
using Fhir.Server.Api.Validating;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Resources;
using Microsoft.AspNetCore.Http;

namespace Fhir.Server.Api.Interactions;

/// <summary>A write that was committed, and what validation has to say about it.</summary>
public sealed record Done(Written Written, IReadOnlyList<Issue> Remarks);

/// <summary>What create, update and delete share: the body on the way in, the commit, and the echo on the way out.</summary>
public sealed class Writing(ResourceStore store, BinaryData binaries, WriteCheck check, CriteriaLines lines)
{
    /// <summary>The body of a write, checked, and of the type that the URL names.</summary>
    public async Task<Result<RequestBody>> BodyAsync(HttpRequest request, string type, CancellationToken stop)
    {
        if (!DefinitionSet.R4.IsResource(type)) return NoSuchType;
        if ((await RequestBody.ReadAsync(request, stop)).Failed(out var issue, out var body)) return issue;
        return await FitAsync(body, type, stop);
    }

    /// <summary>A body that was read already (of a Bundle entry): right type, and the data of a Binary put aside.</summary>
    public async Task<Result<RequestBody>> FitAsync(RequestBody body, string type, CancellationToken stop)
    {
        if (body.Resource.Type != type) return new Issue(IssueKind.Invalid, $"The body is no {type}.", "resourceType");
        if (ReadInPart(body.Resource) is { } part) return part;
        return type == "Binary" ? await binaries.PutAsideAsync(body, stop) : body;
    }

    /// <summary>An issue for what says of itself that some of it was left out.</summary>
    public static Issue? ReadInPart(Element resource) => resource["meta"].Each("tag").Any(tag => tag["code"].Text == "SUBSETTED")
        ? new Issue(IssueKind.Invalid, "A resource that was read in part cannot be written back.", $"{resource.Type}.meta.tag") { Code = "business-rule" }
        : null;

    /// <summary>The write of a Bundle's entry.</summary>
    public async Task<Result<Write>> PrepareAsync(Entry entry, ResourceKey? home, CancellationToken stop)
    {
        if (entry is { Key.Type: "AuditEvent", Method: not "POST" }) return new Issue(IssueKind.Unsupported, "An AuditEvent can be appended, and nothing else.", $"{entry.Where}.request.method");
        if (entry.Body is { } body)
        {
            if ((await FitAsync(body, entry.Key.Type, stop)).Failed(out var misfit, out body)) return Refusal.At(misfit, $"{entry.Where}.resource");
            entry.Body = body;
        }
        return entry.ToWrite(home).Failed(out var issue, out var write) ? Refusal.At(issue, entry.Where) : write;
    }

    /// <summary>Judges, then commits all writes or none.</summary>
    public async Task<Result<IReadOnlyList<Done>>> CommitAsync(IReadOnlyList<Write> writes, Caller caller, CancellationToken stop)
    {
        if (check.Judge(writes, caller.Sees).Failed(out var issue, out var remarks)) return issue;
        if ((await store.CommitAsync(writes, caller.Sees, stop)).Failed(out issue, out var written)) return issue;
        return written.Select((w, i) => new Done(w, remarks[i])).ToArray();
    }

    /// <summary>Commits one write and answers it as the caller preferred.</summary>
    public async Task<IResult> CommitAsync(HttpContext context, Caller caller, Write write, CancellationToken stop)
    {
        var failed = (await CommitAsync([write], caller, stop)).Failed(out var issue, out var all);
        if (!await IsTracedAsync(Call.Of(context), caller, write.Asked, failed ? null : all![0], stop)) return AuditFilter.Unaudited;
        return failed ? Refusal.Of(issue!) : await AnswerAsync(context, caller, all![0], stop);
    }

    /// <summary>True once the audit knows whom the criteria of a write were about; null = it was refused.</summary>
    public ValueTask<bool> IsTracedAsync(Call call, Caller caller, IEnumerable<SearchQuery> asked, Done? done, CancellationToken stop) =>
        lines.RecordAsync(call, caller, asked, inVain: done is null || done.Written.Outcome == WriteOutcome.Unchanged, stop);

    /// <summary>The answer to the one write of a request.</summary>
    public async Task<IResult> AnswerAsync(HttpContext context, Caller caller, Done done, CancellationToken stop)
    {
        Call.Of(context).Audited = IsWrite(done.Written);
        return FhirBody.Written(done.Written, await EchoAsync(done, caller, Prefer.Of(context.Request).Return, stop));
    }

    /// <summary>What goes back with a write: never more than the caller may read.</summary>
    public async Task<ReadOnlyMemory<byte>> EchoAsync(Done done, Caller caller, Return wanted, CancellationToken stop)
    {
        if (wanted == Return.OperationOutcome) return done.Remarks.Count == 0 ? OperationOutcome.AllWell : OperationOutcome.Of(done.Remarks);
        if (wanted == Return.Minimal || done.Written.Version is not { Deleted: false } version) return default;
        if (!caller.Sees.Allows(version.Key.Type, Permission.Read)) return default;
        if (!(caller.Sees.SeesAll && caller.Sees.AllowsWhole(version.Key.Type, Permission.Read)) && (await store.ReadVersionAsync(new(version.Key, version.Version.ToString(System.Globalization.CultureInfo.InvariantCulture)), AfterCommit(caller.Sees, version), stop)).Failed(out _, out version)) return default;
        return (await binaries.PutBackAsync(version, stop)).Body;
    }

    /// <summary>True when the commit wrote an audit row of its own.</summary>
    public static bool IsWrite(Written written) => written.Outcome is WriteOutcome.Created or WriteOutcome.Updated or WriteOutcome.Deleted;

    // What the commit itself opened (a thread to its sender) begins at the commit, which is later than the request.
    private static AccessContext AfterCommit(AccessContext sees, ResourceVersion version) =>
        sees with { NowMicros = Math.Max(sees.NowMicros, Micros.Of(version.LastUpdated)) };

    public static readonly Issue NoSuchType = new(IssueKind.NotFound, "FHIR R4 has no such resource type.");
}
