using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Scenarios.Stage;

/// <summary>Somebody with a token, who speaks plain HTTP. Answers are kept whole: status and JSON.</summary>
public sealed class Person(string name, Uri server, string token, string? host = null) : IDisposable
{
    private readonly HttpClient _http = new();
    private Uri _server = server;

    public string Token => token;
    public string Role => $"PractitionerRole/{name}";
    public Uri Server => _server;
    /// <summary>The host name that she calls when it is not the server's address.</summary>
    public string? Host => host;

    public void Moved(Uri server) => _server = server;

    public void Dispose() => _http.Dispose();

    public Task<Answer> GetAsync(string address) => SendAsync(HttpMethod.Get, address);
    public Task<Answer> PostAsync(string address, JsonNode body) => SendAsync(HttpMethod.Post, address, body);
    public Task<Answer> PutAsync(string address, JsonNode body) => SendAsync(HttpMethod.Put, address, body);
    public Task<Answer> DeleteAsync(string address) => SendAsync(HttpMethod.Delete, address);

    public async Task<Answer> SendAsync(HttpMethod method, string address, JsonNode? body = null, string? accept = null, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(method, new Uri(_server, $"/fhir/{address}"));
        request.Headers.Host = host;
        foreach (var (header, value) in headers) request.Headers.Add(header, value);
        request.Headers.Authorization = new("Bearer", token);
        request.Headers.Accept.ParseAdd(accept ?? "application/fhir+json");
        if (body is not null) request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/fhir+json");
        using var response = await _http.SendAsync(request);
        return new(response.StatusCode, await response.Content.ReadAsByteArrayAsync());
    }

    public async Task<Answer> UploadAsync(byte[] content, string type, string thread)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_server, "/fhir/Binary")) { Content = new ByteArrayContent(content) };
        request.Headers.Authorization = new("Bearer", token);
        request.Headers.Add("X-Security-Context", thread);
        request.Content.Headers.ContentType = new(type);
        using var response = await _http.SendAsync(request);
        return new(response.StatusCode, await response.Content.ReadAsByteArrayAsync());
    }

    public async Task<IReadOnlyList<JsonElement>> SearchAsync(string address) => (await GetAsync(address)).Must(200).Entries;

    // --- threads -----------------------------------------------------------------------------------------------
    public Task<Answer> OpenThreadAsync(string patient, Person recipient, string topic, string? text = null, string category = "advice", string? consent = null) =>
        PostAsync("Communication/$open-thread", Parameters(
            ("subject", "valueReference", Reference(patient)), ("recipient", "valueReference", Reference(recipient.Role)),
            ("topic", "valueString", topic), ("category", "valueCode", category),
            ("consent", "valueReference", consent is null ? null : Reference(consent)), ("text", "valueString", text)));

    public Task<Answer> SayAsync(string thread, string text, Guid? clientId = null) =>
        PostAsync($"{thread}/$send-message", Parameters(("text", "valueString", text), ("client-id", "valueString", (clientId ?? Guid.NewGuid()).ToString())));

    public Task<IReadOnlyList<JsonElement>> MessagesAsync(string thread, int afterSeq = 0, int count = 200) => SearchAsync($"{thread}/$messages?after-seq={afterSeq}&_count={count}");

    public Task<Answer> ReadUpToAsync(string thread, int seq) => PostAsync($"{thread}/$mark-read", Parameters(("seq", "valueInteger", seq)));

    public Task<Answer> CloseAsync(string thread, string summary) => PostAsync($"{thread}/$close-thread", Parameters(("summary", "valueString", summary)));

    public Task<IReadOnlyList<JsonElement>> InboxAsync() => SearchAsync("Communication/$inbox?_count=50");

    /// <summary>For those who may have no inbox at all.</summary>
    public async Task<IReadOnlyList<JsonElement>> InboxOrNothingAsync() => await GetAsync("Communication/$inbox") is { Status: HttpStatusCode.OK } inbox ? inbox.Entries : [];

    public static JsonObject Parameters(params (string Name, string Kind, JsonNode? Value)[] all) => new()
    {
        ["resourceType"] = "Parameters",
        ["parameter"] = new JsonArray([.. all.Where(p => p.Value is not null).Select(p => (JsonNode)new JsonObject { ["name"] = p.Name, [p.Kind] = p.Value })]),
    };

    public static JsonObject Reference(string to) => new() { ["reference"] = to };
}

/// <summary>What the server answered.</summary>
public sealed record Answer(HttpStatusCode Status, byte[] Body)
{
    public string Text => Encoding.UTF8.GetString(Body);
    public JsonElement Json => JsonElement.Parse(Body);
    public string Id => Json.GetProperty("id").GetString()!;
    public string Type => Json.GetProperty("resourceType").GetString()!;
    public string Key => $"{Type}/{Id}";

    public IReadOnlyList<JsonElement> Entries => Json.TryGetProperty("entry", out var entries) ? [.. entries.EnumerateArray().Select(e => e.GetProperty("resource"))] : [];

    public Answer Must(params int[] statuses)
    {
        Assert.True(statuses.Contains((int)Status), $"{string.Join('/', statuses)} was expected, but it was {(int)Status}: {Text}");
        return this;
    }

    /// <summary>A refusal is an OperationOutcome that says why.</summary>
    public string Refused(params int[] statuses)
    {
        Must(statuses);
        Assert.Equal("OperationOutcome", Type);
        return Json.GetProperty("issue")[0].GetProperty("diagnostics").GetString()!;
    }
}
