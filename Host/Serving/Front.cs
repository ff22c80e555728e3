using Host.Settings;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Options;

namespace Host.Serving;

/// <summary>What listens: one server before all houses of the process.</summary>
public sealed class Front : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly ILoggerFactory _log;
    private readonly KestrelServer _server;

    public Front(HouseSettings settings)
    {
        _log = LoggerFactory.Create(logging => logging.AddConfiguration(settings.Configuration.GetSection("Logging")).AddRunLog());
        _server = new(Options.Create(new KestrelServerOptions { AddServerHeader = false }), new SocketTransportFactory(Options.Create(new SocketTransportOptions()), _log), _log);
        var addresses = _server.Features.GetRequiredFeature<IServerAddressesFeature>();
        addresses.PreferHostingUrls = true;
        foreach (var url in settings.Addresses.Urls) addresses.Addresses.Add(url);
    }

    /// <summary>Where it listens, once it does.</summary>
    public string Address => _server.Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.First();

    /// <summary>A house that has no host names of its own is alone: everything is for it.</summary>
    public Task StartAsync(IReadOnlyList<(IReadOnlyList<string> Hosts, Door Door)> houses, CancellationToken stop) =>
        houses is [{ Hosts: [] } alone] ? alone.Door.Entrance!.ServeAsync(_server, stop) : _server.StartAsync(new ByHost(houses), stop);

    /// <summary>Takes no more requests, and waits for those that are under way.</summary>
    public async Task StopAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        await _server.StopAsync(patience.Token);
    }

    public ValueTask DisposeAsync()
    {
        _server.Dispose();
        _log.Dispose();
        return ValueTask.CompletedTask;
    }
}
