using System.Globalization;
using Fhir.Server.Core.Outcomes;
using Microsoft.AspNetCore.Http;

namespace Fhir.Server.Api.Http;

/// <summary>A failure as HTTP tells it — https://hl7.org/fhir/R4/http.html#Status-Codes. The only place that knows which failure has which status.</summary>
public sealed class Refusal : Answer
{
    private readonly Issue _issue;

    private Refusal(int status, Issue issue) => (Status, _issue) = (status, issue);

    public override int Status { get; }

    public static Refusal Of(Issue issue) => new(StatusOf(issue), issue);

    /// <summary>No token, or a bad one: the answer has the same shape for every reason.</summary>
    public static Refusal Unauthorized(bool tokenGiven) =>
        new(401, new(IssueKind.Forbidden, "A valid bearer token is needed.") { Code = "login" }) { Challenge = tokenGiven ? "Bearer error=\"invalid_token\"" : "Bearer" };

    /// <summary>The token is good, but its scopes do not cover this.</summary>
    public static Refusal OutOfScope() =>
        new(403, new(IssueKind.Forbidden, "The token's scopes do not allow this.")) { Challenge = "Bearer error=\"insufficient_scope\"" };

    /// <summary>The token is good, but its holder must prove anew, with a stronger means, who she is — https://www.rfc-editor.org/rfc/rfc9470#section-3</summary>
    public static Refusal StepUp(string acr, TimeSpan fresh) => new(401, new(IssueKind.Forbidden, "Prove anew who you are, with a stronger means, and call again.") { Code = "login" })
    {
        Challenge = string.Create(CultureInfo.InvariantCulture, $"Bearer error=\"insufficient_user_authentication\", acr_values=\"{acr}\", max_age=\"{(int)fresh.TotalSeconds}\""),
    };

    /// <summary>So often and no more: 429, and when it may be tried again — https://www.rfc-editor.org/rfc/rfc6585#section-4</summary>
    public static Refusal TooMany(TimeSpan wait) => new(429, Bare(429)._issue) { RetryAfter = Math.Max(1, (long)Math.Ceiling(wait.TotalSeconds)) };

    /// <summary>All of us are at work, and as many wait as may.</summary>
    public static Refusal Busy => Of(new(IssueKind.Unavailable, "Too much is asked for at once; try again in a moment.") { Code = "throttled" });

    /// <summary>The caller takes neither of our formats: 406.</summary>
    public static readonly Issue WrongFormat = new(IssueKind.Unsupported, "Only application/fhir+json and application/fhir+xml of FHIR 4.0 can be answered here.", "http.Accept");

    /// <summary>The body is no FHIR: 415.</summary>
    public static readonly Issue WrongMediaType = new(IssueKind.Unsupported, "The body must be application/fhir+json or application/fhir+xml of FHIR 4.0, in UTF-8, without Content-Encoding.", "http.Content-Type");

    /// <summary>The resource exists, but not for this method.</summary>
    public static Refusal MethodNotAllowed(string allow) => new(405, Bare(405)._issue) { Allow = allow };

    /// <summary>The database cannot be reached: 503, and the caller may try again.</summary>
    public static Refusal DatabaseAway => Of(new(IssueKind.Unavailable, "The record cannot be reached right now; try again in a moment.") { Code = "transient" });

    /// <summary>A query was ended since it took too long: how long it takes depends on what else goes on, so it is 503 and not 400.</summary>
    public static Refusal TookTooLong => new(503, QueryTookTooLong) { RetryAfter = 10 };

    public static readonly Issue QueryTookTooLong = new(IssueKind.Unavailable, "It took too long to find out, so it was given up; ask for less, or try again later.") { Code = "too-costly" };

    /// <summary>The reply to a commit was lost: 503, and how to find out what became of it. Trying again blindly might do it twice.</summary>
    public static Refusal OutcomeUnknown => new(503, CommitUnknown) { RetryAfter = 10 };

    private static readonly Issue CommitUnknown = new(IssueKind.Unavailable,
        "Whether this was done is not known: the database broke off while it was. Look before it is sent again (read it, its history or the search that finds it); " +
        "a create with If-None-Exist and an update with If-Match do nothing twice.") { Code = "timeout" };

    /// <summary>A bug or an outage: the request id leads to the log, nothing else is told.</summary>
    public static Refusal Unforeseen(string requestId) =>
        new(500, new(IssueKind.Unavailable, $"Something went wrong here; request {requestId}.") { Code = "exception" });

    /// <summary>What the framework refused with a bare status: an unknown route, a wrong method, a body that is too large.</summary>
    public static Refusal Bare(int status) => new(status, status switch
    {
        404 => new(IssueKind.NotFound, "There is nothing at this address."),
        405 => new(IssueKind.Unsupported, "This method is not allowed here; see the Allow header."),
        406 => WrongFormat,
        413 => new(IssueKind.Invalid, "The body is too large.") { Code = "too-long" },
        415 => WrongMediaType,
        429 => new(IssueKind.Unavailable, "Too many requests.") { Code = "throttled" },
        _ => new(IssueKind.Invalid, "The request could not be read.") { Code = "invalid" },
    });

    private string? Challenge { get; init; }
    private string? Allow { get; init; }
    private long RetryAfter { get; init; } = 1;

    public static int StatusOf(Issue issue) => ReferenceEquals(issue, WrongMediaType) ? 415 : ReferenceEquals(issue, WrongFormat) ? 406 : issue.Kind == IssueKind.Unfit ? 422 : issue.Code switch
    {
        "multiple-matches" => 412,
        "business-rule" or "invariant" => 422,
        "too-long" => 413,
        _ => issue.Kind switch
        {
            IssueKind.Invalid => 400,
            IssueKind.Unfit => 422,
            IssueKind.NotFound => 404,
            IssueKind.Gone => 410,
            IssueKind.Stale => 412,
            IssueKind.Conflict => 409,
            IssueKind.Forbidden => 403,
            IssueKind.Unsupported => 400,
            IssueKind.Unavailable => 503,
        },
    };

    public override Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = Status;
        if (Challenge is not null) response.Headers.WWWAuthenticate = Challenge;
        if (Allow is not null) response.Headers.Allow = Allow;
        if (Status is 503 or 429) response.Headers.RetryAfter = RetryAfter.ToString(CultureInfo.InvariantCulture);
        return FhirBody.WriteAsync(httpContext, OperationOutcome.Of(_issue));
    }

    /// <summary>The same as an entry of a Bundle needs it: status and OperationOutcome.</summary>
    public ReadOnlyMemory<byte> Outcome => OperationOutcome.Of(_issue);

    /// <summary>The issue with the place of its Bundle entry before its own: <c>Bundle.entry[3].resource.name[0]</c>.</summary>
    public static Issue At(Issue issue, string place) => issue with
    {
        Where = Within(issue.Where, place),
        Others = issue.Others.IsDefaultOrEmpty ? [] : [.. issue.Others.Select(o => At(o, place))],
    };

    private static string Within(string? where, string place)
    {
        if (where is null) return place;
        if (where.StartsWith(place, StringComparison.Ordinal)) return where;
        var path = place.EndsWith(".resource", StringComparison.Ordinal) ? where[(where.IndexOf('.', StringComparison.Ordinal) + 1)..] : where;
        return $"{place}.{path}";
    }
}
