using System.Text;

namespace Fhir.Server.Store.Database;

/// <summary>What the two databases write differently; the differences themselves stand in Sqlite.cs and Postgres.cs.</summary>
public abstract class Dialect
{
    /// <summary>Writes <c> in (…)</c> or <c> = any(…)</c> behind a column.</summary>
    internal abstract void AppendIn(StringBuilder text, IReadOnlyList<long> values, List<object?> parameters);

    /// <summary>The words that a migration's placeholders stand for: {blob}, {rowid}, {clustered}, {text}.</summary>
    internal abstract IReadOnlyDictionary<string, string> Words { get; }
}
