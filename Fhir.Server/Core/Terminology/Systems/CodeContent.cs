// https://hl7.org/fhir/R4/codesystem.html
using Fhir.Server.Core.Elements;

namespace Fhir.Server.Core.Terminology.Systems;

/// <summary>The codes of one version of a code system: read from a CodeSystem, or known by a rule.</summary>
public abstract class CodeContent(string url, string? version)
{
    public string Url => url;
    public string? Version => version;
    /// <summary><c>url|version</c>, or the url alone.</summary>
    public string Canonical => version is null ? url : $"{url}|{version}";
    /// <summary>The CodeSystem resource, or <see cref="Element.None"/>.</summary>
    public virtual Element Source => Element.None;
    /// <summary>The language of its displays, or null where it does not say.</summary>
    public virtual string? Language => null;
    /// <summary>The supplements that were laid on it.</summary>
    public virtual IReadOnlyList<Element> Supplements => [];
    /// <summary>False for a fragment or examples: a code that is not there may still exist.</summary>
    public abstract bool IsComplete { get; }
    public abstract bool IsCaseSensitive { get; }
    /// <summary>All concepts in their order, or null where they cannot be listed.</summary>
    public abstract IReadOnlyList<Concept>? All { get; }

    public abstract Concept? Find(string code);

    public virtual Membership Has(string code) => Find(code) is not null ? Membership.In : IsComplete ? Membership.Out : Membership.Unknown;

    public StringComparer Comparer => IsCaseSensitive ? StringComparer.Ordinal : StringComparer.OrdinalIgnoreCase;
}
