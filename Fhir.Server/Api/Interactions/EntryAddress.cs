using Fhir.Server.Api.Http;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;
using Microsoft.AspNetCore.WebUtilities;

namespace Fhir.Server.Api.Interactions;

/// <summary>What Bundle.entry.request.url names, relative to the base: a resource, a version, a history or a search.</summary>
public sealed record EntryAddress
{
    public string? Type { get; init; }
    public string? Id { get; init; }
    public string? Version { get; init; }
    public bool History { get; init; }
    /// <summary>The resource in whose compartment is searched, or null.</summary>
    public ResourceKey? Within { get; init; }
    public IReadOnlyList<KeyValuePair<string, string>> Query { get; init; } = [];

    public static Result<EntryAddress> Parse(string url)
    {
        var mark = url.IndexOf('?', StringComparison.Ordinal);
        var query = mark < 0 ? [] : Links.Pairs(QueryHelpers.ParseQuery(url[mark..])).ToList();
        var path = (mark < 0 ? url : url[..mark]).Trim('/').Split('/', StringSplitOptions.RemoveEmptyEntries);
        EntryAddress? address = path switch
        {
            [] => new(),
            ["_history"] => new() { History = true },
            [var type] => new() { Type = type },
            [var type, "_history"] => new() { Type = type, History = true },
            [var type, var id] => new() { Type = type, Id = id },
            [var type, var id, "_history"] => new() { Type = type, Id = id, History = true },
            [var type, var id, "_history", var version] => new() { Type = type, Id = id, Version = version },
            [var focus, var id, "*"] => new() { Within = new(focus, id) },
            [var focus, var id, var type] when type[0] is not '_' => new() { Type = type, Within = new(focus, id) },
            _ => null,
        };
        if (address is null || path.Any(part => part.StartsWith('$'))) return new Issue(IssueKind.Unsupported, "An entry's url names a resource, a version, a history or a search.", "request.url");
        if (address.Type is { } named && !DefinitionSet.R4.IsResource(named)) return new Issue(IssueKind.NotFound, "FHIR R4 has no such resource type.", "request.url");
        return address with { Query = query };
    }
}
