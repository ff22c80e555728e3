using System.Globalization;
using System.Text;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Json;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Resources;
using Host.Settings;

namespace Host.Demo;

/// <summary>Seeds the demo clinic into an empty database: all of <c>samples/demo-clinic</c> in one commit, so it is there or it is not.</summary>
public sealed class DemoClinic(TenantDatabase database, ResourceStore store, HouseSettings settings, TimeProvider clock)
{
    private static readonly string[] Bundles = ["directory", "patients", "record", "consents"];
    private static readonly ResourceKey DeLinde = new("Organization", "de-linde");

    /// <summary>True when it was seeded now, false when the database was not empty.</summary>
    public async Task<Result<bool>> SeedAsync(CancellationToken stop)
    {
        if (await database.FirstAsync(Sql.Of($"select count(*) from commits"), row => row.GetInt64(0), stop) > 0) return false;
        var writes = new List<Write>();
        foreach (var name in Bundles)
        {
            if (Writes(name).Failed(out var wrong, out var some)) return wrong;
            writes.AddRange(some);
        }
        var now = clock.GetUtcNow();
        var house = AccessContext.House("demo-clinic", Micros.Of(now));
        return (await store.CommitAsync(writes, house, stop)).Failed(out var issue, out _) ? issue : true;
    }

    private Result<List<Write>> Writes(string bundle)
    {
        var json = Encoding.UTF8.GetBytes(Filled(Text(bundle)));
        if (JsonReader.Read(json, DefinitionSet.R4).Failed(out var issue, out var tree)) return issue;
        var writes = new List<Write>();
        foreach (var entry in tree.Each("entry"))
        {
            var body = json.AsMemory(entry["resource"].Start, entry["resource"].End - entry["resource"].Start);
            if (JsonReader.Read(body, DefinitionSet.R4).Failed(out issue, out var resource)) return issue;
            writes.Add(new Write { Kind = WriteKind.Update, Key = new(resource.Type, resource["id"].Text!), Resource = resource, Json = body, Home = HomeOf(resource) });
        }
        return writes;
    }

    // The directory belongs to whom it describes, everything else to De Linde.
    private static ResourceKey? HomeOf(Element resource) => resource.Type switch
    {
        "Organization" => new(resource.Type, resource["id"].Text!),
        "Practitioner" => null,
        "PractitionerRole" => KeyIn(resource["organization"]),
        "HealthcareService" => KeyIn(resource["providedBy"]),
        "Endpoint" => KeyIn(resource["managingOrganization"]),
        _ => DeLinde,
    };

    private static ResourceKey? KeyIn(Element reference) =>
        reference["reference"].Text?.Split('/') is [var type, var id] ? new(type, id) : null;

    private string Filled(string text)
    {
        var today = clock.GetUtcNow();
        return text
            .Replace("{today}", today.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), StringComparison.Ordinal)
            .Replace("{next-year}", today.AddYears(1).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), StringComparison.Ordinal)
            .Replace("{practice-system}", settings.PracticeSystem.OriginalString, StringComparison.Ordinal);
    }

    private static string Text(string bundle)
    {
        using var reader = new StreamReader(typeof(DemoClinic).Assembly.GetManifestResourceStream($"demo-clinic/{bundle}.json")!);
        return reader.ReadToEnd();
    }
}
