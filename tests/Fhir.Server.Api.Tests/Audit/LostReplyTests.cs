using Fhir.Server.Api.Audit;
using Fhir.Server.Api.Identity;
using Fhir.Server.Store.Audit;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Tests;
using Fhir.Server.Store.Tests.Database;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fhir.Server.Api.Tests.Audit;

/// <summary>PostgreSQL breaks off while it commits lines of reads: what may not be on disk is refused, and a line too many tells of an access that was asked for.</summary>
public sealed class LostReplyTests
{
    [Theory]
    [InlineData(Cut.BeforeCommit, "one three")]
    [InlineData(Cut.WhileCommitting, "one two three")]
    [InlineData(Cut.BeforeTheReply, "one two three")]
    public async Task A6_A_read_whose_line_has_no_reply_is_refused_and_leaves_one_line_at_most_in_chains_that_are_whole(Cut where, string lines)
    {
        await using var cutter = new CommitCutter(await TestDatabase.PostgresConnectionAsync());
        await using var database = PostgresDatabase.Open(cutter.Connection);
        await database.MigrateAsync([.. Migration.In(typeof(TenantDatabase).Assembly), .. Migration.In(typeof(FhirApi).Assembly)], default);
        var reads = new AuditReads(database, NullLogger<AuditReads>.Instance);
        Assert.True(await reads.RecordAsync(Line("one")));
        cutter.CutNext(where);
        Assert.False(await reads.RecordAsync(Line("two")));
        Assert.Equal(1, cutter.Cuts);
        Assert.True(await reads.RecordAsync(Line("three")));
        Assert.Equal(lines, string.Join(' ', await database.QueryAsync(Sql.Raw("select request from audit_read order by at"), r => r.GetString(0), default)));
        await IsWholeAsync(database);
    }

    private static long _at;

    private static AuditRow Line(string request) =>
        new() { AtMicros = ++_at, By = new AuditAgent { Who = "Practitioner/a" }, Request = request, Act = AuditAct.Read, Type = 1, Id = "p", Status = 200, Returned = [7] };

    private static async Task IsWholeAsync(TenantDatabase database)
    {
        var folder = Directory.CreateTempSubdirectory("samenspraak-lost-").FullName;
        using (var key = AuditKey.In(folder))
        {
            var verdict = await new AuditVerifier(database, new(Path.Combine(folder, "heads.log")), key, isOnlyServer: false).RunAsync(default);
            Assert.True(verdict.IsGood, $"{verdict.Row} {verdict.Head} {verdict.Index}");
        }
        Directory.Delete(folder, recursive: true);
    }
}
