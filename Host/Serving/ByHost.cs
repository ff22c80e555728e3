using System.Collections.Frozen;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http.Features;

namespace Host.Serving;

/// <summary>
/// Leads each request to the tenant whose host name it calls — https://www.rfc-editor.org/rfc/rfc9110#section-7.2. Only the Host
/// that the connection itself carries counts, never a header beside it; a name that is nobody's is misdirected (421).
/// </summary>
internal sealed class ByHost(IReadOnlyList<(IReadOnlyList<string> Hosts, Door Door)> houses) : IHttpApplication<Visit>
{
    private readonly FrozenDictionary<string, Door> _doors = houses.SelectMany(house => house.Hosts.Select(host => KeyValuePair.Create(host, house.Door))).ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    public Visit CreateContext(IFeatureCollection contextFeatures)
    {
        var called = HostString.FromUriComponent(contextFeatures.GetRequiredFeature<IHttpRequestFeature>().Headers.Host.ToString()).Host;
        if (!_doors.TryGetValue(called, out var door)) return new TurnedAway(contextFeatures, StatusCodes.Status421MisdirectedRequest);
        return door.Entrance?.Enter(contextFeatures) ?? new TurnedAway(contextFeatures, StatusCodes.Status503ServiceUnavailable);
    }

    public Task ProcessRequestAsync(Visit context) => context.ProcessAsync();

    public void DisposeContext(Visit context, Exception? exception) => context.End(exception);

    private sealed class TurnedAway(IFeatureCollection request, int status) : Visit
    {
        public override Task ProcessAsync()
        {
            request.GetRequiredFeature<IHttpResponseFeature>().StatusCode = status;
            return Task.CompletedTask;
        }

        public override void End(Exception? failure)
        {
            // It held nothing.
        }
    }
}
