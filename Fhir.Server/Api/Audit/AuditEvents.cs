using System.Buffers.Binary;
using System.Globalization;
using Fhir.Server.Api.Http;
using Fhir.Server.Api.Identity;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;

namespace Fhir.Server.Api.Audit;

/// <summary>AuditEvent for those who may read the log: the privacy officer, and who sees the whole tenant. For all others there is none.</summary>
public sealed class AuditEvents(AuditLog log, Seal seal)
{
    private const int MostPerPage = 500;

    /// <summary>What the log can be searched by, as /metadata tells it.</summary>
    public static readonly IReadOnlySet<string> Parameters = System.Collections.Frozen.FrozenSet.ToFrozenSet(["date", "agent", "patient", "action", "outcome", "entity", "entity-type"], StringComparer.Ordinal);

    private static readonly Issue NotFound = new(IssueKind.NotFound, "There is no such AuditEvent.");

    public async Task<Result<FhirBody>> ReadAsync(string id, Caller caller, CancellationToken stop)
    {
        if (!MayRead(caller) || await log.FindAsync(id, stop) is not { } line) return NotFound;
        return FhirBody.Of(AuditEventJson.Of(line, await log.KeysAsync(line.Concerned, stop)), []);
    }

    public async Task<Result<FhirBody>> SearchAsync(IReadOnlyList<KeyValuePair<string, string>> parameters, string baseUrl, Caller caller, CancellationToken stop)
    {
        var address = $"{baseUrl}/AuditEvent";
        if (!MayRead(caller)) return BundleJson.Answer("searchset", 0, [("self", address)], []);
        if ((await UnderstandAsync(parameters, caller, stop)).Failed(out var issue, out var asked)) return issue;
        var (lines, next) = await log.PageAsync(asked.Question, asked.From, asked.Count, stop);
        var keys = await log.KeysAsync(lines.SelectMany(l => l.Concerned), stop);
        var links = new List<(string, string)> { ("self", Links.Of(address, parameters)) };
        if (next is { } place) links.Add(("next", Links.Of(address, parameters.Where(p => p.Key != "_page").Append(new("_page", Token(place, caller))))));
        return BundleJson.Answer("searchset", null, links, [.. lines.Select(l => new BundleEntry { FullUrl = $"{address}/{l.EventId}", Resource = AuditEventJson.Of(l, keys), SearchMode = "match" })]);
    }

    private static bool MayRead(Caller caller) => caller.Sees.SeesAll || caller.Sees.Role == Role.PrivacyOfficer;

    private sealed record Asked(AuditQuestion Question, AuditPlace From, int Count);

    // Every parameter is understood or refused: a filter that was ignored would make the log tell something else than was asked.
    private async Task<Result<Asked>> UnderstandAsync(IReadOnlyList<KeyValuePair<string, string>> parameters, Caller caller, CancellationToken stop)
    {
        var (question, from, count) = (new AuditQuestion(), AuditPlace.Newest, 50);
        foreach (var (name, value) in parameters)
        {
            switch (name)
            {
                case "date" when Range(value) is var (lowest, beyond):
                    question = question with { FromMicros = Math.Max(question.FromMicros, lowest), UntilMicros = Math.Min(question.UntilMicros, beyond) };
                    break;
                case "agent": question = question with { Who = value }; break;
                case "action" when Acts(value) is { Count: > 0 } acts: question = question with { Acts = acts }; break;
                case "outcome" when Statuses(value) is { } status: question = question with { Status = status }; break;
                case "entity-type" when AccessTable.Number(value[(value.IndexOf('|', StringComparison.Ordinal) + 1)..]) is >= 0 and var type: question = question with { Type = type }; break;
                case "entity" or "patient" when Target(name, value) is { } target: question = question with { Entity = (target, await log.RidAsync(target, stop)) }; break;
                case "_count" when int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var asked): count = Math.Clamp(asked, 1, MostPerPage); break;
                case "_page" when Place(value, caller) is { } place: from = place; break;
                case "_sort" when value == "-date": break;
                case "_format" or "_pretty": break;
                default: return new Issue(IssueKind.Invalid, "This parameter, or its value, is not understood here: date, agent, patient, action, outcome, entity, entity-type and _count are.", name);
            }
        }
        return new Asked(question, from, count);
    }

    private static ResourceKey? Target(string name, string value) => value.Split('/') switch
    {
        [{ Length: > 0 } id] when name == "patient" => new("Patient", id),
        [var type, { Length: > 0 } id] when AccessTable.Number(type) >= 0 && (name == "entity" || type == "Patient") => new(type, id),
        _ => null,
    };

    /// <summary>[from, until) of a date with an eq, ge, gt, le or lt in front.</summary>
    private static (long From, long Until)? Range(string text)
    {
        var prefix = text.Length > 2 && char.IsAsciiLetter(text[0]) ? text[..2] : "eq";
        var date = (text.Length > 2 && char.IsAsciiLetter(text[0]) ? text[2..] : text).Replace(' ', '+');
        var whole = date.Length switch { 4 => date + "-01-01", 7 => date + "-01", _ => date };
        if (!DateTimeOffset.TryParse(whole, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var start)) return null;
        var end = date.Length switch { 4 => start.AddYears(1), 7 => start.AddMonths(1), 10 => start.AddDays(1), _ => start.AddMicroseconds(1) };
        var (first, beyond) = (Callers.Micros(start), Callers.Micros(end));
        return prefix switch
        {
            "eq" => (first, beyond),
            "ge" => (first, long.MaxValue),
            "gt" or "sa" => (beyond, long.MaxValue),
            "le" => (long.MinValue, beyond),
            "lt" or "eb" => (long.MinValue, first),
            _ => null,
        };
    }

    private static List<AuditAct> Acts(string codes) =>
        [.. Enum.GetValues<AuditAct>().Where(act => act != AuditAct.None && codes.Split(',').Any(code => code[(code.IndexOf('|', StringComparison.Ordinal) + 1)..] == AuditCodes.Action(act)))];

    private static (int, int)? Statuses(string code) => code[(code.IndexOf('|', StringComparison.Ordinal) + 1)..] switch { "0" => (0, 399), "4" => (400, 499), "8" or "12" => (500, 599), _ => null };

    private string Token(AuditPlace place, Caller caller)
    {
        var bytes = new byte[17];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, place.AtMicros);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(8), place.N);
        bytes[16] = place.IsWrite ? (byte)1 : (byte)0;
        return seal.Close($"audit {caller.Sees.Who}", bytes);
    }

    private AuditPlace? Place(string token, Caller caller) => seal.Open($"audit {caller.Sees.Who}", token) is { Length: 17 } bytes
        ? new(BinaryPrimitives.ReadInt64LittleEndian(bytes), bytes[16] == 1, BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(8))) : null;
}
