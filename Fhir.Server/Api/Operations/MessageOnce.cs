using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text;
using Fhir.Server.Api.Bulk;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Rules;

namespace Fhir.Server.Api.Operations;

/// <summary>A message that was processed: the hash of its MessageHeader's id, the id under which that was stored, and when.</summary>
internal sealed record MessageTaken(string Header, string Id, long AtMicros);

/// <summary>
/// Each message of a sender is stored once — https://hl7.org/fhir/R4/messaging.html#rel. What it is called goes with its MessageHeader as a tag,
/// and into a table in the same commit: neither a crash nor a resend beside it makes it two.
/// </summary>
public sealed class MessageOnce : ICommitRule
{
    /// <summary>The tag's system; its code is what the Bundle is called, a dot, and what the MessageHeader is called, both hashed.</summary>
    internal const string System = $"{ApiSettings.Canonical}/NamingSystem/message";

    public IReadOnlySet<string> Types { get; } = new[] { "MessageHeader" }.ToFrozenSet(StringComparer.Ordinal);

    public async ValueTask<Issue?> CheckAsync(Change change, CommitScope scope, CancellationToken stop) =>
        NameOf(change) is var (bundle, _) && await scope.Session.FirstAsync(Sql.Of($"select 1 from message_taken where who = {WhoOf(change.By, bundle)}"), r => r.GetInt64(0), stop) == 1
            ? new Issue(IssueKind.Conflict, "This message was processed before.") : null;

    public async ValueTask ApplyAsync(Change change, CommitScope scope, CancellationToken stop)
    {
        if (NameOf(change) is var (bundle, header))
            await scope.Session.ExecuteAsync(Sql.Of($"insert into message_taken(who, header, id, at) values({WhoOf(change.By, bundle)}, {header}, {change.Key.Id}, {scope.AtMicros})"), stop);
    }

    /// <summary>The sender's message of that name, or null: somebody else's is not there.</summary>
    internal static ValueTask<MessageTaken?> FindAsync(TenantDatabase database, AccessContext sender, string bundle, CancellationToken stop) =>
        database.FirstAsync(Sql.Of($"select header, id, at from message_taken where who = {WhoOf(sender, bundle)}"), r => new MessageTaken(r.GetString(0), r.GetString(1), r.GetInt64(2)), stop);

    internal static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text))[..16]);

    private static string WhoOf(AccessContext sender, string bundle) => Hash($"{JobOwner.Of(sender)}\n{bundle}");

    private static (string Bundle, string Header)? NameOf(Change change) =>
        change is { Version: 1, After: { } header } && header["meta"].Each("tag").FirstOrDefault(tag => tag["system"].Text == System)?["code"].Text?.Split('.') is [var bundle, var id] ? (bundle, id) : null;
}
