using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace Crash;

/// <summary>FHIR over HTTP as the crash tests speak it: an answer, or null when the server died on the way.</summary>
internal static class Http
{
    public static JsonObject Reference(string to) => new() { ["reference"] = to };
    public static JsonObject Parameters(params JsonObject[] parameters) => new() { ["resourceType"] = "Parameters", ["parameter"] = new JsonArray([.. parameters]) };
    public static JsonObject Text(string name, string value) => new() { ["name"] = name, ["valueString"] = value };

    /// <summary>The answer's body; null = no answer, so nobody knows whether it happened. Any other refusal fails the test.</summary>
    public static async Task<JsonNode?> SendAsync(HttpClient client, HttpMethod method, string url, JsonObject? body, string? ifNoneExist = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(url, UriKind.Relative));
        if (ifNoneExist is not null) request.Headers.Add("If-None-Exist", ifNoneExist);
        if (body is not null) request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, new MediaTypeHeaderValue("application/fhir+json"));
        try
        {
            using var answer = await client.SendAsync(request);
            if (answer.StatusCode == HttpStatusCode.ServiceUnavailable) return await LaterAsync(answer);
            var text = await answer.Content.ReadAsStringAsync();
            Assert.True(answer.IsSuccessStatusCode, $"{method} {url}: {(int)answer.StatusCode} {text}");
            return text.Length == 0 ? new JsonObject() : JsonNode.Parse(text);
        }
        catch (Exception died) when (died is HttpRequestException or IOException or TaskCanceledException)
        {
            return null;
        }
    }

    // The database is away: it may be tried again, and the answer says when. Nobody knows what became of it.
    private static async Task<JsonNode?> LaterAsync(HttpResponseMessage answer)
    {
        Assert.NotNull(answer.Headers.RetryAfter);
        await Task.Delay(50);
        return null;
    }

    public static async Task<JsonNode> GetAsync(HttpClient client, string url)
    {
        var answer = await SendAsync(client, HttpMethod.Get, url, null);
        Assert.NotNull(answer);
        return answer;
    }

    public static async Task<List<JsonNode>> EntriesAsync(HttpClient client, string url) =>
        [.. ((await GetAsync(client, url))["entry"]?.AsArray() ?? []).Select(e => e!["resource"]!)];
}
