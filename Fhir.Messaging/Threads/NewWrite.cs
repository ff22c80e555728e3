using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fhir.Server.Api.Http;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Core.Validation;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Resources;
using Microsoft.Extensions.Logging;

namespace Fhir.Messaging.Threads;

/// <summary>
/// Resources that the house makes itself, on their way into the store: checked like those of a caller, and held to our own profile
/// (Profiles/clinic) whatever the settings say. What does not fit is a bug of ours: nothing is written, and the log says so.
/// </summary>
public sealed class NewWrite(Validator validator, ILogger<NewWrite> log)
{
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="shape">What a caller can get wrong: told first, in words of its own.</param>
    public Result<Write> Of(JsonObject resource, string id, string profile, ResourceKey? thread = null, Func<Element, Issue?>? shape = null)
    {
        var json = Bytes(resource);
        if (RequestBody.Parse(json).Failed(out var issue, out var body)) return issue;
        if (shape?.Invoke(body.Resource) is { } misshapen) return misshapen;
        if (Misfit(body.Resource, profile) is { } misfit) return misfit;
        return new Write { Kind = WriteKind.Create, Key = new(body.Resource.Type, id), Json = body.Json, Resource = body.Resource, Thread = thread };
    }

    private Issue? Misfit(Element resource, string profile)
    {
        var wrong = validator.Validate(resource, new() { Structure = false, DeclaredProfiles = false, Profiles = [profile] })
            .Where(issue => issue.Severity <= Severity.Error && !IsTheirs(issue)).Select(issue => issue with { Kind = IssueKind.Unfit }).ToList();
        if (wrong.Count == 0) return null;
        log.LogError("What was to be written breaks {Profile}: {Rules}.", profile, string.Join(", ", wrong.Select(issue => $"{issue.Rule ?? issue.Code} at {issue.Where}")));
        return wrong[0] with { Others = [.. wrong.Skip(1)] };
    }

    // A summary document carries the author's role, person and organisation as they are on record; what is amiss there is not ours.
    private static bool IsTheirs(Issue issue) =>
        issue.Where is { } where && where.StartsWith("Bundle.entry[", StringComparison.Ordinal) && !where.StartsWith("Bundle.entry[0]", StringComparison.Ordinal)
        && !where.StartsWith("Bundle.entry[1]", StringComparison.Ordinal) && where.Contains("].resource.", StringComparison.Ordinal);

    public static byte[] Bytes(JsonObject resource) => JsonSerializer.SerializeToUtf8Bytes(resource, Plain);

    public static JsonObject Reference(ResourceKey key) => new() { ["reference"] = key.ToString() };

    /// <summary>A FHIR instant with milliseconds.</summary>
    public static string Instant(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);
}
