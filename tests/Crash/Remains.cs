namespace Crash;

/// <summary>The database by itself, when all is over: no index row or projection without its resource, one audit row per version, t without a gap.</summary>
internal static class Remains
{
    private static readonly string[] MustBeNone =
    [
        .. new[] { "ix_tok", "ix_ref", "ix_date", "ix_qty", "ix_str" }.Select(index => $"select count(*) from {index} i where not exists (select 1 from res r where r.rid = i.rid and r.live = 1) and not exists (select 1 from contained c where c.rid = i.rid)"),
        "select count(*) from contained c where not exists (select 1 from res r where r.rid = c.owner and r.live = 1)",
        "select count(*) from res r where r.live = 1 and not exists (select 1 from body b where b.b = r.b)",
        "select max(t) - count(*) from commits",
        "select (select count(*) from res where live >= 0) + (select count(*) from res_hist) - (select count(*) from audit_write where act <= 3)",
        "select count(*) from message m where not exists (select 1 from res r where r.rid = m.rid and r.live = 1)",
        "select count(*) from res r where r.live >= 0 and r.ver <> 1 + (select count(*) from res_hist h where h.rid = r.rid)",
    ];

    public static async Task CheckAsync(Func<string, Task<long>> number)
    {
        foreach (var sql in MustBeNone) Assert.Equal((sql, 0), (sql, await number(sql)));
    }
}
