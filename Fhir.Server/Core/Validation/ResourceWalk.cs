using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Validation.Profiles;

namespace Fhir.Server.Core.Validation;

/// <summary>Goes through a resource and those in it: R4's own rules for each element, the declared profiles for each resource.</summary>
internal sealed class ResourceWalk(Judging judging)
{
    public void Resource(Element resource)
    {
        if (judging.Request.DeclaredProfiles)
            foreach (var profile in resource["meta"].Each("profile"))
                if (profile.Text is { } canonical) judging.Profile(resource, canonical, from: profile);
        Composite(resource);
    }

    private void Composite(Element element)
    {
        if (!judging.Deeper(steps: 0)) return;
        var rules = judging.Request.BaseRules ? judging.Schemas.OfType(element.Definition) : null;
        if (rules is not null)
            foreach (var rule in rules.Self) rule.Check(element, judging);
        foreach (var child in element.ChildSpan) Child(child, element, rules);
        judging.Up();
    }

    private void Child(Element child, Element parent, TypeRules? rules)
    {
        if (rules is not null && (child.Slot ?? parent.Definition.Element(child.Name)) is { } slot)
            foreach (var rule in rules.Children[slot.Index]) rule.Check(child, judging);
        if (child.Definition.Kind == TypeKind.Resource) Resource(child);
        else if (child.ChildSpan.Length > 0) Composite(child);
    }
}
