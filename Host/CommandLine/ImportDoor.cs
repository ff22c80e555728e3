using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Fhir.Server.Api.Identity;
using Fhir.Server.Core.Outcomes;
using Host.Demo;

namespace Host.CommandLine;

/// <summary>The FHIR API as the import uses it: the integrator's token, made anew for each request, and the practice that what is written belongs to.</summary>
public sealed class ImportDoor(Uri server, string? host, TokenIssuer tokens) : IDisposable
{
    private readonly HttpClient _http = new() { BaseAddress = server, Timeout = TimeSpan.FromMinutes(10) };
    private string? _practice;

    public void Dispose() => _http.Dispose();

    /// <summary>Finds the practice by its id or its exact name, and keeps it for all that is sent.</summary>
    public async Task<Issue?> ChooseAsync(string practice, CancellationToken stop)
    {
        var name = practice.StartsWith("Organization/", StringComparison.Ordinal) ? practice["Organization/".Length..] : practice;
        var asked = await AskAsync(new(HttpMethod.Get, $"/fhir/Organization/{Uri.EscapeDataString(name)}"), stop);
        if (asked.Failed(out var issue, out var found))
        {
            if (issue.Kind is not (IssueKind.NotFound or IssueKind.Invalid)) return issue;
            if ((await AskAsync(new(HttpMethod.Get, $"/fhir/Organization?name:exact={Uri.EscapeDataString(name)}&_count=2"), stop)).Failed(out issue, out var bundle)) return issue;
            if (!bundle.TryGetProperty("entry", out var entries) || entries.GetArrayLength() != 1) return new(IssueKind.NotFound, $"There is no practice '{practice}'.");
            found = entries[0].GetProperty("resource");
        }
        _practice = $"Organization/{found.GetProperty("id").GetString()}";
        return null;
    }

    /// <summary>Sends a Bundle; answers for each entry with null when it was taken, else with its issue.</summary>
    public async Task<Result<IReadOnlyList<Issue?>>> SendAsync(Parcel parcel, CancellationToken stop)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/fhir") { Content = new ReadOnlyMemoryContent(parcel.Body) };
        request.Content.Headers.ContentType = new("application/fhir+json");
        request.Headers.Add("Prefer", "return=minimal");
        if ((await AskAsync(request, stop)).Failed(out var issue, out var answer)) return issue;
        return answer.TryGetProperty("entry", out var entries) ? [.. entries.EnumerateArray().Select(Answered)] : Array.Empty<Issue?>();
    }

    /// <summary>Brings lines by $import, waits for the end, and gives those that were refused, by their number in what was sent.</summary>
    public async Task<Result<IReadOnlyDictionary<int, Issue>>> ImportAsync(ReadOnlyMemory<byte> lines, CancellationToken stop)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/fhir/$import") { Content = new ReadOnlyMemoryContent(lines) };
        request.Content.Headers.ContentType = new("application/fhir+ndjson");
        request.Headers.Add("Prefer", "respond-async");
        if ((await ReceiveAsync(request, stop)).Failed(out var issue, out var started)) return issue;
        if (started.Place is not { } place) return new Issue(IssueKind.Unavailable, "The server did not say where the import is.");
        var job = $"/fhir/$job/{place.Split('/')[^1]}";
        if ((await EndAsync(job, stop)).Failed(out issue, out var manifest)) return issue;
        var refused = new Dictionary<int, Issue>();
        if (manifest.GetProperty("error").GetArrayLength() > 0)
        {
            if ((await ReceiveAsync(new(HttpMethod.Get, $"{job}/OperationOutcome/refused"), stop)).Failed(out issue, out var told)) return issue;
            foreach (var (line, why) in RefusedIn(told.Body)) refused[line] = why;
        }
        await ReceiveAsync(new(HttpMethod.Delete, job), stop);
        return refused;
    }

    private async Task<Result<JsonElement>> EndAsync(string job, CancellationToken stop)
    {
        for (var wait = 20; ; wait = Math.Min(wait * 2, 500))
        {
            if ((await ReceiveAsync(new(HttpMethod.Get, job), stop)).Failed(out var issue, out var answer)) return issue;
            if (answer.Status == HttpStatusCode.OK) return JsonElement.Parse(answer.Body);
            await Task.Delay(wait, stop);
        }
    }

    // An OperationOutcome on each line; its place begins with line[3].
    private static IEnumerable<(int Line, Issue Why)> RefusedIn(byte[] told)
    {
        foreach (var text in Encoding.UTF8.GetString(told).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var issue = IssueIn(JsonElement.Parse(text), IssueKind.Invalid);
            var place = issue.Where ?? "";
            var end = place.IndexOf(']', StringComparison.Ordinal);
            if (!place.StartsWith("line[", StringComparison.Ordinal) || end < 0) continue;
            yield return (int.Parse(place.AsSpan(5, end - 5), CultureInfo.InvariantCulture), issue with { Where = place.Length > end + 2 ? place[(end + 2)..] : null });
        }
    }

    private static Issue? Answered(JsonElement entry)
    {
        var response = entry.GetProperty("response");
        if (response.GetProperty("status").GetString()!.StartsWith('2')) return null;
        return response.TryGetProperty("outcome", out var outcome) ? IssueIn(outcome, IssueKind.Invalid) : new(IssueKind.Invalid, "It was refused.");
    }

    private async Task<Result<JsonElement>> AskAsync(HttpRequestMessage request, CancellationToken stop) =>
        (await ReceiveAsync(request, stop)).Failed(out var issue, out var answer) ? issue : JsonElement.Parse(answer.Body);

    private sealed record Received(HttpStatusCode Status, byte[] Body, string? Place);

    private async Task<Result<Received>> ReceiveAsync(HttpRequestMessage request, CancellationToken stop)
    {
        request.Headers.Host = host;   // the tenant's, when there are several
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", tokens.Issue(DemoUsers.Find("integrator")!.Token(scope: null, TimeSpan.FromMinutes(10))));
        request.Headers.Accept.ParseAdd("application/fhir+json");
        if (_practice is not null) request.Headers.Add("X-Home-Organization", _practice);
        try
        {
            using var response = await _http.SendAsync(request, stop);
            var body = await response.Content.ReadAsByteArrayAsync(stop);
            return response.IsSuccessStatusCode ? new Received(response.StatusCode, body, response.Content.Headers.ContentLocation?.ToString()) : IssueIn(JsonElement.Parse(body), KindOf((int)response.StatusCode));
        }
        catch (Exception away) when (away is HttpRequestException or JsonException)
        {
            return new Issue(IssueKind.Unavailable, $"The server at {server.GetLeftPart(UriPartial.Authority)} does not answer.");
        }
    }

    private static IssueKind KindOf(int status) => status switch
    {
        404 => IssueKind.NotFound,
        401 or 403 => IssueKind.Forbidden,
        >= 500 => IssueKind.Unavailable,
        _ => IssueKind.Invalid,
    };

    private static Issue IssueIn(JsonElement outcome, IssueKind kind)
    {
        if (!outcome.TryGetProperty("issue", out var issues) || issues.GetArrayLength() == 0) return new(kind, "It was refused.");
        var first = issues[0];
        var text = first.TryGetProperty("diagnostics", out var said) ? said.GetString()! : "It was refused.";
        return new(kind, text, first.TryGetProperty("expression", out var where) && where.GetArrayLength() > 0 ? where[0].GetString() : null);
    }
}
