using Fhir.Server.Core.Elements;

namespace Fhir.Server.Core.Terminology.Judging;

/// <summary>A code that is to be judged, and where it stands in the request: <c>Coding</c>, <c>CodeableConcept.coding[1]</c>, or nowhere for bare parameters.</summary>
internal sealed record Coded(string? System, string? Version, string? Code, string? Display, string Place)
{
    public static Coded Of(Element coding, string place) =>
        new(coding["system"].Text, coding["version"].Text, coding["code"].Text, coding["display"].Text, place);

    public string At(string element) => Place.Length == 0 ? element : $"{Place}.{element}";

    /// <summary>What the whole of it is called.</summary>
    public string Whole => Place.Length == 0 ? "code" : Place;

    /// <summary><c>system|version#code ('display')</c></summary>
    public string Shown => $"{System}{(Version is null ? "" : "|" + Version)}#{Code}{(Display is null ? "" : $" ('{Display}')")}";
}
