using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.FhirPath.Operators;
using Fhir.Server.Core.FhirPath.Values;
using Fhir.Server.Core.Outcomes;

namespace Fhir.Server.Core.FhirPath.Functions;

/// <summary>https://hl7.org/fhir/R4/fhirpath.html#functions</summary>
internal static class FhirSpecific
{
    private const string TypeBase = "http://hl7.org/fhir/StructureDefinition/";

    public static void Extension(Run run, List<Element> input, Operator[] arguments, List<Element> into)
    {
        if (run.Text(arguments[0]) is not { } url) return;
        foreach (var item in input)
            foreach (var child in item.Children)
                if (child.Name == "extension" && child["url"].Text == url) into.Add(child);
    }

    public static void HasValue(Run run, List<Element> input, Operator[] arguments, List<Element> into) =>
        into.Add(Computed.Of(input is [{ Text: not null }]));

    public static void GetValue(Run run, List<Element> input, Operator[] arguments, List<Element> into)
    {
        if (input is [{ Text: { } text } item] && Kinds.Of(item) is var kind and not Kind.Complex) into.Add(Computed.Literal(kind, text));
    }

    public static void Resolve(Run run, List<Element> input, Operator[] arguments, List<Element> into)
    {
        foreach (var item in input)
            if (References.Target(item, run.Context) is { } target) into.Add(target);
    }

    public static void MemberOf(Run run, List<Element> input, Operator[] arguments, List<Element> into) =>
        Asked(run, input, arguments, run.Context.MemberOf, "The value set of a memberOf() is not known here.", into);

    public static void ConformsTo(Run run, List<Element> input, Operator[] arguments, List<Element> into) =>
        Asked(run, input, arguments, (item, profile) => OfType(item, profile) ?? run.Context.ConformsTo?.Invoke(item, profile), "The profile of a conformsTo() is not known here.", into);

    private static bool? OfType(Element item, string profile) =>
        profile.StartsWith(TypeBase, StringComparison.Ordinal) && DefinitionSet.R4.Type(profile[TypeBase.Length..]) is { } type
            ? DefinitionSet.R4.IsA(item.Definition, type.Name)
            : null;

    private static void Asked(Run run, List<Element> input, Operator[] arguments, Func<Element, string, bool?>? oracle, string unknown, List<Element> into)
    {
        if (run.One(input) is not { } item || run.Text(arguments[0]) is not { } url) return;
        if (oracle?.Invoke(item, url) is { } answer) into.Add(Computed.Of(answer));
        else run.Fail(unknown, IssueKind.Unsupported);
    }
}
