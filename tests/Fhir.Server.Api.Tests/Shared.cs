namespace Fhir.Server.Api.Tests;

/// <summary>One house for all tests of a class; each makes its own patients.</summary>
public sealed class Shared : IAsyncLifetime
{
    public House House { get; private set; } = null!;
    public async ValueTask InitializeAsync() => House = await House.OpenAsync();
    public ValueTask DisposeAsync() => House.DisposeAsync();
}
