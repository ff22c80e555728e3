namespace Fhir.Server.Store.Jobs;

/// <summary>What a job is for.</summary>
public enum JobKind { Export = 0, Import = 1, Batch = 2 }

/// <summary>Running: it waits or is worked at. What failed stays failed.</summary>
public enum JobState { Running = 0, Done = 1, Failed = 2 }

/// <summary>A row of <c>job</c>. Owner = who started it, as nobody else can be; Request = as it was asked. Times are µs since 1970.</summary>
public sealed record Job
{
    public long N { get; init; }
    public required string Id { get; init; }
    public required JobKind Kind { get; init; }
    public required string Owner { get; init; }
    public required string Request { get; init; }
    public required long MadeAt { get; init; }
    public required long UntilAt { get; init; }
    /// <summary>The moment that what it hands out was current; 0 = it hands out nothing of the record.</summary>
    public long AsOf { get; init; }
    public required JobState State { get; init; }
    /// <summary>Which elements its files hold, divided by commas; empty = all.</summary>
    public string Elements { get; init; } = "";
    /// <summary>How many pieces of it are done.</summary>
    public long Progress { get; init; }
}
