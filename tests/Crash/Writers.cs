using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Crash;

/// <summary>One writer: writes until the server dies, and can say afterwards what must be there, what may be, and what must not.</summary>
internal interface IWriter
{
    Task WriteAsync(HttpClient integrator, HttpClient clinician);
    Task CheckAsync(HttpClient integrator, HttpClient clinician);
}

/// <summary>Creates patients, each with an identifier of its own; what was not answered is sent again with If-None-Exist (A7).</summary>
internal sealed class Creator : IWriter
{
    private const string System = "https://crash.example/created";
    private readonly List<(string Identifier, string? Id)> _sent = [];

    public async Task WriteAsync(HttpClient integrator, HttpClient clinician)
    {
        var identifier = Guid.NewGuid().ToString();
        var made = await Http.SendAsync(integrator, HttpMethod.Post, "/fhir/Patient", People.Patient(System, identifier, "Crash"));
        _sent.Add((identifier, (string?)made?["id"]));
    }

    public async Task CheckAsync(HttpClient integrator, HttpClient clinician)
    {
        foreach (var (identifier, told) in _sent)
        {
            var id = told ?? await AgainAsync(integrator, identifier);
            var found = await Http.EntriesAsync(integrator, $"/fhir/Patient?identifier={System}%7C{identifier}");
            Assert.Equal(id, (string?)Assert.Single(found)["id"]);
            Assert.All(found, made => Assert.Equal("1", (string?)made["meta"]!["versionId"]));
        }
        _sent.Clear();
    }

    // Nobody was told: sent again it finds what is there, or is made now.
    private static async Task<string?> AgainAsync(HttpClient integrator, string identifier)
    {
        var made = await Http.SendAsync(integrator, HttpMethod.Post, "/fhir/Patient", People.Patient(System, identifier, "Crash"), ifNoneExist: $"identifier={System}|{identifier}");
        return (string?)made!["id"];
    }
}

/// <summary>Updates one patient again and again, each time with the next number: each number makes one version or none, in their order.</summary>
internal sealed class Updater(int number) : IWriter
{
    private readonly string _url = string.Create(CultureInfo.InvariantCulture, $"/fhir/Patient/crash-{number}");
    private readonly HashSet<int> _acknowledged = [];
    private int _sent, _versions, _last;   // the last two are what the check before this one found

    public async Task WriteAsync(HttpClient integrator, HttpClient clinician)
    {
        var next = ++_sent;
        var body = People.Patient("https://crash.example/updated", _url, next.ToString(CultureInfo.InvariantCulture));
        body["id"] = _url.Split('/')[^1];
        if (await Http.SendAsync(integrator, HttpMethod.Put, _url, body) is not null) _acknowledged.Add(next);
    }

    public async Task CheckAsync(HttpClient integrator, HttpClient clinician)
    {
        var isThere = (await Http.EntriesAsync(integrator, $"/fhir/Patient?_id={_url.Split('/')[^1]}")).Count == 1;
        var history = isThere ? await Http.EntriesAsync(integrator, $"{_url}/_history?_count=500") : [];
        var made = history.Select(v => (Version: Number(v["meta"]!["versionId"]), Text: Number(v["name"]![0]!["family"]))).Reverse().SkipWhile(v => v.Version <= _versions).ToList();
        Assert.Equal(Enumerable.Range(_versions + 1, made.Count), made.Select(v => v.Version));
        foreach (var (version, text) in made)
        {
            Assert.InRange(text, _last + 1, _sent);
            (_versions, _last) = (version, text);
        }
        Assert.Superset(_acknowledged, made.Select(v => v.Text).ToHashSet());
        _acknowledged.Clear();
    }

    private static int Number(JsonNode? text) => int.Parse((string)text!, CultureInfo.InvariantCulture);
}

/// <summary>Sends transactions of two resources: both are there, or neither.</summary>
internal sealed class Transactor : IWriter
{
    private const string System = "https://crash.example/pair";
    private readonly List<(string Identifier, bool Acknowledged)> _sent = [];

    public async Task WriteAsync(HttpClient integrator, HttpClient clinician)
    {
        var identifier = Guid.NewGuid().ToString();
        var answer = await Http.SendAsync(integrator, HttpMethod.Post, "/fhir", People.Pair(System, identifier));
        _sent.Add((identifier, answer is not null));
    }

