using System.Data.Common;
using Fhir.Server.Api.Http;
using Fhir.Server.Api.Identity;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Audit;
using Fhir.Server.Store.Database;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;

namespace Fhir.Server.Api.Audit;

/// <summary>Writes the audit row of a request when its answer is known and before the answer leaves. An access that cannot be audited is refused.</summary>
public sealed class AuditFilter(AuditReads reads, Knocks knocks, TenantDatabase database, TimeProvider clock)
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext invocation, EndpointFilterDelegate next)
    {
        var result = await next(invocation);
        var (status, returned) = result is Answer answer ? (answer.Status, answer.Returned) : (StatusCodes.Status200OK, []);   // whatever it is, it leaves a row
        return await RecordAsync(invocation.HttpContext, status, returned) ? result : Unaudited;
    }

    public static Refusal Unaudited => Refusal.Of(new(IssueKind.Unavailable, "The access could not be recorded, so it is refused."));

    /// <summary>The row of this request, unless the audit has it already: a commit writes its own.</summary>
    public async ValueTask<bool> RecordAsync(HttpContext context, int status, IReadOnlyList<long> returned)
    {
        var call = Call.Of(context);
        if (call.Audited || call.Right is not { Anonymous: false } right) return true;
        call.Audited = true;
        if (call.Caller is null && !knocks.LeavesRow(call.From, status)) return true;   // counted: its row comes with the minute
        var values = context.Request.RouteValues;
        return await RecordAsync(call, right, right.Type ?? values["type"] as string, values["id"] as string, QueryOf(context, right), status, returned);
    }

    // An operation's own name before the names of its parameters: it stands in the pattern of its route, not in what the caller sent.
    private static string? QueryOf(HttpContext context, Right right)
    {
        var names = NamesOf(ParametersOf(context));
        if (right.Act != AuditAct.Operation || OperationOf(context) is not { Length: > 0 } operation) return names;
        return names is null ? $"${operation}" : $"${operation}?{names}";
    }

    // Behind the name the address may go on: the id of a job, and of a file of it.
    private static string? OperationOf(HttpContext context) =>
        (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText?.TrimEnd('/').Split('/') is { } parts ? (parts.FirstOrDefault(part => part.StartsWith('$')) ?? parts[^1]).TrimStart('$') : null;

    // Of a search by POST the form's names too, when it came so far that the form was read.
    private static IEnumerable<string> ParametersOf(HttpContext context) =>
        context.Features.Get<IFormFeature>()?.Form is { } form ? context.Request.Query.Keys.Concat(form.Keys) : context.Request.Query.Keys;

    /// <summary>A row for one access; an entry of a Bundle has its own.</summary>
    public async ValueTask<bool> RecordAsync(Call call, Right right, string? type, string? id, string? names, int status, IReadOnlyList<long> returned)
    {
        var row = new AuditRow
        {
            AtMicros = Micros.Of(clock.GetUtcNow()),
            By = call.Caller?.Agent ?? call.Holder ?? AuditAgent.Anonymous(call.From?.ToString()),
            Request = call.RequestId,
            Act = right.Act,
            Type = type is null ? -1 : AccessTable.Number(type),
            Id = SafeId(id),
            Query = names,
            Status = status,
            Returned = returned,
        };
        return await reads.RecordAsync(call.Sees is { Glass.IsEmpty: false } sees ? row with { BrokenGlass = await IsBehindGlassAsync(row, sees) } : row);
    }

    // Only who has broken glass is asked whom it was about. When that cannot be told, it is rather said once too often.
    private async ValueTask<bool> IsBehindGlassAsync(AuditRow row, AccessContext sees)
    {
        var (returned, concerned) = RidList.Sides(row.Returned);
        var line = new AuditLine { IsWrite = false, N = 0, AtMicros = row.AtMicros, By = row.By, Act = row.Act, Type = row.Type, Id = row.Id, Returned = returned, Concerned = concerned };
        try
        {
            return (await AuditFacts.OfAsync([line], database, CancellationToken.None)).PatientsOf(line).Any(sees.IsBehindGlass);
        }
        catch (Exception outage) when (outage is DbException or IOException or InvalidOperationException or TimeoutException)
        {
            return true;
        }
    }

    /// <summary>The names of a query's parameters; a value may name a patient.</summary>
    public static string? NamesOf(IEnumerable<string> names) => string.Join('&', names.Select(SafeName)) is { Length: > 0 } all ? all : null;

    // What is no id or parameter name can hold anything, so it is not kept.
    private static string? SafeId(string? id) => id is { Length: <= 64 } && id.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.') ? id : null;

    private static string SafeName(string name) => name.Length <= 100 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or ':') ? name : "?";
}
