using System.Text;

namespace Fhir.Server.Store.Database;

/// <summary>Runs the migrations that are not there yet; refuses a database that knows one which this program does not.</summary>
internal static class Migrator
{
    public static async Task RunAsync(WriteSession session, Dialect dialect, IEnumerable<Migration> migrations, CancellationToken stop)
    {
        await session.ExecuteAsync(Sql.Raw($"create table if not exists migration(name {dialect.Words["{text}"]} primary key)"), stop);
        var there = (await session.QueryAsync(Sql.Raw("select name from migration"), r => r.GetString(0), stop)).ToHashSet(StringComparer.Ordinal);
        var ours = migrations.ToList();
        if (there.Except(ours.Select(m => m.Name), StringComparer.Ordinal).FirstOrDefault() is { } newer)
            throw new NewerSchemaException(newer);
        foreach (var migration in ours.Where(m => !there.Contains(m.Name)))
        {
            foreach (var statement in Statements(Fill(migration.Text, dialect))) await session.ExecuteAsync(Sql.Raw(statement), stop);
            await session.ExecuteAsync(Sql.Of($"insert into migration(name) values({migration.Name})"), stop);
        }
        await session.CommitAsync(stop);
    }

    private static string Fill(string text, Dialect dialect) =>
        dialect.Words.Aggregate(text, (filled, word) => filled.Replace(word.Key, word.Value, StringComparison.Ordinal));

    private static IEnumerable<string> Statements(string text)
    {
        var code = new StringBuilder();
        foreach (var line in text.Split('\n').Where(l => !l.TrimStart().StartsWith("--", StringComparison.Ordinal))) code.Append(line).Append('\n');
        return code.ToString().Split(';').Where(s => !string.IsNullOrWhiteSpace(s));
    }
}

/// <summary>The database was written by a newer program: nothing has been touched.</summary>
public sealed class NewerSchemaException(string migration)
    : Exception($"This database has the schema step '{migration}', which this version does not know; start the newer version.");
