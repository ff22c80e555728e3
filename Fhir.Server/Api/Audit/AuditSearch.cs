using System.Collections.Frozen;
using System.Globalization;
using Fhir.Server.Api.Identity;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;

namespace Fhir.Server.Api.Audit;

/// <summary>A search of the log, understood. Place = where the page begins, still sealed.</summary>
public sealed record AuditAsked(AuditQuestion Question, int Count, string? Place);

/// <summary>Reads the search parameters of AuditEvent — https://hl7.org/fhir/R4/auditevent.html#search. Each is understood or refused: a filter that was ignored would make the log tell something else than was asked.</summary>
public sealed class AuditSearch(TenantDatabase database)
{
    private const int MostPerPage = 500;
    private static readonly FrozenSet<AuditAct> All = [.. Enum.GetValues<AuditAct>()];

    /// <summary>What the log can be searched by, as /metadata tells it.</summary>
    public static readonly IReadOnlySet<string> Parameters =
        FrozenSet.ToFrozenSet(["date", "agent", "agent-role", "patient", "action", "type", "subtype", "outcome", "entity", "entity-type", "policy"], StringComparer.Ordinal);

    public async Task<Result<AuditAsked>> ReadAsync(IReadOnlyList<KeyValuePair<string, string>> parameters, bool own, CancellationToken stop)
    {
        var (question, count, place) = (new AuditQuestion(), 50, (string?)null);
        foreach (var (name, value) in parameters)
        {
            if (name == "_count" && int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var asked)) count = Math.Clamp(asked, 1, MostPerPage);
            else if (name == "_page") place = value;
            else if (name is "_format" or "_pretty" || (name == "_sort" && value == "-date")) continue;
            else if ((name is "entity" or "patient" ? await AboutAsync(question, name, value, own, stop) : Narrowed(question, name, value)) is not { } narrower) return NotUnderstood(name);
            else question = narrower;
        }
        return new AuditAsked(question, count, place);
    }

    private static Issue NotUnderstood(string name) =>
        new(IssueKind.Invalid, $"This parameter, or its value, is not understood here: {string.Join(", ", Parameters.Order(StringComparer.Ordinal))}, _security (BTG) and _count are.", name);

    private static AuditQuestion? Narrowed(AuditQuestion question, string name, string value)
    {
        var code = value[(value.IndexOf('|', StringComparison.Ordinal) + 1)..];
        return name switch
        {
            "date" => Range(value) is var (first, beyond) ? question with { FromMicros = Math.Max(question.FromMicros, first), UntilMicros = Math.Min(question.UntilMicros, beyond) } : null,
            "agent" => question with { Agent = value },
            "agent-role" => Role.Parse(code) is null ? null : question with { Role = code },
            "policy" => question with { TokenId = value },
            "action" => Acts(question, [.. All.Where(act => code.Split(',').Any(one => one[(one.IndexOf('|', StringComparison.Ordinal) + 1)..] == AuditCodes.Action(act)))]),
            "type" => code switch { "rest" => Acts(question, [.. All.Where(act => act != AuditAct.Disclose)]), "110106" => Acts(question, [AuditAct.Disclose]), _ => null },
            "subtype" => AuditCodes.ActsOf(code) is { Count: > 0 } acts ? Acts(question, acts) : IsName(code) ? question with { Operation = code } : null,
            "outcome" => code switch { "0" => question with { Status = (0, 399) }, "4" => question with { Status = (400, 499) }, "8" => question with { Status = (500, 599) }, _ => null },
            "entity-type" => AccessTable.Number(code) is >= 0 and var type ? question with { Type = type } : null,
            "_security" => code == "BTG" ? question with { BrokenGlass = true } : null,
            _ => null,
        };
    }

    private static AuditQuestion? Acts(AuditQuestion question, IReadOnlyList<AuditAct> acts) =>
        acts.Count == 0 ? null : question with { Acts = question.Acts is { } before ? [.. before.Intersect(acts)] : acts };

    private static bool IsName(string code) => code.Length is > 1 and <= 64 && code.All(c => char.IsAsciiLetterOrDigit(c) || c == '-');

    // An entity that is of one patient is looked for in her log only; who reads her own learns nothing of whose it is.
    private async Task<AuditQuestion?> AboutAsync(AuditQuestion question, string name, string value, bool own, CancellationToken stop)
    {
        if (Target(name, value) is not { } key) return null;
        var (rid, patient) = await database.FirstAsync(Sql.Of($"select rid, patient from res where typ = {AccessTable.Number(key.Type)} and fid = {key.Id}"), r => (r.GetInt64(0), r.IsDBNull(1) ? 0 : r.GetInt64(1)), stop);
        var whose = key.Type == "Patient" ? rid : patient > 0 && !own ? patient : question.Patient;
        if (question.Patient is { } other && other != whose) return question with { Patient = 0 };
        return key.Type == "Patient" ? question with { Patient = rid } : question with { Patient = whose, Entity = (key, rid) };
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
        var (first, beyond) = (Micros.Of(start), Micros.Of(end));
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
}
