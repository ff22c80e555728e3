using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Benchmarks;

namespace Crash;

public sealed class LostAnswerTests
{
    private const int Times = 20;
    private const string System = "https://crash.example/lost";

    [Fact]
    public async Task A6_What_is_sent_again_because_its_answer_was_lost_is_there_once_on_SQLite() => await LoseAnswersAsync([]);

    [Fact]
    public async Task A6_What_is_sent_again_because_its_answer_was_lost_is_there_once_on_PostgreSQL()
    {
        await using var cluster = await Cluster.StartAsync();
        await LoseAnswersAsync(cluster.Settings);
    }

    private static async Task LoseAnswersAsync(string[] settings)
    {
        var folder = Directory.CreateTempSubdirectory("samenspraak-crash-").FullName;
        await using var server = await ServerProcess.StartAsync(folder, settings: settings);
        using var integrator = await server.ClientAsync("integrator");
        using var clinician = await server.ClientAsync("dr.jansen");
        var thread = await KillTests.OpenThreadAsync(clinician);
        await using (var cutter = new LineCutter(server.Address))
        {
            for (var i = 0; i < Times; i++) await CreateAsync(cutter, integrator, $"lost-{i}");
            for (var i = 0; i < Times; i++) await SayAsync(cutter, clinician, thread, $"lost-{i}");
            Assert.Equal(2 * Times, cutter.Cut);
        }
        for (var i = 0; i < Times; i++)
            Assert.Equal("1", (string?)Assert.Single(await Http.EntriesAsync(integrator, $"/fhir/Patient?identifier={System}%7Clost-{i}"))["meta"]!["versionId"]);
        var messages = await Http.EntriesAsync(clinician, $"/fhir/Communication/{thread}/$messages?after-seq=0&_count=200");
        Assert.Equal(Enumerable.Range(1, Times), messages.Select(Messenger.SeqOf));
        Assert.Equal(Enumerable.Range(0, Times).Select(i => $"lost-{i}"), messages.Select(m => (string?)m["identifier"]![0]!["value"]));
        await server.KillAsync();
        Directory.Delete(folder, recursive: true);
    }

    private static Task CreateAsync(LineCutter cutter, HttpClient who, string identifier) =>
        TwiceAsync(cutter, who, "/fhir/Patient", People.Patient(System, identifier, "Lost"), request => request.Headers.Add("If-None-Exist", $"identifier={System}|{identifier}"));

    private static Task SayAsync(LineCutter cutter, HttpClient who, string thread, string id) =>
        TwiceAsync(cutter, who, $"/fhir/Communication/{thread}/$send-message", Http.Parameters(Http.Text("text", id), Http.Text("client-id", id)), _ => { });

    // The first answer is lost; the second time it is the same request.
    private static async Task TwiceAsync(LineCutter cutter, HttpClient who, string url, JsonObject body, Action<HttpRequestMessage> with)
    {
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => SendAsync(cutter, who, url, body, with));
        using var answer = await SendAsync(cutter, who, url, body, with);
        Assert.True(answer.IsSuccessStatusCode, $"{url}: {(int)answer.StatusCode}");
    }

    // A connection of its own.
    private static async Task<HttpResponseMessage> SendAsync(LineCutter cutter, HttpClient who, string url, JsonObject body, Action<HttpRequestMessage> with)
    {
        using var client = new HttpClient { BaseAddress = cutter.Address };
        client.DefaultRequestHeaders.Authorization = who.DefaultRequestHeaders.Authorization;
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(url, UriKind.Relative)) { Content = new StringContent(body.ToJsonString(), Encoding.UTF8, new MediaTypeHeaderValue("application/fhir+json")) };
        with(request);
        return await client.SendAsync(request);
    }
}
