using Fhir.Server.Api.Blobs;
using Fhir.Server.Api.Http;
using Fhir.Server.Api.Identity;
using Fhir.Server.Api.Interactions;
using Fhir.Server.Api.Validating;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Core.Validation;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Resources;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Fhir.Server.Api.Operations;

/// <summary>
/// $validate — https://hl7.org/fhir/R4/resource-operation-validate.html. 200 whatever was found, also when what was sent is no FHIR at
/// all: it is known then that it is not valid. A 4xx means that the question could not be answered.
/// </summary>
public sealed class Validate(Validator validator, ResourceStore store, Writing writing, BinaryData binaries, TimeProvider clock)
{
    private static readonly Operation OfType = new("validate", Operation.EveryType, OperationLevel.Type, "http://hl7.org/fhir/OperationDefinition/Resource-validate");

    public static void Map(RouteGroupBuilder fhir)
    {
        var right = Right.OperationOnType(Permission.Read);
        var ofInstance = OfType with { Level = OperationLevel.Instance };
        fhir.MapOperation(OfType, right, (HttpContext context, string type, Caller caller, Validate operation, CancellationToken stop) => operation.RunAsync(context, type, null, caller, stop));
        foreach (var way in (Operation[])[ofInstance, ofInstance with { AffectsState = false }])
            fhir.MapOperation(way, right, (HttpContext context, string type, string id, Caller caller, Validate operation, CancellationToken stop) => operation.RunAsync(context, type, id, caller, stop));
    }

    private async Task<IResult> RunAsync(HttpContext context, string type, string? id, Caller caller, CancellationToken stop)
    {
        if (!DefinitionSet.R4.IsResource(type)) return Refusal.Of(Writing.NoSuchType);
        if ((await ValidateInput.ReadAsync(context.Request, type, stop)).Failed(out var issue, out var input)) return Refusal.Of(issue);
        if (input.Misuse(id) is { } misuse) return Refusal.Of(misuse);
        if (input.Mode == ValidationMode.Delete) return Told(await RefusedAsync(context, input, type, id, null, caller, stop) is { } no ? [no] : [], []);
        if (input.Unreadable is { } unreadable) return Told([unreadable, .. unreadable.Others.IsDefault ? [] : unreadable.Others], []);
        var rids = new List<long>();
        if ((await SubjectAsync(input, type, id, caller, rids, stop)).Failed(out issue, out var subject)) return Refusal.Of(issue);
        return Told(await JudgeAsync(context, input, type, id, subject, caller, rids, stop), rids);
    }

    /// <summary>What was sent, or else what is stored.</summary>
    private async Task<Result<RequestBody>> SubjectAsync(ValidateInput input, string type, string? id, Caller caller, List<long> rids, CancellationToken stop)
    {
        if (input.Body is { } sent) return sent;
        if ((await store.ReadAsync(new(type, id!), caller.Sees, stop)).Failed(out var issue, out var version)) return issue;
        rids.Add(version.Rid);
        return RequestBody.Reread((await binaries.PutBackAsync(version, stop)).Body);
    }

    private async Task<List<Issue>> JudgeAsync(HttpContext context, ValidateInput input, string type, string? id, RequestBody subject, Caller caller, List<long> rids, CancellationToken stop)
    {
        var around = await ReferencesInView.OfAsync(subject.Resource, caller.Sees, store, Base.Of(context), stop);
        rids.AddRange(around.Rids);
        var found = validator.Validate(subject.Resource, new() { Profiles = input.Profile is { } profile ? [profile] : [], Clock = clock, Resolve = around.Find }).ToList();
        if (subject.Resource.Type != type) found.Insert(0, new(IssueKind.Invalid, $"The resource is no {type}.", "resourceType"));
        else if (await RefusedAsync(context, input, type, id, subject, caller, stop) is { } no) found.Add(no);
        return found;
    }

    /// <summary>Would the write that the mode names be refused? All of its checks are run, and taken back.</summary>
    private async Task<Issue?> RefusedAsync(HttpContext context, ValidateInput input, string type, string? id, RequestBody? subject, Caller caller, CancellationToken stop)
    {
        if (input.Mode is ValidationMode.Content or ValidationMode.Profile) return null;
        if (type == "AuditEvent" && input.Mode != ValidationMode.Create) return new Issue(IssueKind.Unsupported, "An AuditEvent can be appended, and nothing else.", type);
        if (subject is not null && StructureCheck.Check(subject.Resource).Count > 0) return null;   // told already, and not to be indexed
        if (subject is not null && type != "Binary" && (await writing.FitAsync(subject, type, stop)).Failed(out var issue, out _)) return issue;
        return WriteOf(context, input.Mode, type, id, subject, caller).Failed(out issue, out var write) ? issue : await store.TryAsync(write, caller.Sees, stop);
    }

    private static Result<Write> WriteOf(HttpContext context, ValidationMode mode, string type, string? id, RequestBody? subject, Caller caller)
    {
        if (Conditions.Of(context.Request).Failed(out var issue, out var conditions)) return issue;
        var home = HomeOrganization.Of(context.Request, caller.Sees);
        return mode switch
        {
            ValidationMode.Create => Create.Prepare(new(type, Write.NewId()), subject!, conditions, home),
            ValidationMode.Update => Update.Prepare(new(type, id!), subject!, conditions, home),
            _ => Delete.Prepare(type, id!, conditions),
        };
    }

    private static FhirBody Told(IReadOnlyList<Issue> issues, IReadOnlyList<long> rids) => FhirBody.Of(issues.Count == 0 ? OperationOutcome.AllWell : OperationOutcome.Of(issues), rids);
}
