using Fhir.Server.Api.Audit;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Fhir.Messaging.Realtime;

/// <summary>Every request to the hub leaves a line: a connection when somebody is behind it, whatever comes to none before its answer leaves.</summary>
public static class HubDoor
{
    public static TBuilder LeavesLines<TBuilder>(this TBuilder hub) where TBuilder : IEndpointConventionBuilder
    {
        hub.Add(endpoint =>
        {
            if (endpoint.RequestDelegate is { } inner) endpoint.RequestDelegate = context => GuardAsync(context, inner);
        });
        return hub;
    }

    private static async Task GuardAsync(HttpContext context, RequestDelegate inner)
    {
        var audit = context.RequestServices.GetRequiredService<AuditFilter>();
        context.Response.OnStarting(() => Opens(context) ? Task.CompletedTask : RecordAsync(context, audit));
        await inner(context);
        if (context.Response.HasStarted && Opens(context)) await audit.RecordAsync(context, context.Response.StatusCode, []);   // nobody came: else the hub wrote its line
    }

    private static async Task RecordAsync(HttpContext context, AuditFilter audit)
    {
        if (BelongsToConnection(context)) return;
        if (!await audit.RecordAsync(context, context.Response.StatusCode, [])) throw new BadHttpRequestException("The access could not be recorded.", StatusCodes.Status503ServiceUnavailable);
    }

    // A WebSocket, or a stream of events: what stays open.
    private static bool Opens(HttpContext context) =>
        context.Response.StatusCode == StatusCodes.Status101SwitchingProtocols || context.Response.ContentType?.StartsWith("text/event-stream", StringComparison.Ordinal) == true;

    // What a client of an event stream sends, and gets no answer to but on the stream: its connection has a line, and so has what is told there.
    private static bool BelongsToConnection(HttpContext context) =>
        context.Response.StatusCode < 400 && HttpMethods.IsPost(context.Request.Method) && !context.Request.Path.Value!.EndsWith("/negotiate", StringComparison.Ordinal);
}
