using System.Data.Common;
using System.Net.Sockets;
using Fhir.Server.Api.Audit;
using Fhir.Server.Api.Http;
using Fhir.Server.Api.Identity;
using Fhir.Server.Api.Operations;
using Fhir.Server.Store.Database;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.Logging;

namespace Fhir.Server.Api;

/// <summary>The first and last step of every request that has a Right: request id, format, token and scope on the way in; on the way out every error is an OperationOutcome.</summary>
public sealed class Edge(RequestDelegate next, Callers callers, AuditFilter audit, Admission admission, ApiSettings settings, ILogger<Edge> log)
{
    // Kestrel cuts the line beyond its limit, and the refusal may be lost with it: what is a little too large we refuse ourselves.
    private const long Slack = 1024 * 1024;

    // What the answer that failed may have set already; what others set (X-Request-Id, security headers) stays.
    private static readonly string[] OfTheAnswer = ["ETag", "Last-Modified", "Location", "Content-Type", "Content-Length", "Content-Disposition"];

    public Task InvokeAsync(HttpContext context)
    {
        var right = context.GetEndpoint()?.Metadata.GetMetadata<Right>();
        return right is null && !context.Request.Path.StartsWithSegments("/fhir", StringComparison.Ordinal) ? next(context) : GuardAsync(context, right ?? Right.Nothing);
    }

    private async Task GuardAsync(HttpContext context, Right right)
    {
        var call = new Call { RequestId = RequestIdOf(context), Right = right, From = context.Connection.RemoteIpAddress };
        context.Features.Set(call);
        context.Response.Headers["X-Request-Id"] = call.RequestId;
        try
        {
            if (await AdmitAsync(context, call) is { } refusal) await refusal.ExecuteAsync(context);
            else if (call.Caller is null || context.GetEndpoint()?.Metadata.GetMetadata<HubMetadata>() is not null) await next(context);   // a hub's connection is no request: it lasts
            else await InTurnAsync(context, call.Caller.Sees.Who);
            if (context.Response is { HasStarted: false, StatusCode: >= 400, ContentLength: null, ContentType: null } bare) await (await RefusedAsync(context, Refusal.Bare(bare.StatusCode))).ExecuteAsync(context);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            await audit.RecordAsync(context, StatusCodes.Status499ClientClosedRequest, []);   // nobody waits for the answer any more
        }
        catch (BadHttpRequestException bad) when (!context.Response.HasStarted)
        {
            await (await RefusedAsync(context, Refusal.Bare(bad.StatusCode))).ExecuteAsync(context);
        }
        catch (Exception unforeseen)
        {
            if (unforeseen is not QueryTimeException) log.LogError(unforeseen, "Request {RequestId} failed.", call.RequestId);
            await FailAsync(context, RefusalOf(unforeseen, call), mayBeDone: unforeseen is OutcomeUnknownException);
        }
    }

    private async Task InTurnAsync(HttpContext context, string caller)
    {
        var entrance = await admission.EnterAsync(caller, context.RequestAborted);
        if (entrance != Entrance.Admitted)
        {
            await (await RefusedAsync(context, entrance == Entrance.TooMany ? Refusal.TooMany(TimeSpan.FromSeconds(1)) : Refusal.Busy)).ExecuteAsync(context);
            return;
        }
        try
        {
            await next(context);
        }
        finally
        {
            admission.Leave(caller);
        }
    }

    private static Refusal RefusalOf(Exception unforeseen, Call call) => unforeseen switch
    {
        QueryTimeException => Refusal.TookTooLong,
        OutcomeUnknownException => Refusal.OutcomeUnknown,
        _ => IsAway(unforeseen) ? Refusal.DatabaseAway : Refusal.Unforeseen(call.RequestId),
    };

    // The database cannot be reached, or says itself that trying again may help.
    private static bool IsAway(Exception? failure) => failure is DbException { IsTransient: true } or SocketException || (failure is not null && IsAway(failure.InnerException));

    // What may have been done is told also when it cannot be written down: "refused" could be a lie, and nothing of the record is in it.
    private async Task FailAsync(HttpContext context, Refusal refusal, bool mayBeDone)
    {
        if (context.Response.HasStarted)
        {
            context.Abort();
            return;
        }
        var told = await RefusedAsync(context, refusal);
        if (mayBeDone) told = refusal;
        foreach (var name in OfTheAnswer) context.Response.Headers.Remove(name);
        await told.ExecuteAsync(context);
    }

    /// <summary>Null when the caller may pass.</summary>
    private async ValueTask<Refusal?> AdmitAsync(HttpContext context, Call call)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit) limit.MaxRequestBodySize = settings.MaxBodyBytes + Slack;
        var nobody = call.Right.Anonymous ? null : await IdentifyAsync(context, call);
        if (call.Right == Right.Nothing && UnknownOperation.IsAsked(context)) return await RefusedAsync(context, Refusal.Of(UnknownOperation.Told));
        if (call.Right == Right.Nothing) return null;   // "there is nothing here" is told to everyone; the row names who asked
        if (nobody is not null) return await RefusedAsync(context, nobody);
        if (UnknownOperation.IsAsked(context)) return await RefusedAsync(context, Refusal.Of(UnknownOperation.Told));
        if (context.GetEndpoint()?.Metadata.GetMetadata<AnyFormat>() is null && Formats.Asked(context.Request) is null) return await RefusedAsync(context, Refusal.Of(Refusal.WrongFormat));
        if (call.Right.Anonymous) return null;
        var type = call.Right.Type ?? context.GetRouteValue("type") as string;
        return call.Caller is { } caller && call.Right.AllowedBy(caller.Sees, type) ? null : await RefusedAsync(context, Refusal.OutOfScope());
    }

    /// <summary>Null when we know now who calls.</summary>
    private async ValueTask<Refusal?> IdentifyAsync(HttpContext context, Call call)
    {
        if (Bearer.TextOf(context.Request) is not { } text) return Refusal.Unauthorized(tokenGiven: context.Request.Headers.Authorization.Count > 0);
        if (await callers.OfAsync(context, text, call.RequestId) is not { } found) return Refusal.Unauthorized(tokenGiven: true);
        if (found.Failed(out var issue, out var caller)) return Refusal.Of(issue);
        call.Caller = caller;
        return null;
    }

    private async ValueTask<Refusal> RefusedAsync(HttpContext context, Refusal refusal) =>
        await audit.RecordAsync(context, refusal.Status, []) ? refusal : AuditFilter.Unaudited;

    // The caller's own id is kept when it is harmless in a log and a header.
    private static string RequestIdOf(HttpContext context)
    {
        var given = context.Request.Headers["X-Request-Id"];
        return given.Count == 1 && given[0] is { Length: > 0 and <= 64 } id && id.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_') ? id : context.TraceIdentifier;
    }
}
