namespace Fhir.Server.Store.Audit;

/// <summary>Lets tests/Benchmarks, and nothing else, measure what the audit costs: no setting, variable or command line reaches it, and a test sees to that.</summary>
public static class AuditSwitch
{
    public static bool Off { get; internal set; }
}
