using Fhir.Server.Api.Audit;
using Fhir.Server.Api.Identity;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.SignalR;

namespace Fhir.Messaging.Realtime;

/// <summary>The hub at /hub: people connect with their bearer token, resume from their last token, and are woken from then on.</summary>
public sealed class MessagingHub(Connections connections, Standings standings, AuditFilter audit, Callers callers, IHubContext<MessagingHub> hub) : Hub
{
    private const string Mine = "connection";

    public override async Task OnConnectedAsync()
    {
        var http = Context.GetHttpContext()!;
        var welcome = Call.Of(http).Caller is { Sees.Actor: not null };
        if (!await audit.RecordAsync(http, welcome ? 200 : 403, []) || Call.Of(http).Caller is not { Sees.Actor: not null } caller)
        {
            Context.Abort();   // systems have subscriptions and the API
            return;
        }
        var client = hub.Clients.Client(Context.ConnectionId);
        var connection = new Connection(caller.Sees.ActorRid, caller.Expires, (push, stop) => client.SendAsync(push.Name, push.Body, stop),
            () => IsWelcomeAsync(http, caller), Context.Abort);
        Context.Items[Mine] = connection;
        connections.Add(connection);
    }

    private async Task<bool> IsWelcomeAsync(HttpContext http, Caller before) =>
        Bearer.TextOf(http.Request) is { } text && await callers.OfAsync(http, text, Call.Of(http).RequestId) is { } found
        && !found.Failed(out _, out var now) && now.Sees.ActorRid == before.Sees.ActorRid && now.Sees.Role == before.Sees.Role;

    public override async Task OnDisconnectedAsync(Exception? exception)
    {
        if (Context.Items[Mine] is not Connection connection) return;
        connections.Remove(connection);
        await connection.DisposeAsync();
    }

    /// <summary>What happened since the token; null = from the beginning. It leaves a line of its own, with the threads that it names.</summary>
    public async Task<Standing> Resume(string? token)
    {
        if (Context.Items[Mine] is not Connection connection) throw new HubException("Not connected.");
        var standing = await standings.SinceAsync(connection.Owner, token, Context.ConnectionAborted);
        return await audit.RecordAsync(Call.Of(Context.GetHttpContext()!), Right.SignedIn, "Communication", null, "$resume", 200, standing.Rids) ? standing : throw new HubException("The access could not be recorded, so it is refused.");
    }
}
