using Fhir.Server.Api.Http;
using Fhir.Server.Api.Identity;
using Fhir.Server.Store.Database;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Fhir.Server.Api;

/// <summary>Whether the process lives, and whether it can serve: for whoever watches over it. Holds no data.</summary>
public static class Health
{
    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/health/live", () => "alive").WithMetadata(new AnyFormat()).Asks(Right.Open);
        app.MapGet("/health/ready", ReadyAsync).WithMetadata(new AnyFormat()).Asks(Right.Open);
    }

    private static async Task<IResult> ReadyAsync(TenantDatabase database, CancellationToken stop)
    {
        try
        {
            await database.FirstAsync(Sql.Of($"select count(*) from setting"), row => row.GetInt64(0), stop);
            return Results.Text("ready");
        }
        catch (Exception outage) when (outage is System.Data.Common.DbException or InvalidOperationException or IOException or TimeoutException)
        {
            return Results.Text("the database does not answer", statusCode: StatusCodes.Status503ServiceUnavailable);
        }
    }
}
