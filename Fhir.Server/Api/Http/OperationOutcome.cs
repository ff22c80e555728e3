using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Fhir.Server.Core.Outcomes;

namespace Fhir.Server.Api.Http;

/// <summary>Issues as a resource — https://hl7.org/fhir/R4/operationoutcome.html</summary>
public static class OperationOutcome
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };   // no \u0027 for people to read

    public static ReadOnlyMemory<byte> Of(Issue issue) => Of([issue, .. issue.Others.IsDefault ? [] : issue.Others]);

    /// <summary>Something to know about an answer that is good as far as it goes.</summary>
    public static ReadOnlyMemory<byte> Warning(Issue issue) => Of([issue with { Severity = Severity.Warning }]);

    /// <summary>What a caller who asked for <c>Prefer: return=OperationOutcome</c> gets when all went well.</summary>
    public static ReadOnlyMemory<byte> AllWell { get; } = Of([new(IssueKind.Invalid, "All went well.") { Code = "informational", Severity = Severity.Information }]);

    /// <summary>Each issue with the severity, place and invariant that it bears.</summary>
    public static ReadOnlyMemory<byte> Of(IReadOnlyList<Issue> issues)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using var json = new Utf8JsonWriter(buffer, Options);
        json.WriteStartObject();
        json.WriteString("resourceType", "OperationOutcome");
        json.WriteStartArray("issue");
        foreach (var issue in issues) WriteIssue(json, issue);
        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenMemory;
    }

    private static void WriteIssue(Utf8JsonWriter json, Issue issue)
    {
        json.WriteStartObject();
        json.WriteString("severity", SeverityOf(issue));
        json.WriteString("code", CodeOf(issue));
        if (issue.Rule is { } rule)
        {
            json.WriteStartObject("details");
            json.WriteString("text", rule);
            json.WriteEndObject();
        }
        json.WriteString("diagnostics", issue.Text);
        if (issue.Where is { Length: > 0 } where)
        {
            json.WriteStartArray("expression");
            json.WriteStringValue(where);
            json.WriteEndArray();
        }
        json.WriteEndObject();
    }

    private static string SeverityOf(Issue issue) => issue.Severity switch
    {
        Severity.Fatal => "fatal",
        Severity.Error => "error",
        Severity.Warning => "warning",
        Severity.Information => "information",
    };

    // https://hl7.org/fhir/R4/valueset-issue-type.html
    private static string CodeOf(Issue issue) => issue.Code ?? issue.Kind switch
    {
        IssueKind.Invalid => "invalid",
        IssueKind.Unfit => "business-rule",
        IssueKind.NotFound => "not-found",
        IssueKind.Gone => "deleted",
        IssueKind.Stale => "conflict",
        IssueKind.Conflict => "conflict",
        IssueKind.Forbidden => "forbidden",
        IssueKind.Unsupported => "not-supported",
        IssueKind.Unavailable => "transient",
    };
}
