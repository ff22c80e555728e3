namespace Fhir.Server.Store.Database;

/// <summary>
/// The role that a tenant's connection logs in with, and what it may do outside its own database
/// — https://www.postgresql.org/docs/current/user-manag.html. Only for PostgreSQL.
/// </summary>
public sealed record PostgresLogin(string Role, string Database, bool Mighty)
{
    /// <summary>Mighty = it is, or may become by its memberships, a role that no database is closed to.</summary>
    public static async Task<PostgresLogin> OfAsync(TenantDatabase database, CancellationToken stop) => (await database.FirstAsync(Sql.Of($"""
        select session_user::text, current_database()::text, exists (select 1 from pg_roles r where pg_has_role(session_user, r.oid, 'member')
            and (r.rolsuper or r.rolcreaterole or r.rolreplication or r.rolname in ('pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files')))
        """), row => new PostgresLogin(row.GetString(0), row.GetString(1), row.GetBoolean(2)), stop))!;

    /// <summary>True when this role, or one that it may become, can connect to a database of that name on its server.</summary>
    public async Task<bool> ReachesAsync(TenantDatabase own, string other, CancellationToken stop) => await own.FirstAsync(Sql.Of($"""
        select exists (select 1 from pg_database d, pg_roles r where d.datname = {other}
            and pg_has_role(session_user, r.oid, 'member') and has_database_privilege(r.oid, d.oid, 'connect'))
        """), row => row.GetBoolean(0), stop);

    /// <summary>What an administrator runs so that only its own role can connect to that database.</summary>
    public string SqlAgainst(PostgresLogin other) =>
        $"revoke connect on database {Quoted(other.Database)} from public, {Quoted(Role)}; grant connect on database {Quoted(other.Database)} to {Quoted(other.Role)};";

    private static string Quoted(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
