namespace Fhir.Server.Api.Audit;

/// <summary>What was done, as the audit rows number it; 1 to 3 are the store's own writes.</summary>
public enum AuditAct { None = 0, Create = 1, Update = 2, Delete = 3, Read = 11, VersionRead = 12, Search = 13, History = 14, Operation = 15, Bundle = 16, Append = 17 }
