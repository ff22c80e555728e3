using System.Text.Json;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Packages;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Resources;

namespace Fhir.Server.Api.Audit;

/// <summary>What people and organisations in the log are called today, and their roles in words. Patients are never named here.</summary>
public sealed class AuditNames
{
    private readonly Dictionary<string, string> _names = new(StringComparer.Ordinal);
    private readonly RoleWords _roles;

    private AuditNames(RoleWords roles) => _roles = roles;

    public static async Task<AuditNames> OfAsync(IEnumerable<AuditLine> lines, ResourceStore store, AccessContext house, RoleWords roles, CancellationToken stop)
    {
        var names = new AuditNames(roles);
        foreach (var reference in lines.SelectMany(References).OfType<string>().Distinct(StringComparer.Ordinal))
        {
            if (AuditFacts.KeyIn(reference) is not { Type: "Practitioner" or "Organization" or "Endpoint" } key) continue;
            if (!(await store.ReadAsync(key, house, stop)).Failed(out _, out var found) && NameIn(found.Body, key.Type) is { } name) names._names[reference] = name;
        }
        return names;
    }

    public string? Of(string? reference) => reference is null ? null : _names.GetValueOrDefault(reference);

    /// <summary>The role in English and Dutch; the code itself where no words are loaded.</summary>
    public (string English, string Dutch) Role(string code) => _roles.Of(code);

    private static string?[] References(AuditLine line) => [line.By.Who, line.By.Organization, line.Receiver.Organization, line.Receiver.Endpoint];

    private static string? NameIn(ReadOnlyMemory<byte> body, string type)
    {
        using var json = JsonDocument.Parse(body);
        if (type == "Endpoint") return json.RootElement.TryGetProperty("address", out var address) ? address.GetString() : null;
        if (!json.RootElement.TryGetProperty("name", out var name)) return null;
        if (name.ValueKind == JsonValueKind.String) return name.GetString();
        var human = name[0];
        if (human.TryGetProperty("text", out var text)) return text.GetString();
        var given = human.TryGetProperty("given", out var all) ? all.EnumerateArray().Select(g => g.GetString()) : [];
        return string.Join(' ', given.Append(human.TryGetProperty("family", out var family) ? family.GetString() : null).Where(part => part is not null)) is { Length: > 0 } whole ? whole : null;
    }
}

/// <summary>The roles in words, from the code system clinic-role and its Dutch designations.</summary>
public sealed class RoleWords
{
    private readonly Dictionary<string, (string, string)> _words = new(StringComparer.Ordinal);

    public static RoleWords In(Conformance conformance)
    {
        var words = new RoleWords();
        if (conformance.Find("CodeSystem", AuditCodes.Roles) is not { } system) return words;
        foreach (var concept in system.Each("concept"))
        {
            if (concept["code"].Text is not { } code || concept["display"].Text is not { } english) continue;
            words._words[code] = (english, concept.Each("designation").FirstOrDefault(d => d["language"].Text == "nl")?["value"].Text ?? english);
        }
        return words;
    }

    public (string English, string Dutch) Of(string code) => _words.GetValueOrDefault(code, (code, code));
}
