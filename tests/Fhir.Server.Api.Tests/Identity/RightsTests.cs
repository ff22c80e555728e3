using Fhir.Server.Api.Identity;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Fhir.Server.Api.Tests.Identity;

public sealed class RightsTests(Shared shared) : IClassFixture<Shared>
{
    private IReadOnlyList<RouteEndpoint> Endpoints => [.. shared.House.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()];

    [Fact]
    public void Every_endpoint_asks_a_right() =>
        Assert.Empty(Endpoints.Where(e => e.Metadata.GetMetadata<Right>() is null).Select(e => e.DisplayName));

    [Fact]
    public void Only_health_and_metadata_are_open() =>
        Assert.Equal(["/fhir/metadata", "/health/live", "/health/ready"],
            Endpoints.Where(e => e.Metadata.GetMetadata<Right>()!.Anonymous).Select(e => e.RoutePattern.RawText!).Order(StringComparer.Ordinal));

    [Fact]
    public void The_route_table_is_as_the_snapshot_says()
    {
        var table = string.Join('\n', Endpoints.Select(Line).Order(StringComparer.Ordinal)) + "\n";
        var snapshot = Path.Combine(AppContext.BaseDirectory, "Identity", "routes.txt");
        Assert.True(File.Exists(snapshot), table);
        Assert.Equal(File.ReadAllText(snapshot), table);
    }

    private static string Line(RouteEndpoint endpoint) =>
        $"{string.Join(',', endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? []),-8} {endpoint.RoutePattern.RawText,-42} {endpoint.Metadata.GetMetadata<Right>()?.Name}";
}
