using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.FhirPath.Operators;
using Fhir.Server.Core.FhirPath.Values;
using Fhir.Server.Core.Outcomes;

namespace Fhir.Server.Core.FhirPath.Functions;

/// <summary>https://hl7.org/fhir/R4/fhirpath.html#functions</summary>
internal static class FhirSpecific
{
    // What it costs in steps to find a definition.
    private const int LookUp = 100;
    // The same for a value set that nobody wrote down (?fhir_vs=isa/...): it is made of a whole code system.
    private const int MakeUp = 4_000;
    private const string TypeBase = "http://hl7.org/fhir/StructureDefinition/";

    public static void Extension(Run run, List<Element> input, Operator[] arguments, List<Element> into)
    {
        if (run.Text(arguments[0]) is not { } url) return;
        foreach (var item in input)
            foreach (var child in item.Children)
                if (child.Name == "extension" && child["url"].Text == url) into.Add(child);
    }

    public static void GetValue(Run run, List<Element> input, Operator[] arguments, List<Element> into)
    {
        if (input is [{ Text: { } text } item] && Kinds.Of(item) is var kind and not Kind.Complex) into.Add(Computed.Literal(kind, text));
    }

    public static void Resolve(Run run, List<Element> input, Operator[] arguments, List<Element> into)
    {
        foreach (var item in input)
            if (run.Goes(LookUp + References.Breadth(item)) && References.Target(item, run.Context) is { } target) into.Add(target);
    }

    public static void MemberOf(Run run, List<Element> input, Operator[] arguments, List<Element> into) =>
        Asked(run, input, arguments, run.Context.MemberOf, "The value set of a memberOf() is not known here.", into);

    public static void ConformsTo(Run run, List<Element> input, Operator[] arguments, List<Element> into) =>
        Asked(run, input, arguments, (item, profile) => OfType(item, profile) ?? run.Context.ConformsTo?.Invoke(item, profile), "The profile of a conformsTo() is not known here.", into);

    public static void HtmlChecks(Run run, List<Element> input, Operator[] arguments, List<Element> into)
    {
        if (input is [{ Definition.Primitive: Primitive.Xhtml, Text: { } text }]) into.Add(Computed.Of(NarrativeRule.Wrong(text) is null));
    }

    /// <summary>The input again, or a failure when it bears a modifier extension other than those that are named.</summary>
    public static void CheckModifiers(Run run, List<Element> input, Operator[] arguments, List<Element> into)
    {
        var known = Array.ConvertAll(arguments, run.Text);
        foreach (var item in input)
            foreach (var child in item.Children)
                if (child.Name == "modifierExtension" && !known.Contains(child["url"].Text, StringComparer.Ordinal)) run.Fail("An element has a modifier extension that is not known here.");
        into.AddRange(input);
    }

    public static void ElementDefinition(Run run, List<Element> input, Operator[] arguments, List<Element> into)
    {
        foreach (var item in input)
            if (run.Goes(LookUp) && Described(run, item) is { } found) into.Add(found);
    }

    // The path of a slot begins with the type that defines it: Patient.contact.name, HumanName.family.
    private static Element? Described(Run run, Element item)
    {
        if ((item.Slot?.Path ?? (item.Definition.Kind == TypeKind.Resource ? item.Type : null)) is not { } path) return null;
        var type = path.IndexOf('.', StringComparison.Ordinal) is var dot and >= 0 ? path[..dot] : path;
        var elements = run.Context.Conformance.Find("StructureDefinition", TypeBase + type)?["snapshot"].Each("element") ?? [];
        return elements.TakeWhile(_ => run.Goes(Run.NewValue)).FirstOrDefault(element => element["path"].Text == path);
    }

    public static void Slice(Run run, List<Element> input, Operator[] arguments, List<Element> into)
    {
        if (run.Text(arguments[0]) is not { } structure || run.Text(arguments[1]) is not { } name) return;
        for (var i = 0; i < input.Count && run.Goes(LookUp); i++)
            if (run.Context.InSlice?.Invoke(input[i], structure, name) is not { } inside) run.Fail("The structure of a slice() is not known here.", IssueKind.Unsupported);
            else if (inside) into.Add(input[i]);
    }

    private static bool? OfType(Element item, string profile) =>
        profile.StartsWith(TypeBase, StringComparison.Ordinal) && DefinitionSet.R4.Type(profile[TypeBase.Length..]) is { } type
            ? DefinitionSet.R4.IsA(item.Definition, type.Name)
            : null;

    private static void Asked(Run run, List<Element> input, Operator[] arguments, Func<Element, string, bool?>? oracle, string unknown, List<Element> into)
    {
        if (run.One(input) is not { } item || run.Text(arguments[0]) is not { } url || !run.Goes(url.Contains('?', StringComparison.Ordinal) ? MakeUp : LookUp)) return;
        if (oracle?.Invoke(item, url) is { } answer) into.Add(Computed.Of(answer));
        else run.Fail(unknown, IssueKind.Unsupported);
    }
}
