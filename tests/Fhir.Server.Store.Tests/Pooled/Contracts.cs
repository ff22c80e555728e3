using Fhir.Server.Store.Database;
using Fhir.Server.Store.Tests.Access;
using Fhir.Server.Store.Tests.Database;
using Fhir.Server.Store.Tests.Resources;
using Fhir.Server.Store.Tests.Search;

namespace Fhir.Server.Store.Tests.Pooled;

// The contracts of the store once more, with a pooler between: whatever would lean on a session shows here.
public sealed class DatabaseThroughPgbouncer : TenantDatabaseContract { protected override Task<TenantDatabase> EmptyAsync() => Pgbouncer.DatabaseAsync(); }
public sealed class StoreThroughPgbouncer : ResourceStoreContract { protected override Task<TenantDatabase> EmptyAsync() => Pgbouncer.DatabaseAsync(); }
public sealed class PagesThroughPgbouncer : PagesContract { protected override Task<TenantDatabase> EmptyAsync() => Pgbouncer.DatabaseAsync(); }
public sealed class AccessThroughPgbouncer : AccessContract { protected override Task<TenantDatabase> EmptyAsync() => Pgbouncer.DatabaseAsync(); }
public sealed class ReindexThroughPgbouncer : ReindexContract { protected override Task<TenantDatabase> EmptyAsync() => Pgbouncer.DatabaseAsync(); }
