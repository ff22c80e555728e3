using Fhir.Server.Api.Audit;

namespace Fhir.Server.Api.Tests.Audit;

/// <summary>Whatever somebody with all rights on the database does to the audit: the verification names the first row of it.</summary>
public abstract class TamperContract(Ledger ledger)
{
    private async Task<AuditVerdict> AfterAsync(bool writes, params string[] statements)
    {
        try
        {
            await ledger.RunAsync(statements, writes);
            return await ledger.VerifyAsync();
        }
        finally
        {
            await ledger.RestoreAsync();
        }
    }

    private async Task FindsAsync(string place, string why, bool writes, params string[] statements)
    {
        var verdict = await AfterAsync(writes, statements);
        Assert.NotNull(verdict.Row);
        Assert.Equal((place, true), (verdict.Row.Chain.EventId(verdict.Row.N), verdict.Row.Why.Contains(why, StringComparison.Ordinal)));
        Assert.False(verdict.IsGood);
    }

    [Fact]
    public async Task J3_An_audit_that_nobody_touched_is_good()
    {
        var verdict = await ledger.VerifyAsync();
        Assert.True(verdict.IsGood, $"{verdict.Row} {verdict.Head}");
        Assert.Equal((17L, 3, 3L, 0L, 0L), (verdict.Rows, verdict.Chains, verdict.Heads, verdict.Unsigned, verdict.RowsBefore));
    }

    [Theory]
    [InlineData("t"), InlineData("at"), InlineData("agent"), InlineData("request"), InlineData("act"), InlineData("typ"), InlineData("fid")]
    [InlineData("ver"), InlineData("patient"), InlineData("flags"), InlineData("body"), InlineData("hash")]
    public Task J3_An_altered_column_of_a_write_is_found(string column) => FindsAsync("w-3", "altered", true, $"update audit_write set {Altered(column)} where n = 3");

    [Theory]
    [InlineData("at"), InlineData("agent"), InlineData("request"), InlineData("act"), InlineData("typ"), InlineData("fid")]
    [InlineData("query"), InlineData("outcome"), InlineData("flags"), InlineData("returned"), InlineData("hash")]
    public Task J3_An_altered_column_of_a_read_is_found(string column) => FindsAsync("r-1-2", "altered", false, $"update audit_read set {Altered(column)} where n = {Read(1, 2)}");

    private static string Altered(string column) => column switch
    {
        "agent" or "hash" or "body" or "returned" => $"{column} = cast('0123456789abcdef' as {{blob}})",
        "request" or "fid" or "query" => $"{column} = coalesce({column}, '') || 'x'",
        _ => $"{column} = coalesce({column}, 0) + 1",
    };

    [Fact]
    public async Task J3_A_deleted_row_is_found()
    {
        await FindsAsync("w-3", "missing", true, "delete from audit_write where n = 3");
        await FindsAsync("w-1", "missing", true, "delete from audit_write where n = 1");
        await FindsAsync("r-1-2", "missing", false, $"delete from audit_read where n = {Read(1, 2)}");
        await FindsAsync("r-1-1", "missing", false, $"delete from audit_read where n = {Read(1, 1)}");
        await FindsAsync("r-2-1", "missing", false, $"delete from audit_read where n = {Read(2, 1)}");
    }

    [Fact]
    public async Task J3_Rows_that_changed_places_are_found()
    {
        await FindsAsync("w-3", "another place", true, Swap("audit_write", 3, 5));
        await FindsAsync("r-1-2", "another place", false, Swap("audit_read", Read(1, 2), Read(1, 3)));
        await FindsAsync("r-1-4", "altered", false, [$"delete from audit_read where n = {Read(1, 4)}", .. Enumerable.Range(5, 3).Select(seq => $"update audit_read set n = n - 1 where n = {Read(1, seq)}")]);
    }

    private static string[] Swap(string table, long some, long other) =>
        [$"update {table} set n = 999 where n = {some}", $"update {table} set n = {some} where n = {other}", $"update {table} set n = {other} where n = 999"];

    [Fact]
    public async Task J3_A_row_put_in_is_found()
    {
        await FindsAsync("w-9", "put in", true, "insert into audit_write select 9, t, at, agent, request, act, typ, fid, ver, patient, flags, body, hash from audit_write where n = 8");
        await FindsAsync("r-2-3", "put in", false, $"insert into audit_read select n + 1, at, agent, request, act, typ, fid, query, outcome, flags, returned, hash from audit_read where n = {Read(2, 2)}");
        await FindsAsync("r-3-1", "put in", false, $"insert into audit_read select {Read(3, 1)}, at, agent, request, act, typ, fid, query, outcome, flags, returned, hash from audit_read where n = {Read(1, 1)}");
    }

    [Fact]
    public async Task J3_What_was_cut_off_at_the_end_is_found_by_the_signed_head()
    {
        await FindsAsync("w-7", "signed", true, "delete from audit_write where n >= 7");
        await FindsAsync("r-1-6", "signed", false, $"delete from audit_read where n >= {Read(1, 6)} and n < {Read(2, 0)}");
        await FindsAsync("r-1-1", "missing", false, "delete from audit_read");
        await FindsAsync("w-1", "signed", true, "delete from audit_write");
    }

