namespace Fhir.Server.Api.Identity;

/// <summary>What was done, as the audit rows number it; up to 9 are the store's own writes, Append a posted AuditEvent.</summary>
public enum AuditAct { None = 0, Create = 1, Update = 2, Delete = 3, Append = 9, Read = 11, VersionRead = 12, Search = 13, History = 14, Operation = 15, Bundle = 16, Disclose = 17 }
