using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Core.Terminology;
using Fhir.Server.Core.Validation.Profiles;

namespace Fhir.Server.Core.Validation.Rules;

/// <summary>The value set that codes are taken from, and how strictly — https://hl7.org/fhir/R4/terminologies.html#strength</summary>
internal sealed class Binding : Rule
{
    private const string MaxValueSet = "http://hl7.org/fhir/StructureDefinition/elementdefinition-maxValueSet";
    private readonly string _valueSet;
    private readonly bool _isRequired;
    private readonly string? _atMost;

    private Binding(string valueSet, bool isRequired, string? atMost) => (_valueSet, _isRequired, _atMost) = (valueSet, isRequired, atMost);

    public override string Demand => $"codes of {_valueSet} ({(_isRequired ? "required" : "extensible")}{(_atMost is null ? "" : $", at most {_atMost}")})";

    /// <summary>Null where nothing is bound, or only as an example.</summary>
    public static Binding? Of(Definition definition)
    {
        var raw = definition.Raw["binding"];
        var atMost = raw.Each("extension").FirstOrDefault(e => e["url"].Text == MaxValueSet)?["value"].Text;
        if (raw["valueSet"].Text is not { } valueSet || (raw["strength"].Text is not ("required" or "extensible") && atMost is null)) return null;
        return new(Errata.ValueSet(valueSet), raw["strength"].Text == "required", atMost is null ? null : Errata.ValueSet(atMost));
    }

    public static bool Same(Definition one, Definition other)
    {
        var (mine, theirs) = (one.Raw["binding"], other.Raw["binding"]);
        return Unversioned(mine["valueSet"].Text) == Unversioned(theirs["valueSet"].Text) && mine["strength"].Text == theirs["strength"].Text;
    }

    private static string? Unversioned(string? canonical) => canonical?.Split('|')[0];

    public override void Check(Element element, Judging judging)
    {
        if (!Codes.CanHave(element)) return;
        if (!Codes.HasAny(element)) WithoutCode(element, judging);
        else if (_atMost is null || !TellOf(element, _atMost, Severity.Error, judging)) TellOf(element, _valueSet, _isRequired ? Severity.Error : Severity.Warning, judging);
    }

    // A text alone is what an extensible binding allows where no concept fits; an extension may say why there is nothing.
    private void WithoutCode(Element element, Judging judging)
    {
        if (_isRequired && element.Type != "Quantity" && !element["extension"].Exists)
            judging.Add(element, "code-invalid", $"There is no code, and one of {_valueSet} is required.");
    }

    private static bool TellOf(Element element, string valueSet, Severity severity, Judging judging)
    {
        var membership = Codes.In(element, valueSet, judging.Schemas.Vocabulary);
        if (membership == Membership.Out) judging.Add(element, "code-invalid", $"No code is one of {valueSet}.", severity);
        else if (membership == Membership.Unknown) judging.Add(element, "not-found", $"Whether a code is one of {valueSet} cannot be told here.", Severity.Warning);
        return membership != Membership.In;
    }
}