    [Fact]
    public Task J3_A_whole_chain_that_is_gone_is_found_by_the_signed_head() => FindsAsync("r-2-1", "signed", false, $"delete from audit_read where n >= {Read(2, 0)}");

    [Fact]
    public async Task J3_An_altered_agent_is_found()
    {
        const string one = "(select agent from audit_write where n = 1)";
        foreach (var column in "who client issuer jti role practitioner_role organization on_behalf_of scopes network".Split(' '))
            await FindsAsync("w-1", "who did it", true, $"update audit_write_agent set {column} = coalesce({column}, '') || 'x' where agent = {one}");
        await FindsAsync("w-1", "who did it", true, $"delete from audit_write_agent where agent = {one}");
        await FindsAsync("r-1-2", "who did it", false, $"update audit_read_agent set who = 'x' where agent = (select agent from audit_read where n = {Read(1, 2)})");
        await FindsAsync("r-1-5", "who did it", false, "update audit_read_agent set who = 'nobody' where who = 'another server'");
    }

    [Fact]
    public async Task J3_Rows_that_pretend_to_be_older_than_the_chain_are_found()
    {
        await FindsAsync("w-1", "hash was taken away", true, "update audit_write set hash = null where n <= 3");
        await FindsAsync("w-1", "hash was taken away", true, "update audit_write set hash = null");
        await FindsAsync("w-8", "altered", true, "update audit_write set hash = null where n = 8");
    }

    [Fact]
    public async Task J3_The_file_of_signed_heads_cannot_be_changed_unseen()
    {
        var lines = await File.ReadAllLinesAsync(ledger.HeadsFile);
        Assert.Equal(3, lines.Length);
        Assert.Contains("line 2", await HeadsWith([lines[0], lines[1].Replace("\"n\":", "\"n\":1", StringComparison.Ordinal), lines[2]]), StringComparison.Ordinal);
        Assert.Contains("line 2", await HeadsWith([lines[0], "", lines[2]]), StringComparison.Ordinal);
        var altered = lines[1].Replace("\"n\":", "\"n\":1", StringComparison.Ordinal);
        Assert.Contains("line 2 of the file of signed heads was altered", await HeadsWith([lines[0], altered, lines[2]], $"update audit_head set line = '{altered}' where k = 2"), StringComparison.Ordinal);
        Assert.Contains("before line 2", await HeadsWith([lines[0], lines[2]]), StringComparison.Ordinal);
        Assert.Contains("before line 2", await HeadsWith([lines[0], lines[2], lines[1]]), StringComparison.Ordinal);
        Assert.Contains("from line 3 on", await HeadsWith([lines[0], lines[1]]), StringComparison.Ordinal);
        Assert.Contains("from line 1 on", await HeadsWith([]), StringComparison.Ordinal);
        File.Delete(ledger.HeadsFile);
        Assert.Contains("gone", (await AfterAsync(false)).Head, StringComparison.Ordinal);
        Assert.Contains("line 2", (await AfterAsync(false, "update audit_head set line = line || ' ' where k = 2")).Head, StringComparison.Ordinal);
        Assert.Contains("line 2", (await AfterAsync(false, "delete from audit_head where k = 2")).Head, StringComparison.Ordinal);
    }

    private async Task<string?> HeadsWith(string[] lines, params string[] statements)
    {
        await File.WriteAllLinesAsync(ledger.HeadsFile, lines);
        return (await AfterAsync(false, statements)).Head;
    }

    [Fact]
    public async Task J3_Heads_that_another_key_signed_are_found_in_the_file_and_in_the_database_alike()
    {
        using var ours = AuditKey.FoundIn(Path.Combine(ledger.DataFolder, "keys"))!;
        using var another = AuditKey.In(Directory.CreateTempSubdirectory("samenspraak-key-").FullName);
        string[] lines = [.. (await File.ReadAllLinesAsync(ledger.HeadsFile)).Select(line => SignedHeads.Read(line, ours)!.Value.Heads.ToLine(another))];
        Assert.Contains("line 1 of the file of signed heads is signed by another key", await HeadsWith(lines, [.. lines.Select((line, i) => $"update audit_head set line = '{line}' where k = {i + 1}")]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task J3_A_chain_that_was_written_anew_with_all_its_hashes_is_found_by_the_signed_head()
    {
        var anew = await ledger.WritesAnewAsync(3, "another");
        await FindsAsync("w-1", "written anew", true, anew);
    }

    [Fact]
    public async Task J3_Cutting_the_rows_and_the_heads_in_the_database_is_found_by_the_file()
    {
        var verdict = await AfterAsync(false, $"delete from audit_read where n >= {Read(1, 5)}", "delete from audit_head where k = 3");
        Assert.Equal("r-1-5", verdict.Row!.Chain.EventId(verdict.Row.N));
    }

    private static long Read(long chain, long seq) => new Fhir.Server.Store.Audit.ReadNumber(chain, seq).N;
}

public sealed class TamperOnSqlite(Ledger ledger) : TamperContract(ledger), IClassFixture<Ledger>;
public sealed class TamperOnPostgres(LedgerOnPostgres ledger) : TamperContract(ledger), IClassFixture<LedgerOnPostgres>;