    public async Task CheckAsync(HttpClient integrator, HttpClient clinician)
    {
        foreach (var (identifier, acknowledged) in _sent)
        {
            var patients = await Http.EntriesAsync(integrator, $"/fhir/Patient?identifier={System}%7C{identifier}");
            var observations = await Http.EntriesAsync(integrator, $"/fhir/Observation?identifier={System}%7C{identifier}");
            Assert.Equal(patients.Count, observations.Count);
            Assert.InRange(patients.Count, acknowledged ? 1 : 0, 1);
            if (patients.Count == 1) Assert.Equal($"Patient/{patients[0]["id"]}", (string?)observations[0]["subject"]!["reference"]);
        }
        _sent.Clear();
    }
}

/// <summary>Writes messages into a thread; after the kill it sends again what was not answered, under the same client-id.</summary>
internal sealed class Messenger(string thread, ConcurrentDictionary<string, int?> ledger) : IWriter
{
    private readonly List<string> _open = [];

    public async Task WriteAsync(HttpClient integrator, HttpClient clinician) => await SendAsync(clinician, Guid.NewGuid().ToString());

    private async Task SendAsync(HttpClient clinician, string id)
    {
        ledger.TryAdd(id, null);
        var sent = await Http.SendAsync(clinician, HttpMethod.Post, $"/fhir/Communication/{thread}/$send-message", Http.Parameters(Http.Text("text", $"Message {id}"), Http.Text("client-id", id)));
        if (sent is null) _open.Add(id);
        else ledger[id] = SeqOf(sent);
    }

    public async Task CheckAsync(HttpClient integrator, HttpClient clinician)
    {
        var again = _open.ToList();
        _open.Clear();
        foreach (var id in again) await SendAsync(clinician, id);
        Assert.Empty(_open);
    }

    public static int SeqOf(JsonNode message) => (int)message["extension"]!.AsArray().First(e => ((string)e!["url"]!).EndsWith("/thread-seq", StringComparison.Ordinal))!["valueInteger"]!;

    /// <summary>The whole thread: seq 1, 2, 3, ... without a gap, every message once and where the sender was told.</summary>
    public static async Task CheckThreadAsync(HttpClient clinician, string thread, ConcurrentDictionary<string, int?> ledger)
    {
        var seen = new Dictionary<string, int>(StringComparer.Ordinal);
        while (await Http.EntriesAsync(clinician, $"/fhir/Communication/{thread}/$messages?after-seq={seen.Count}&_count=200") is { Count: > 0 } page)
        {
            foreach (var message in page)
            {
                Assert.Equal(seen.Count + 1, SeqOf(message));
                seen.Add((string)message["identifier"]![0]!["value"]!, SeqOf(message));
            }
        }
        Assert.Equal(ledger.Count, seen.Count);
        foreach (var (id, seq) in ledger) Assert.Equal(seq, seen[id]);
    }
}

internal static class People
{
    public static JsonObject Patient(string system, string identifier, string family) => new()
    {
        ["resourceType"] = "Patient",
        ["identifier"] = new JsonArray(new JsonObject { ["system"] = system, ["value"] = identifier }),
        ["name"] = new JsonArray(new JsonObject { ["family"] = family }),
    };

    public static JsonObject Pair(string system, string identifier)
    {
        var observation = new JsonObject
        {
            ["resourceType"] = "Observation",
            ["identifier"] = new JsonArray(new JsonObject { ["system"] = system, ["value"] = identifier }),
            ["status"] = "final",
            ["code"] = new JsonObject { ["text"] = "crash" },
            ["subject"] = Http.Reference("urn:uuid:" + identifier),
        };
        return new()
        {
            ["resourceType"] = "Bundle", ["type"] = "transaction",
            ["entry"] = new JsonArray(
                new JsonObject { ["resource"] = observation, ["request"] = new JsonObject { ["method"] = "POST", ["url"] = "Observation" } },
                new JsonObject { ["fullUrl"] = "urn:uuid:" + identifier, ["resource"] = Patient(system, identifier, "Pair"), ["request"] = new JsonObject { ["method"] = "POST", ["url"] = "Patient" } }),
        };
    }
}
