using Fhir.Server.Api;
using Fhir.Server.Core.Elements;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Resources;

namespace Fhir.Messaging.Care;

/// <summary>
/// How often one person may be wrong in an hour about who a patient is. Tries stand in the database, so a restart or another node forgets
/// none; each is written before the patient is looked for, so that many at once do not slip through together.
/// </summary>
public sealed class GuessBrake(TenantDatabase database, ApiSettings settings, TimeProvider clock)
{
    private static readonly long Window = (long)TimeSpan.FromHours(1).TotalMicroseconds;

    /// <summary>A try: Wait = how long until the next may be made, when this one may not. IsNews = nobody was told of it yet.</summary>
    internal sealed record Try(string Id, TimeSpan? Wait, bool IsNews);

    internal async Task<Try> BeginAsync(long actor, CancellationToken stop)
    {
        var (id, now) = (Write.NewId(), Micros.Of(clock.GetUtcNow()));
        await RunAsync([Sql.Of($"delete from care_guess where actor = {actor} and at <= {now - Window}"), Sql.Of($"insert into care_guess(id, actor, at, kind) values({id}, {actor}, {now}, {0})")], stop);
        List<(long At, long Kind)> rows;
        await using (var session = await database.ReadAsync(snapshot: false, stop))
            rows = await session.QueryAsync(Sql.Of($"select at, kind from care_guess where actor = {actor} order by at"), r => (r.GetInt64(0), r.GetInt64(1)), stop);
        var tries = rows.Where(r => r.Kind == 0).ToList();
        if (tries.Count <= settings.GuessesPerHour) return new(id, null, IsNews: false);
        // She may try again when so many have grown old that this one, which was not made, would fit in.
        var free = tries[Math.Max(0, tries.Count - 1 - settings.GuessesPerHour)].At + Window;
        var told = await RunAsync([Gone(id), Sql.Of(
            $"insert into care_guess(id, actor, at, kind) select {Write.NewId()}, {actor}, {now}, {1} where not exists (select 1 from care_guess where actor = {actor} and kind = 1)")], stop);
        return new(id, TimeSpan.FromMicroseconds(Math.Max(1_000_000, free - now)), IsNews: told == 1);   // of many at once the first one tells
    }

    /// <summary>It was no guess: the patient was found.</summary>
    internal Task ForgetAsync(Try made, CancellationToken stop) => RunAsync([Gone(made.Id)], stop);

    private static Sql Gone(string id) => Sql.Of($"delete from care_guess where id = {id}");

    // How many rows the last one changed.
    private async Task<int> RunAsync(IReadOnlyList<Sql> statements, CancellationToken stop)
    {
        await using var session = await database.WriteAsync(stop);
        var changed = 0;
        foreach (var statement in statements) changed = await session.ExecuteAsync(statement, stop);
        await session.CommitAsync(stop);
        return changed;
    }
}
