using System.Text;
using Fhir.Server.Api.Tests;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Tests;

namespace Fhir.Messaging.Tests.AccessTests;

/// <summary>Two clinics that differ only in what somebody may not see give her the same answers, whatever she asks.</summary>
public abstract class NonInterferenceContract
{
    private static readonly bool IsLong = Environment.GetEnvironmentVariable("SAMENSPRAAK_LONG") == "1";
    private static readonly int Seed = IsLong ? Environment.TickCount & 0xffffff : 20261122;

    /// <summary>Who asks, and the share of the requests: 2,000 together, 50,000 in the long run.</summary>
    public static readonly Somebody[] Everyone =
    [
        MadeUpClinic.Gp, MadeUpClinic.Specialist, MadeUpClinic.CompanyDoctor, MadeUpClinic.Assistant, MadeUpClinic.Pharmacist,
        new("his-delinde", "practice-system", "de-linde"), new("admin", "administrator", null), new("privacy", "privacy-officer", null), new("pt0", "patient", null), new("rp0", "proxy", null),
    ];

    /// <summary>And those whose right is wider or narrower than their role: for a while, about one patient, or by what their token covers.</summary>
    private static readonly Somebody[] Callers =
    [
        .. Everyone,
        MadeUpClinic.Specialist with { As = "behind glass", Opens = "break-glass" },
        MadeUpClinic.OtherGp with { As = "with declared care", Opens = "declare-care" },
        MadeUpClinic.Pharmacist with { As = "with declared care", Opens = "declare-care" },
        MadeUpClinic.Gp with { As = "laboratory only", Only = [("Observation", "laboratory"), ("Patient", null)] },
        MadeUpClinic.OtherGp with { As = "conditions only", Only = [("Condition", null)] },
        MadeUpClinic.Gp with { As = "about one patient", IsBound = true },
        new("pt0", "patient", null) { As = "observations only", Only = [("Observation", null), ("AuditEvent", null)] },
    ];

    public static TheoryData<string> Names => [.. Callers.Select(e => e.Title)];

    protected abstract Task<TenantDatabase> EmptyAsync();

    [Theory, MemberData(nameof(Names))]
    public async Task H2_What_one_may_not_see_changes_no_answer(string name)
    {
        var who = Callers.Single(e => e.Title == name);
        var seed = Seed + Array.IndexOf(Callers, who);
        var facts = MadeUpClinic.Of(seed);
        who = who.In(facts);
        var (others, hidden) = HiddenChanges.Of(facts, who, seed);
        await using var one = await World.OpenAsync(EmptyAsync, facts);
        await using var two = await World.OpenAsync(EmptyAsync, others);
        await one.OpenRecordAsync(who, facts);
        await two.OpenRecordAsync(who, others);
        var pair = new Pair(one, two, who);
        var readsLog = who.Role is "patient" or "proxy";
        var asking = new Asking(facts, hidden, new(seed), readsLog);
        for (var i = (IsLong ? 50_000 : 2_000) / Callers.Length; i >= 0; i--)
        {
            var request = i % 8 == 0 && readsLog ? asking.Log() : asking.Next();
            if (request.Path.Contains("AuditEvent", StringComparison.Ordinal) && who.Role == "privacy-officer") continue;   // the log is hers: it tells what the worlds differ in
            if (request.Path.Contains("AuditEvent", StringComparison.Ordinal) && who.Role == "patient") request = request with { Path = $"{request.Path}&agent=Patient/{who.Name}" };   // that others did something is hers to know; of what she did herself she learns nothing more
            if (await pair.DifferenceAsync(request) is { } difference) Assert.Fail($"seed {seed}, {who}: {request}\n{difference}");
        }
    }

    /// <summary>The same caller in two worlds.</summary>
    private sealed class Pair(World one, World two, Somebody who)
    {
        private readonly (Client Client, Likeness Likeness) _one = Side(one, who), _two = Side(two, who);

        private static (Client, Likeness) Side(World world, Somebody who) => (new(world.Clinic.Url, world.TokenOf(who)), new(world.Clinic.Url));

        public async Task<string?> DifferenceAsync(Request request)
        {
            _asked++;
            var answers = await Task.WhenAll(AskAsync(_one.Client, request), AskAsync(_two.Client, request));
            if (request.Method != "GET") (one, two).Tick();
            var (left, right) = (_one.Likeness.Of(answers[0]), _two.Likeness.Of(answers[1]));
            if (answers[0].Code >= 500) return answers[0].Text;
            return left == right ? null : First(left, right);
        }

        private int _asked;

        private Task<Got> AskAsync(Client client, Request request)
        {
            var type = request.Headers.FirstOrDefault(h => h.Name == "Content-Type").Value ?? "application/fhir+json";
            return client.SendBytes(request.Method, request.Path, request.Body is null ? null : Encoding.UTF8.GetBytes(request.Body), type, [.. request.Headers.Where(h => h.Name != "Content-Type"), ("X-Request-Id", $"ask-{_asked}")]);
        }

        private static string First(string left, string right)
        {
            var at = Enumerable.Range(0, Math.Min(left.Length, right.Length)).FirstOrDefault(i => left[i] != right[i], Math.Min(left.Length, right.Length));
            var from = Math.Max(0, at - 300);
            return $"first difference at {at}:\n--- one\n{left[from..Math.Min(left.Length, at + 300)]}\n--- two\n{right[from..Math.Min(right.Length, at + 300)]}\n--- statuses {left.Split('\n')[0]} {right.Split('\n')[0]}";
        }
    }
}

internal static class BothWorlds
{
    public static void Tick(this (World One, World Two) worlds)
    {
        worlds.One.Tick();
        worlds.Two.Tick();
    }
}

public sealed class NonInterferenceOnSqlite : NonInterferenceContract
{
    protected override Task<TenantDatabase> EmptyAsync() => TestDatabase.SqliteAsync();
}

public sealed class NonInterferenceOnPostgres : NonInterferenceContract
{
    protected override Task<TenantDatabase> EmptyAsync() => TestDatabase.PostgresAsync();
}
