using System.Text;

namespace Fhir.Server.Api.Tests.Limits;

/// <summary>What the largest requests keep alive at once, held against their own size. Alone, since the heap is everybody's.</summary>
[CollectionDefinition(nameof(MemoryTests), DisableParallelization = true)]
public sealed class Alone;

[Collection(nameof(MemoryTests))]
public sealed class MemoryTests
{
    private const int Entries = 10_000;
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromMinutes(5) };

    // What is alive, not what waits for the collector: that depends on nothing but the code.
    private static async Task<long> PeakAsync(Func<Task> work)
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var peak = before;
        var running = Task.Run(work);
        while (!running.IsCompleted)
        {
            peak = Math.Max(peak, GC.GetTotalMemory(forceFullCollection: true));
            await Task.WhenAny(running, Task.Delay(20));
        }
        await running;
        return peak - before;
    }

    // The answer is counted and thrown away: what the client would hold is not the server's.
    private static async Task<long> SendAsync(House house, HttpMethod method, string path, byte[]? body, string type = "application/fhir+json")
    {
        using var request = new HttpRequestMessage(method, house.Url + path);
        request.Headers.Add("Authorization", $"Bearer {house.Tokens.Issue(House.TokenOf("dr.jansen"))}");
        request.Headers.Add("Accept", type);
        if (body is not null) request.Content = new ByteArrayContent(body) { Headers = { { "Content-Type", type } } };
        using var response = await Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.True(response.IsSuccessStatusCode, $"{response.StatusCode}");
        await using var answer = await response.Content.ReadAsStreamAsync();
        var (buffer, total) = (new byte[64 * 1024], 0L);
        for (int read; (read = await answer.ReadAsync(buffer)) > 0;) total += read;
        return total;
    }

    private static void Measured(double factor, double most)
    {
        TestContext.Current.TestOutputHelper?.WriteLine($"{factor:0.0} times");
        Assert.InRange(factor, 0, most);
    }

    private static byte[] BundleOf(string type)
    {
        var text = new StringBuilder($$"""{"resourceType":"Bundle","type":"{{type}}","entry":[""");
        for (var i = 0; i < Entries; i++)
            text.Append(i == 0 ? "" : ",").Append($$"""{"request":{"method":"POST","url":"Patient"},"resource":{"resourceType":"Patient","name":[{"family":"Peeters","given":["Nr{{i}}"]}],"birthDate":"1980-05-01","address":[{"text":"{{new string('x', 700)}}"}]}""").Append('}');
        return Encoding.UTF8.GetBytes(text.Append("]}").ToString());
    }

    [Theory]
    [InlineData("batch", 7)]         // measured 4.3
    [InlineData("transaction", 9)]   // measured 5.5
    public async Task T52_Ten_thousand_entries_keep_no_more_than_so_many_times_their_size(string type, double times)
    {
        await using var house = await House.OpenAsync();
        var body = BundleOf(type);
        long answer = 0;
        var peak = await PeakAsync(async () => answer = await SendAsync(house, HttpMethod.Post, "/fhir", body));
        Measured((double)peak / (body.Length + answer), times);
    }

    [Theory]
    [InlineData("application/fhir+json", 3)]   // measured 2.0
    [InlineData("application/fhir+xml", 7)]    // measured 4.2
    public async Task A_page_of_a_thousand_large_bodies_keeps_no_more_than_so_many_times_its_size(string format, double times)
    {
        await using var house = await House.OpenAsync();
        for (var i = 0; i < 20; i++)
        {
            var entries = string.Join(',', Enumerable.Range(0, 50).Select(_ => $$"""{"request":{"method":"POST","url":"Patient"},"resource":{"resourceType":"Patient","name":[{"family":"Large"}],"address":[{"text":"{{new string('x', 20_000)}}"}]}""" + "}"));
            await SendAsync(house, HttpMethod.Post, "/fhir", Encoding.UTF8.GetBytes($$"""{"resourceType":"Bundle","type":"transaction","entry":[{{entries}}]}"""));
        }
        long answer = 0;
        var peak = await PeakAsync(async () => answer = await SendAsync(house, HttpMethod.Get, "/fhir/Patient?family=Large&_count=1000", null, format));
        Measured((double)peak / answer, times);
    }

    [Theory]
    [InlineData("application/fhir+json", 5)]   // measured 3.3
    [InlineData("application/fhir+xml", 10)]   // measured 6.3
    public async Task A_body_near_the_limit_keeps_no_more_than_so_many_times_its_size(string format, double times)
    {
        await using var house = await House.OpenAsync();
        var names = Enumerable.Range(0, 40_000);
        var body = format.EndsWith("json", StringComparison.Ordinal)
            ? $$"""{"resourceType":"Patient","contact":[{{string.Join(',', names.Select(i => $$$"""{"name":{"family":"Peeters","given":["Nr{{{i}}}"]},"address":{"text":"{{{new string('x', 400)}}}"}}"""))}}]}"""
            : $"""<Patient xmlns="http://hl7.org/fhir">{string.Concat(names.Select(i => $"<contact><name><family value=\"Peeters\"/><given value=\"Nr{i}\"/></name><address><text value=\"{new string('x', 400)}\"/></address></contact>"))}</Patient>""";
        var bytes = Encoding.UTF8.GetBytes(body);
        body = "";
        var peak = await PeakAsync(() => SendAsync(house, HttpMethod.Post, "/fhir/Patient", bytes, format));
        Measured((double)peak / bytes.Length, times);
    }
}
