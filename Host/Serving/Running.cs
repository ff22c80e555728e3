using System.Net.Sockets;
using Fhir.Server.Core.Outcomes;
using Host.Settings;

namespace Host.Serving;

/// <summary>All houses of the process while they run, and the front that listens for them.</summary>
public sealed class Running : IAsyncDisposable
{
    private readonly List<OpenHouse> _houses = [];
    private readonly Front _front;

    private Running(Front front) => _front = front;

    /// <summary>The address it listens on, as people write it.</summary>
    public string Url => Addresses.Shown(Address);
    /// <summary>The same for programs: an address, no name.</summary>
    public string Address => _front.Address;
    public IReadOnlyList<OpenHouse> Houses => _houses;

    /// <summary>Starts it, or says in one sentence why not. <paramref name="holder"/> is what others find in writer.lock; null = the address.</summary>
    public static async Task<Result<Running>> StartAsync(Tenants tenants, string? holder, CancellationToken stop)
    {
        var running = new Running(new Front(tenants.All[0]));
        if (await running.OpenAsync(tenants, holder, stop) is { } wrong)
        {
            await running.DisposeAsync();
            return wrong;
        }
        if (holder is null)
            foreach (var house in running._houses) house.Name(running.Url);
        return running;
    }

    /// <summary>Until it is told to stop. A tenant that stops by itself leaves the others serving.</summary>
    public Task UntilStoppedAsync() => Task.WhenAll(_houses.Select(async house =>
    {
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var _ = house.Stopping.Register(stopped.SetResult);
        await stopped.Task;
    }));

    public async ValueTask DisposeAsync()
    {
        foreach (var house in _houses) house.BeginToStop();
        await _front.StopAsync();
        foreach (var house in _houses) await house.DisposeAsync();
        await _front.DisposeAsync();
    }

    private async Task<Issue?> OpenAsync(Tenants tenants, string? holder, CancellationToken stop)
    {
        foreach (var settings in tenants.All)
        {
            if ((await OpenHouse.OpenAsync(settings, holder, stop)).Failed(out var issue, out var house)) return Of(settings, issue);
            _houses.Add(house);
        }
        if (await Apartness.BrokenAsync(_houses, stop) is { } together) return together;
        foreach (var house in _houses)
            if (await house.OtherKeyAsync(stop) is { } otherKey) return Of(house.Settings, otherKey);
        var addresses = tenants.All[0].Addresses;
        if (addresses.NotFree() is { } url) return Unfree(url);   // asked first: the framework would log a page about it
        foreach (var house in _houses)
            if (await house.SeedAsync(stop) is { } unseeded) return Of(house.Settings, unseeded);
        return await ListenAsync(addresses, stop);
    }

    private async Task<Issue?> ListenAsync(Addresses addresses, CancellationToken stop)
    {
        try
        {
            foreach (var house in _houses) await house.StartAsync(stop);
            await _front.StartAsync([.. _houses.Select(house => (house.Settings.Hosts, house.Door))], stop);
            return null;
        }
        catch (Exception taken) when (taken is IOException or SocketException)
        {
            return Unfree(addresses.Urls[0]);
        }
    }

    private static Issue Of(HouseSettings settings, Issue issue) => settings.Tenant is { } name ? new(issue.Kind, $"Tenant {name}: {issue.Text}") : issue;

    private static Issue Unfree(string url) =>
        new(IssueKind.Conflict, $"Cannot listen on {url}: the port is in use or the address is not this machine's; name another in --urls.");
}
