using Fhir.Server.Core.Elements;

namespace Fhir.Server.Core.Packages;

/// <summary>One conformance resource as it is kept: its name is known, its tree is made when it is first asked for.</summary>
internal sealed class Definition(string type, string url, string? version, Func<Element> read)
{
    private readonly Lazy<Element> _resource = new(read);

    public string Type => type;
    public string Url => url;
    public string? Version => version;
    public Element Resource => _resource.Value;

    public static Definition Of(Element resource) => new(resource.Type, resource["url"].Text!, resource["version"].Text, () => resource);
}
