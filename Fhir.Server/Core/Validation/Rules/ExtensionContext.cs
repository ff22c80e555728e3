using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.FhirPath;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Core.Validation.Profiles;

namespace Fhir.Server.Core.Validation.Rules;

/// <summary>Where an extension may stand — https://hl7.org/fhir/R4/defining-extensions.html#context</summary>
internal static class ExtensionContext
{
    public static void Check(Element extension, Element definition, Judging judging)
    {
        if (extension.Parent is not { } holder) return;
        if (definition["context"].Exists && !definition.Each("context").Any(context => Allows(definition["url"].Text, context, holder, judging)))
            judging.Add(extension, "extension", $"The extension {definition["url"].Text} may not stand here.");
        foreach (var invariant in definition.Each("contextInvariant"))
            if (!Holds(invariant.Text, holder, judging)) judging.Add(extension, "invariant", $"A condition of the extension {definition["url"].Text} on what it stands in does not hold.");
        var isModifier = judging.Schemas.Tree(definition["url"].Text!)?.Raw["isModifier"].Text == "true";
        if (isModifier != (extension.Name == "modifierExtension"))
            judging.Add(extension, "extension", isModifier ? $"The extension {definition["url"].Text} must be a modifierExtension." : $"The extension {definition["url"].Text} is no modifierExtension.");
    }

    private static bool Allows(string? extension, Element context, Element holder, Judging judging)
    {
        var expression = context["expression"].Text ?? "";
        return context["type"].Text switch
        {
            "element" => IsElement(Errata.Context(extension, expression), holder),
            "extension" => IsOrIsValueOf(holder, expression),
            "fhirpath" => Finds(expression, holder, judging),
            _ => true,
        };
    }

    private static bool IsOrIsValueOf(Element holder, string url) =>
        (holder.Type == "Extension" ? holder : holder is { Name: "value", Parent: { Type: "Extension" } outer } ? outer : Element.None)["url"].Text == url;

    // A type, a path from a type (through datatypes too), or the id of an element in a profile: "url#Patient.name", judged by its path.
    private static bool IsElement(string expression, Element holder)
    {
        var path = expression[(expression.IndexOf('#', StringComparison.Ordinal) + 1)..].Split(':')[0];
        var names = path.Split('.');
        if (names.Length == 1) return IsType(holder, path);
        if (holder.Type == path) return true;   // an item in an item
        var at = holder;
        for (var i = names.Length - 1; i > 0; i--)
        {
            var name = names[i].EndsWith("[x]", StringComparison.Ordinal) ? names[i][..^3] : names[i];
            if (at.Parent is not { } parent || (at.Name != name && at.Parent.Definition.Element(at.Name)?.NameAs(at.Definition) != name)) return false;
            at = parent;
        }
        return IsType(at, names[0]);
    }

    private static bool IsType(Element element, string name) =>
        name == "Element" || DefinitionSet.R4.IsA(element.Definition, name);   // R4's own definitions say Element and mean resources too

    private static bool Finds(string expression, Element holder, Judging judging)
    {
        if (CompiledExpression.CompileInvariant(expression).Failed(out _, out var compiled)) return true;
        var resource = Targets.Resource(holder);
        if (compiled.Evaluate(resource, judging.Context).Failed(out _, out var found)) return true;
        return found.Any(item => ReferenceEquals(item, holder)) || (ReferenceEquals(resource, holder) && found is [{ Text: "true" }]);
    }

    private static bool Holds(string? expression, Element holder, Judging judging) =>
        expression is null || CompiledExpression.CompileInvariant(expression).Failed(out _, out var compiled)
        || compiled.Holds(holder, judging.Context).Failed(out _, out var holds) || holds;
}
