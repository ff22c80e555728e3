using System.Runtime.InteropServices;
using Fhir.Server.Api.Audit;
using Fhir.Server.Api.Http;
using Fhir.Server.Api.Identity;
using Fhir.Server.Api.Interactions;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Json;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Resources;
using Fhir.Server.Store.Search;
using Microsoft.AspNetCore.Http;

namespace Fhir.Server.Api.Operations;

/// <summary>Stores a document that was assembled: a create like any other. It is as sensitive as the most sensitive part, and about one patient: the store takes it for its subject's alone.</summary>
public sealed class DocumentKeeper(TenantDatabase database, Writing writing, ServerBases bases)
{
    private static readonly Issue OfOthers = new(IssueKind.Unfit, "What is kept as a document is about one patient; some of what this one refers to is about another.", "Composition") { Code = "business-rule" };
    private static readonly Issue OfAThread = new(IssueKind.Unfit, "What was written in a thread stays there: it is no part of a document that is kept.", "Composition") { Code = "business-rule" };
    private static readonly Issue NotOurs = new(IssueKind.Unsupported, "A document is kept by the address that this server has in its settings.", "persist") { Code = "not-supported" };

    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Keys(long Patient, long Label, Confinement Confined);

    internal async Task<IResult> KeepAsync(IReadOnlyList<ResourceVersion> parts, Element composition, Func<string?, ReadOnlyMemory<byte>> write, HttpContext context, Caller caller, CancellationToken stop)
    {
        if (!bases.Own(Base.Of(context))) return Refusal.Of(NotOurs);   // else its parts would be taken for another server's
        foreach (var part in parts)
            if (JsonReader.Read(part.Body, DefinitionSet.R4).Failed(out var broken, out var content) || (broken = Writing.ReadInPart(content)) is not null) return Refusal.Of(broken);
        var keys = await KeysAsync(parts, stop);
        if (await SubjectAsync(composition, stop) is { } subject && keys.Exists(key => key.Patient != 0 && key.Patient != subject)) return Refusal.Of(OfOthers);
        if (keys.Exists(key => key.Confined is Confinement.Thread or Confinement.Review)) return Refusal.Of(OfAThread);
        var text = write(keys.Max(key => key.Label) switch { 2 => "V", 1 => "R", _ => null });
        if (RequestBody.Parse(text).Failed(out var issue, out var body)) return Refusal.Of(issue);
        var made = Create.Prepare(new("Bundle", Write.NewId()), body, new(), HomeOrganization.Of(context.Request, caller.Sees));
        if (made.Failed(out issue, out var asked) || (await writing.CommitAsync([asked], caller, stop)).Failed(out issue, out var done)) return Refusal.Of(issue);
        var kept = done[0].Written.Version!;
        return FhirBody.Created(kept, [kept.Rid, .. parts.Select(part => part.Rid)]);
    }

    private Task<List<Keys>> KeysAsync(IReadOnlyList<ResourceVersion> parts, CancellationToken stop) =>
        database.QueryAsync(Sql.Of($"select coalesce(patient, 0), label, confined from res where {Sql.In("rid", [.. parts.Select(part => part.Rid).Distinct()])}"), r => new Keys(r.GetInt64(0), r.GetInt64(1), (Confinement)r.GetInt32(2)), stop).AsTask();

    // Null = it is about nobody in particular: then the store asks for all whom its parts are about.
    private async Task<long?> SubjectAsync(Element composition, CancellationToken stop)
    {
        if (composition["subject"]["reference"].Text is not { } text || !Reference.TryParse(text, out var reference) || reference is not { Type: "Patient", Id: { } id }) return null;
        if (reference.Form != ReferenceForm.Relative && !bases.Own(reference.Base)) return null;
        return await database.FirstAsync(Sql.Of($"select rid from res where typ = {AccessTable.Number("Patient")} and fid = {id}"), r => r.GetInt64(0), stop);
    }
}
