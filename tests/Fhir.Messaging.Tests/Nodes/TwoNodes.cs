using System.Security.Cryptography;
using Fhir.Messaging.Delivery;
using Fhir.Messaging.Tests.Clinic;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Tests;

namespace Fhir.Messaging.Tests.Nodes;

/// <summary>Two houses on one PostgreSQL database: each with a data folder, keys, caches and a clock of its own; only the key of the attachments is the same.</summary>
internal sealed class TwoNodes : IAsyncDisposable
{
    private readonly string _connection, _attachments;
    private TestClinic? _there;

    private TwoNodes(string connection, string attachments) => (_connection, _attachments) = (connection, attachments);

    public TestClinic Here { get; private set; } = null!;
    public TestClinic There => _there!;

    public static async Task<TwoNodes> OpenAsync(DeliverySettings? delivery = null)
    {
        var nodes = await OpenOneAsync(delivery);
        await nodes.OpenOtherAsync(delivery);
        return nodes;
    }

    /// <summary>The other one comes later.</summary>
    public static async Task<TwoNodes> OpenOneAsync(DeliverySettings? delivery = null)
    {
        var key = Path.GetTempFileName();
        await File.WriteAllBytesAsync(key, RandomNumberGenerator.GetBytes(32));
        var nodes = new TwoNodes(await TestDatabase.PostgresConnectionAsync(), key);
        nodes.Here = await nodes.NodeAsync(delivery);
        return nodes;
    }

    public async Task OpenOtherAsync(DeliverySettings? delivery = null) => _there = await NodeAsync(delivery);

    private Task<TestClinic> NodeAsync(DeliverySettings? delivery) =>
        TestClinic.OpenAsync(() => Task.FromResult<TenantDatabase>(PostgresDatabase.Open(_connection)), delivery, attachments: _attachments);

    public async ValueTask DisposeAsync()
    {
        await Here.DisposeAsync();
        if (_there is not null) await _there.DisposeAsync();
        File.Delete(_attachments);
    }
}
