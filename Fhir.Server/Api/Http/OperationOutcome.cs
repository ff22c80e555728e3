using System.Buffers;
using System.Text.Json;
using Fhir.Server.Core.Outcomes;

namespace Fhir.Server.Api.Http;

/// <summary>Issues as a resource — https://hl7.org/fhir/R4/operationoutcome.html</summary>
public static class OperationOutcome
{
    public static ReadOnlyMemory<byte> Of(Issue issue) => Write("error", [issue, .. issue.Others.IsDefault ? [] : issue.Others]);

    /// <summary>Something to know about an answer that is good as far as it goes.</summary>
    public static ReadOnlyMemory<byte> Warning(Issue issue) => Write("warning", [issue]);

    /// <summary>What a caller who asked for <c>Prefer: return=OperationOutcome</c> gets when all went well.</summary>
    public static ReadOnlyMemory<byte> AllWell { get; } = Write("information", [new(IssueKind.Invalid, "All went well.") { Code = "informational" }]);

    private static ReadOnlyMemory<byte> Write(string severity, IReadOnlyList<Issue> issues)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        json.WriteString("resourceType", "OperationOutcome");
        json.WriteStartArray("issue");
        foreach (var issue in issues) WriteIssue(json, severity, issue);
        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenMemory;
    }

    private static void WriteIssue(Utf8JsonWriter json, string severity, Issue issue)
    {
        json.WriteStartObject();
        json.WriteString("severity", severity);
        json.WriteString("code", CodeOf(issue));
        json.WriteString("diagnostics", issue.Text);
        if (issue.Where is { Length: > 0 } where)
        {
            json.WriteStartArray("expression");
            json.WriteStringValue(where);
            json.WriteEndArray();
        }
        json.WriteEndObject();
    }

    // https://hl7.org/fhir/R4/valueset-issue-type.html
    private static string CodeOf(Issue issue) => issue.Code ?? issue.Kind switch
    {
        IssueKind.Invalid => "invalid",
        IssueKind.NotFound => "not-found",
        IssueKind.Gone => "deleted",
        IssueKind.Stale => "conflict",
        IssueKind.Conflict => "conflict",
        IssueKind.Forbidden => "forbidden",
        IssueKind.Unsupported => "not-supported",
        IssueKind.Unavailable => "transient",
    };
}
