using Fhir.Server.Store.Database;
using Fhir.Server.Store.Tests;

namespace Fhir.Server.Api.Tests;

/// <summary>One house for all tests of a class; each makes its own patients.</summary>
public class Shared : IAsyncLifetime
{
    public House House { get; private set; } = null!;
    protected virtual Task<TenantDatabase?> DatabaseAsync() => Task.FromResult<TenantDatabase?>(null);
    /// <summary>Another database of the same kind, for a house with settings of its own.</summary>
    public Task<TenantDatabase?> AnotherDatabaseAsync() => DatabaseAsync();
    public async ValueTask InitializeAsync() => House = await House.OpenAsync(on: await DatabaseAsync());
    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return House.DisposeAsync();
    }
}

/// <summary>The same house on PostgreSQL.</summary>
public sealed class SharedOnPostgres : Shared
{
    protected override async Task<TenantDatabase?> DatabaseAsync() => await TestDatabase.PostgresAsync();
}

/// <summary>The same house with a pooler before its PostgreSQL.</summary>
public sealed class SharedThroughPgbouncer : Shared
{
    protected override async Task<TenantDatabase?> DatabaseAsync() => await Fhir.Server.Store.Tests.Pooled.Pgbouncer.DatabaseAsync();
}
