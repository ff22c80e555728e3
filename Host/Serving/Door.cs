using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http.Features;

namespace Host.Serving;

/// <summary>The server of one house: it listens nowhere, the front brings it the requests that are the house's.</summary>
public sealed class Door : IServer
{
    public IFeatureCollection Features { get; } = new FeatureCollection();

    /// <summary>Null until the house has started, and again when it stops.</summary>
    internal Entrance? Entrance { get; private set; }

    public Task StartAsync<TContext>(IHttpApplication<TContext> application, CancellationToken cancellationToken) where TContext : notnull
    {
        Entrance = new Entrance<TContext>(application);
        return Task.CompletedTask;
    }

    /// <summary>Nobody comes in any more; who is inside goes on.</summary>
    public void Close() => Entrance = null;

    public Task StopAsync(CancellationToken cancellationToken)
    {
        Close();
        return Task.CompletedTask;
    }

    public void Dispose() => Close();
}

/// <summary>A house as a server sees it; hides the type of its contexts.</summary>
internal abstract class Entrance
{
    /// <summary>All requests of the server are this house's.</summary>
    public abstract Task ServeAsync(IServer server, CancellationToken stop);

    /// <summary>One request goes in.</summary>
    public abstract Visit Enter(IFeatureCollection request);
}

internal sealed class Entrance<TContext>(IHttpApplication<TContext> application) : Entrance where TContext : notnull
{
    public override Task ServeAsync(IServer server, CancellationToken stop) => server.StartAsync(application, stop);

    public override Visit Enter(IFeatureCollection request) => new Inside(application, application.CreateContext(request));

    private sealed class Inside(IHttpApplication<TContext> application, TContext context) : Visit
    {
        public override Task ProcessAsync() => application.ProcessRequestAsync(context);
        public override void End(Exception? failure) => application.DisposeContext(context, failure);
    }
}

/// <summary>One request while it is inside a house, or is turned away.</summary>
internal abstract class Visit
{
    public abstract Task ProcessAsync();
    public abstract void End(Exception? failure);
}
