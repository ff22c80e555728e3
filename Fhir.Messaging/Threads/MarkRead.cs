using System.Globalization;
using System.Text;
using Fhir.Messaging.Realtime;
using Fhir.Server.Api.Http;
using Fhir.Server.Api.Identity;
using Fhir.Server.Api.Operations;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Resources;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Fhir.Messaging.Threads;

/// <summary>$mark-read: read up to and including a seq. It only goes forward.</summary>
public sealed class MarkRead(ResourceStore store, TenantDatabase database, Bell bell, TimeProvider clock)
{
    private static readonly Operation Definition = new("mark-read", "Communication", OperationLevel.Instance, ClinicUrls.Base + "/OperationDefinition/mark-read");

    public static void Map(RouteGroupBuilder fhir) => fhir.MapOperation(Definition, Right.Operation(Permission.Read, "Communication"),
        (HttpContext context, string id, Caller caller, MarkRead operation, CancellationToken stop) => operation.RunAsync(context, id, caller, stop));

    private async Task<IResult> RunAsync(HttpContext context, string id, Caller caller, CancellationToken stop)
    {
        if ((await Parameters.ReadAsync(context.Request, ["seq"], stop)).Failed(out var issue, out var input)) return Refusal.Of(issue);
        if (input.Integer("seq").Failed(out issue, out var seq)) return Refusal.Of(issue);
        if ((await MarkAsync(id, seq, caller.Sees, stop)).Failed(out issue, out var read)) return Refusal.Of(issue);
        return FhirBody.Of(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $$"""{"resourceType":"Parameters","parameter":[{"name":"seq","valueInteger":{{read}}}]}""")), []);
    }

    /// <summary>How far she has read now.</summary>
    public async Task<Result<long>> MarkAsync(string id, long seq, AccessContext by, CancellationToken stop)
    {
        if ((await ThreadOfCall.OfParticipantAsync(id, by, store, database, stop)).Failed(out var issue, out var thread)) return issue;
        if (seq < 0 || seq > thread.Row.LastSeq) return new Issue(IssueKind.Invalid, "The thread has no message of that seq.", "Parameters.parameter.where(name='seq')") { Code = "value" };
        var read = await database.FirstAsync(Sql.Of($"select read_seq from inbox where thread = {thread.Row.Thread} and owner = {by.ActorRid}"), r => r.GetInt64(0), stop);
        if (read >= seq) return read;
        await using (var commit = await NumberedCommit.BeginAsync(database, clock, stop))
        {
            if (!await ThreadTouch.ReadAsync(commit.Session, thread.Row.Thread, by.ActorRid, seq, commit.T, commit.AtMicros, stop)) return seq;
            await commit.CommitAsync();
        }
        bell.Ring();
        return seq;
    }
}
