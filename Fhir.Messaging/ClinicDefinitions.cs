using System.Reflection;
using System.Security.Cryptography;
using Fhir.Server.Api.Http;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Resources;
using Microsoft.Extensions.Hosting;

namespace Fhir.Messaging;

/// <summary>Stores the definitions of Profiles/clinic under their fixed ids when the house starts, unless these very ones are there.</summary>
public sealed class ClinicDefinitions(ResourceStore store, TenantDatabase database) : IHostedService
{
    private const string Setting = "clinic-definitions";

    /// <summary>Type, id and text of each definition.</summary>
    public static IReadOnlyList<RequestBody> All() =>
        [.. Names().Select(name => RequestBody.Parse(Read(name)).Failed(out var issue, out var body) ? throw new InvalidDataException($"{name}: {issue.Text} {issue.Where}") : body)];

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var digest = SHA256.HashData([.. Names().SelectMany(Read)]);
        var stored = await database.FirstAsync(Sql.Of($"select value from setting where name = {Setting}"), r => (byte[])r.GetValue(0), cancellationToken);
        if (stored is not null && stored.AsSpan().SequenceEqual(digest)) return;
        var writes = All().Select(body => new Write { Kind = WriteKind.Update, Key = new(body.Resource.Type, body.Resource["id"].Text!), Json = body.Json, Resource = body.Resource }).ToList();
        if ((await store.CommitAsync(writes, AccessContext.House("definitions", 0), cancellationToken)).Failed(out var issue, out _)) throw new InvalidDataException(issue.Text);
        await using var session = await database.WriteAsync(cancellationToken);
        await session.ExecuteAsync(Sql.Of($"delete from setting where name = {Setting}"), cancellationToken);
        await session.ExecuteAsync(Sql.Of($"insert into setting(name, value) values({Setting}, {digest})"), cancellationToken);
        await session.CommitAsync(cancellationToken);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private static IEnumerable<string> Names() =>
        Assembly.GetExecutingAssembly().GetManifestResourceNames().Where(n => n.StartsWith("clinic/", StringComparison.Ordinal)).Order(StringComparer.Ordinal);

    private static byte[] Read(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)!;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
