using System.Collections.ObjectModel;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Json;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Search;

namespace Fhir.Server.Store.Resources;

/// <summary>What is asked of one resource.</summary>
public enum WriteKind { Create, Update, Delete }

/// <summary>One write of a commit. Everything that can be prepared (parsing, structural checks, references of the bundle) is done before.</summary>
public sealed record Write
{
    public required WriteKind Kind { get; init; }
    /// <summary>Always with an id: for a create the API makes a new one first (<see cref="NewId"/>).</summary>
    public required ResourceKey Key { get; set; }
    /// <summary>The accepted text and its tree; null and empty for a delete. The tree's offsets refer to this text.</summary>
    public Element? Resource
    {
        get => _kept ?? _loose?.Root;
        set => (_kept, _loose) = (value, null);
    }

    /// <summary>Its tree is not kept.</summary>
    public bool IsLoose => _loose is not null;

    private Element? _kept;
    private LooseTree? _loose;

    /// <summary>From now on the tree is read again when it is asked for: all trees of a large transaction at once would be too much.</summary>
    public void LetGo()
    {
        if (_kept is { } tree) (_loose, _kept) = (new(Json, tree), null);
    }

    public ReadOnlyMemory<byte> Json { get; set; }
    /// <summary>Another text and its tree, kept as the one before was.</summary>
    public void Rewrite(ReadOnlyMemory<byte> json, Element tree)
    {
        var wasLoose = IsLoose;
        (Json, Resource) = (json, tree);
        if (wasLoose) LetGo();
    }

    /// <summary>The version that must be current (If-Match), or null.</summary>
    public string? IfMatch { get; init; }
    /// <summary>If-None-Match: * — only when there is none yet.</summary>
    public bool OnlyIfNew { get; init; }
    /// <summary>Of a conditional create (If-None-Exist), update or delete; judged in the caller's view, inside the commit. Until then the key names the type, and the id of what would be made.</summary>
    public SearchQuery? Criteria { get; init; }
    /// <summary>The conditional references of a transaction's entry, as they stand in the text; each must mean one resource when the commit comes to it.</summary>
    public IReadOnlyDictionary<string, SearchQuery> Lookups { get; init; } = ReadOnlyDictionary<string, SearchQuery>.Empty;
    /// <summary>All that it searches for.</summary>
    public IEnumerable<SearchQuery> Asked => Criteria is null ? Lookups.Values : Lookups.Values.Append(Criteria);
    /// <summary>The organisation it belongs to when that is not the writer's own: named at import.</summary>
    public ResourceKey? Home { get; init; }
    /// <summary>For what the house itself writes about a thread (summary documents): the thread whose participants may read it.</summary>
    public ResourceKey? Thread { get; init; }
    /// <summary>Placeholders (urn:uuid:…) of this transaction whose id only the commit knows, because a conditional create may find another resource.</summary>
    public string? FullUrl { get; init; }
    /// <summary>Where it stands in the request, for issues: <c>Bundle.entry[3]</c>.</summary>
    public string? Where { get; init; }

    /// <summary>One of very many that nobody waits for by itself: more of them share a commit.</summary>
    public bool InBulk { get; init; }

    public static string NewId() => Guid.CreateVersion7().ToString("D");
}

/// <summary>What became of a write. Existing = it is there as it was asked for: a conditional create found one, a message came twice, an update changes nothing; Unchanged = the delete of what is not there.</summary>
public enum WriteOutcome { Created, Updated, Deleted, Existing, Unchanged }

/// <summary>The answer to one write, in the order of the request.</summary>
public sealed record Written(WriteOutcome Outcome, ResourceVersion? Version);
