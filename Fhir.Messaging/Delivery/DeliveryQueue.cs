using System.Security.Cryptography;
using System.Text;
using Fhir.Messaging.AddressBook;
using Fhir.Messaging.Realtime;
using Fhir.Server.Core.Elements;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Outbox;
using Fhir.Server.Store.Rules;

namespace Fhir.Messaging.Delivery;

/// <summary>Queues a summary in the commit that makes it: one row for each participating organisation with an active Endpoint.</summary>
public sealed class DeliveryQueue
{
    public const string Channel = "delivery";

    /// <summary>Rung when something was queued.</summary>
    public Bell Waiting { get; } = new();

    public async ValueTask EnqueueAsync(long thread, long document, CommitScope scope, CancellationToken stop)
    {
        var found = await scope.Session.QueryAsync(Sql.Of(
            $"select distinct org, patient from participant where thread = {thread} and from_at <= {scope.AtMicros} and until_at > {scope.AtMicros} and letters_until > {scope.AtMicros} order by org"),
            r => (Organization: r.GetInt64(0), Patient: r.GetInt64(1)), stop);
        foreach (var (organization, patient) in found)
        {
            if (await EndpointOfAsync(organization, scope, stop) is not { } endpoint) continue;
            var what = new Outgoing(Channel, endpoint.ToString(), patient, MessageId(document, endpoint), document, organization);
            await OutboxTable.EnqueueAsync(scope.Session, what, scope.AtMicros, stop);
        }
        scope.AfterCommit(Waiting.Ring);
    }

    /// <summary>20 characters at most, the same for the same document and destination however often it is made.</summary>
    public static string MessageId(long document, ResourceKey endpoint) => "SP" + Letters(FormattableString.Invariant($"{document}|{endpoint}"), 18);

    /// <summary>A name made of another: letters and digits that cannot be mistaken for each other.</summary>
    public static string Letters(string of, int count)
    {
        const string letters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
        return string.Concat(SHA256.HashData(Encoding.UTF8.GetBytes(of)).Take(count).Select(b => letters[b & 31]));
    }

    private static async ValueTask<ResourceKey?> EndpointOfAsync(long organization, CommitScope scope, CancellationToken stop)
    {
        if (await scope.ReadAsync(organization, stop) is not var (_, found)) return null;
        foreach (var key in found.Each("endpoint").Select(References.Key).OfType<ResourceKey>())
            if (await scope.ReadAsync(key, stop) is { } endpoint && endpoint["status"].Text == "active") return key;
        return null;
    }
}
