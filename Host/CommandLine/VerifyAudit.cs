using System.Data.Common;
using System.Globalization;
using System.Net.Sockets;
using Fhir.Server.Api.Audit;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Database;
using Host.Settings;

namespace Host.CommandLine;

/// <summary><c>./start verify-audit</c>: recomputes the audit's chains and holds them against the signed heads. Reads only, so the server may run.</summary>
public static class VerifyAudit
{
    public static async Task<Result<int>> RunAsync(HouseSettings settings, TextWriter to)
    {
        if (settings.Provider == DatabaseProvider.Sqlite && !File.Exists(Path.Combine(settings.DataFolder, "audit.db"))) return new Issue(IssueKind.NotFound, $"There is no audit in {settings.DataFolder}.");
        try
        {
            await using var database = settings.Provider == DatabaseProvider.Sqlite ? (TenantDatabase)SqliteDatabase.OpenToRead(settings.DataFolder) : await PostgresDatabase.OpenAsync(settings.ConnectionString!, null, CancellationToken.None);
            using var key = AuditKey.FoundIn(settings.Api.KeyFolder);
            var began = TimeProvider.System.GetTimestamp();
            var verdict = await new AuditVerifier(database, new(settings.Api.HeadsFile), key, isOnlyServer: settings.Provider == DatabaseProvider.Sqlite).RunAsync(CancellationToken.None);
            await to.WriteLineAsync(Told(verdict, TimeProvider.System.GetElapsedTime(began)));
            return verdict.IsGood ? 0 : 1;
        }
        catch (Exception wrong) when (wrong is DbException or SocketException or IOException or UnauthorizedAccessException)
        {
            return new Issue(IssueKind.Unavailable, $"The audit cannot be read: {wrong.Message.ReplaceLineEndings(" ")}");
        }
    }

    private static string Told(AuditVerdict verdict, TimeSpan took)
    {
        var lines = new List<string>
        {
            string.Create(CultureInfo.InvariantCulture, $"checked {verdict.Rows} rows in {verdict.Chains} chains and {verdict.Heads} signed heads in {took.TotalSeconds:F1} s; {verdict.Unsigned} rows are newer than the last signed head"),
        };
        if (verdict.RowsBefore > 0) lines.Add(string.Create(CultureInfo.InvariantCulture, $"{verdict.RowsBefore} rows are from before the chain: only what happened to them since the first signed head would show"));
        if (verdict.HeadsOfOthers > 0) lines.Add(string.Create(CultureInfo.InvariantCulture, $"{verdict.HeadsOfOthers} signed heads are in the database alone (other servers'): verify there too"));
        if (verdict.Row is { } row) lines.Add($"FIRST BAD ROW: {row}");
        if (verdict.Index is { } index) lines.Add($"INDEX OF PATIENTS, FIRST BAD ROW: {index}");
        if (verdict.Head is { } head) lines.Add($"SIGNED HEADS: {head}");
        lines.Add(verdict.IsGood ? "the audit is as it was written" : "the audit is NOT as it was written");
        return string.Join('\n', lines);
    }
}
