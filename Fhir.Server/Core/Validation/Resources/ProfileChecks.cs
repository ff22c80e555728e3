using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Validation.Profiles;
using Fhir.Server.Core.Validation.Rules;
using Snapshot = Fhir.Server.Core.Validation.Snapshots.Snapshot;

namespace Fhir.Server.Core.Validation.Resources;

/// <summary>A profile that can be used: it has a snapshot or one can be made, its discriminators lead somewhere, it fixes what its base fixes — https://hl7.org/fhir/R4/profiling.html</summary>
internal sealed class ProfileChecks : Rule
{
    public override void Check(Element element, Judging judging)
    {
        if (element["derivation"].Text != "constraint" || element["baseDefinition"].Text is not { } baseUrl || judging.Schemas.Tree(baseUrl) is not { } above) return;
        if (element["type"].Text is not { } type || DefinitionSet.R4.Type(type) is null) return;
        if (Snapshot.Of(element, judging.Schemas.Conformance).Failed(out var issue, out var snapshot)) judging.Add(element, "structure", $"No snapshot can be made: {issue.Text}");
        else if (DefinitionTree.Of(element, snapshot) is { } root)
        {
            Discriminators(root, judging);
            Fixed(root, above, judging);
        }
    }

    private static void Discriminators(Definition definition, Judging judging)
    {
        if (!judging.Deeper()) return;
        foreach (var discriminator in definition.Slicing.Each("discriminator"))
            if (DiscriminatorPath.Parse(discriminator["path"].Text ?? "") is not { } path || path.LeadsNowhere(definition, judging.Schemas))
                judging.Add(discriminator, "value", $"The path of a discriminator leads nowhere from {definition.Path}.");
        foreach (var below in definition.Children.Concat(definition.Slices)) Discriminators(below, judging);
        judging.Up();
    }

    private static void Fixed(Definition definition, Definition above, Judging judging)
    {
        if (above.Raw["fixed"] is { Exists: true } fixedAbove && definition.Raw["fixed"] is { Exists: true } own && !FixedValue.Same(fixedAbove, own))
            judging.Add(own, "value", $"The base fixes another value of {definition.Path}.");
        foreach (var child in definition.Children)
            if (above.Child(child.Name) is { } same) Fixed(child, same, judging);
    }
}
