using Fhir.Server.Api.Http;
using Fhir.Server.Core.Outcomes;
using Microsoft.AspNetCore.Http;

namespace Fhir.Server.Api.Operations;

/// <summary>What else is checked beside the content — https://hl7.org/fhir/R4/valueset-resource-validation-mode.html</summary>
internal enum ValidationMode { Content, Create, Update, Delete, Profile }

/// <summary>What $validate was asked. Unreadable = what was sent cannot be read as FHIR at all, which is an answer too.</summary>
internal sealed record ValidateInput
{
    public RequestBody? Body { get; private init; }
    public Issue? Unreadable { get; private init; }
    public ValidationMode Mode { get; private init; }
    public string? Profile { get; private init; }

    /// <summary>A resource, or Parameters with resource, mode and profile; mode and profile may stand in the query too.</summary>
    public static async Task<Result<ValidateInput>> ReadAsync(HttpRequest request, string type, CancellationToken stop)
    {
        var input = new ValidateInput();
        var (mode, profile) = (OneOf(request.Query, "mode"), OneOf(request.Query, "profile"));
        if (HasBody(request))
        {
            if ((await RequestBody.ReadUncheckedAsync(request, stop)).Failed(out var issue, out var body))
            {
                if (ReferenceEquals(issue, Refusal.WrongMediaType)) return issue;
                input = input with { Unreadable = Inside(issue, type) };
            }
            else if (!IsWrapper(body, type)) input = input with { Body = body };
            else if (Unwrap(body, ref mode, ref profile).Failed(out issue, out input)) return issue;
        }
        return ModeOf(mode).Failed(out var wrong, out var meant) ? wrong : input with { Mode = meant, Profile = profile };
    }

    /// <summary>An issue when the question cannot be answered as it was asked.</summary>
    public Issue? Misuse(string? id) => this switch
    {
        { Mode: ValidationMode.Update or ValidationMode.Delete } when id is null => Wrong("mode", "is update or delete only for an instance: [type]/[id]/$validate."),
        { Mode: ValidationMode.Profile, Profile: null } => Wrong("profile", "is needed with mode=profile."),
        { Mode: ValidationMode.Delete } or { Unreadable: not null } or { Body: not null } => null,
        { Mode: ValidationMode.Create or ValidationMode.Update } => Wrong("resource", "is needed with this mode."),
        _ => id is null ? Wrong("resource", "is needed, or the id of one: [type]/[id]/$validate.") : null,
    };

    // The resource of the question gets a tree of its own: its places then start at itself.
    private static Result<ValidateInput> Unwrap(RequestBody body, ref string? mode, ref string? profile)
    {
        if (Parameters.Of(body.Resource, ["resource", "mode", "profile"]).Failed(out var issue, out var parameters)) return issue;
        if (parameters.CodeOrNone("mode").Failed(out issue, out var code) || parameters.UriOrNone("profile").Failed(out issue, out var canonical)) return issue;
        (mode, profile) = (code ?? mode, canonical ?? profile);
        if (parameters.Each("resource").ToList() is not [var given]) return parameters.Has("resource") ? Wrong("resource", "may stand only once.") : new ValidateInput();
        if (given["resource"] is not { Exists: true } resource) return Wrong("resource", "holds a resource, not a value.");
        return RequestBody.Reread(body.Json[resource.Start..resource.End]).Failed(out issue, out var alone) ? issue : new ValidateInput { Body = alone };
    }

    // At Parameters/$validate a Parameters may be the resource itself.
    private static bool IsWrapper(RequestBody body, string type) =>
        body.Resource.Type == "Parameters" && (type != "Parameters" || body.Resource.Each("parameter").Any(p => p["name"].Text == "resource" && p["resource"].Exists));

    private static bool HasBody(HttpRequest request) => !HttpMethods.IsGet(request.Method) && (request.ContentLength > 0 || (request.ContentLength is null && request.ContentType is not null));

    private static Result<ValidationMode> ModeOf(string? text) => text switch
    {
        null => ValidationMode.Content,
        "create" => ValidationMode.Create,
        "update" => ValidationMode.Update,
        "delete" => ValidationMode.Delete,
        "profile" => ValidationMode.Profile,
        _ => Wrong("mode", "is create, update, delete or profile."),
    };

    // Parameters.parameter[0].resource.name[0] is told as Patient.name[0].
    private static Issue Inside(Issue issue, string type)
    {
        var end = issue.Where is { } where && where.StartsWith("Parameters.parameter[", StringComparison.Ordinal) ? where.IndexOf("].resource", StringComparison.Ordinal) : -1;
        return issue with { Where = end < 0 ? issue.Where : type + issue.Where![(end + "].resource".Length)..], Others = issue.Others.IsDefaultOrEmpty ? [] : [.. issue.Others.Select(o => Inside(o, type))] };
    }

    private static string? OneOf(IQueryCollection query, string name) => query[name] is [{ Length: > 0 } text, ..] ? text : null;

    private static Issue Wrong(string name, string how) => new(IssueKind.Invalid, $"The parameter {name} {how}", $"Parameters.parameter.where(name='{name}')") { Code = "value" };
}
