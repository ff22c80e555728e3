using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Validation;
using Fhir.Server.Core.Xml;

namespace Fhir.Server.Api.Tests;

/// <summary>What a caller sees of an answer.</summary>
public sealed record Got(HttpStatusCode Status, string Text, byte[] Bytes, HttpResponseHeaders Headers, HttpContentHeaders Content)
{
    public int Code => (int)Status;
    public JsonNode Json => JsonNode.Parse(Text)!;
    public string? ETag => Headers.ETag?.ToString();
    public string Id => (string)Json["id"]!;

    /// <summary>The tree of an answer in XML, after making sure that it says so and is what FHIR allows.</summary>
    public Element Xml
    {
        get
        {
            Assert.Equal("application/fhir+xml; charset=utf-8", Content.ContentType?.ToString());
            Assert.False(FhirXmlReader.Read(Bytes, DefinitionSet.R4, 80).Failed(out var issue, out var root), issue?.Text);
            Assert.Empty(StructureCheck.Check(root));
            return root;
        }
    }

    /// <summary>The places that an OperationOutcome names, after making sure that it is one.</summary>
    public IReadOnlyList<string> Places
    {
        get
        {
            Assert.Equal("OperationOutcome", (string?)Json["resourceType"]);
            Assert.Equal("application/fhir+json; charset=utf-8", Content.ContentType?.ToString());
            return [.. Json["issue"]!.AsArray().SelectMany(i => i!["expression"]?.AsArray().Select(e => (string)e!) ?? [])];
        }
    }
}

/// <summary>A caller: short words for HTTP.</summary>
public sealed class Client(string url, string? token)
{
    private static readonly HttpClient Http = new(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false });

    public Task<Got> Get(string path, params (string, string)[] headers) => Send("GET", path, null, headers);
    public Task<Got> Post(string path, string body, params (string, string)[] headers) => Send("POST", path, body, headers);
    public Task<Got> Put(string path, string body, params (string, string)[] headers) => Send("PUT", path, body, headers);
    public Task<Got> Delete(string path, params (string, string)[] headers) => Send("DELETE", path, null, headers);

    public Task<Got> Send(string method, string path, string? body, params (string Name, string Value)[] headers) =>
        SendBytes(method, path, body is null ? null : Encoding.UTF8.GetBytes(body), "application/fhir+json", headers);

    public async Task<Got> SendBytes(string method, string path, byte[]? body, string? contentType, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new(method), path.StartsWith("http", StringComparison.Ordinal) ? path : url + path);
        if (token is not null) request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {token}");
        if (body is not null) request.Content = new ByteArrayContent(body);
        if (contentType is not null && body is not null) request.Content!.Headers.TryAddWithoutValidation("Content-Type", contentType);
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        using var response = await Http.SendAsync(request);
        var bytes = await response.Content.ReadAsByteArrayAsync();
        return new(response.StatusCode, Encoding.UTF8.GetString(bytes), bytes, response.Headers, response.Content.Headers);
    }

    /// <summary>A patient of a practice, created by whoever may; the answer is the resource.</summary>
    public async Task<string> NewPatient(string family = "Peeters", string birthDate = "1980-05-01")
    {
        var made = await Post("/fhir/Patient", $$"""{"resourceType":"Patient","name":[{"family":"{{family}}"}],"birthDate":"{{birthDate}}"}""");
        Assert.Equal(201, made.Code);
        return made.Id;
    }
}
