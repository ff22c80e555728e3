using System.Globalization;
using Fhir.Server.Core.Outcomes;
using Microsoft.Extensions.Configuration;

namespace Fhir.Server.Api.Bulk;

/// <summary>How much at once, and how long it is kept.</summary>
public sealed record BulkSettings
{
    /// <summary>How long a job and its files can be fetched.</summary>
    public int KeepHours { get; init; } = 24;
    /// <summary>The most resources in one file; each file leaves a line in the log that names them all.</summary>
    public int ResourcesPerFile { get; init; } = 10_000;
    /// <summary>The most bytes that one import brings.</summary>
    public long MaxImportBytes { get; init; } = 1024L * 1024 * 1024;
    /// <summary>The most jobs that are kept for one caller.</summary>
    public int JobsPerCaller { get; init; } = 100;

    /// <summary>The settings under <c>Bulk</c>, or the one sentence that says what is wrong with them.</summary>
    public static Result<BulkSettings> Read(IConfiguration from)
    {
        var usual = new BulkSettings();
        if (Number(from, "Bulk:KeepHours", usual.KeepHours, 24 * 30).Failed(out var issue, out var hours)) return issue;
        if (Number(from, "Bulk:ResourcesPerFile", usual.ResourcesPerFile, 1_000_000).Failed(out issue, out var resources)) return issue;
        if (Number(from, "Bulk:JobsPerCaller", usual.JobsPerCaller, 1000).Failed(out issue, out var jobs)) return issue;
        if (Number(from, "Bulk:MaxImportMegabytes", 1024, 1_000_000).Failed(out issue, out var megabytes)) return issue;
        return new BulkSettings { MaxImportBytes = megabytes * 1024L * 1024, KeepHours = hours, ResourcesPerFile = resources, JobsPerCaller = jobs };
    }

    private static Result<int> Number(IConfiguration from, string name, int usual, int most) =>
        from[name] is not { Length: > 0 } text ? usual : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 1 && number <= most
            ? number
            : new Issue(IssueKind.Invalid, string.Create(CultureInfo.InvariantCulture, $"{name} must be a number from 1 to {most}."));
}
