// https://hl7.org/fhir/R4/parameters.html
using Fhir.Server.Core.Elements;

namespace Fhir.Server.Core.Terminology;

/// <summary>Writes the Parameters that an operation answers with.</summary>
internal static class Answer
{
    public static Element New() => Element.Of("Parameters");

    /// <summary>An empty parameter of that name, or an empty part of a parameter.</summary>
    public static Element Named(this Element parent, string name)
    {
        var parameter = parent.Add(parent.Type == "Parameters" ? "parameter" : "part");
        parameter.Add("name", name);
        return parameter;
    }

    /// <summary>Adds a parameter with its value, unless there is none.</summary>
    public static void Put(this Element parent, string name, string type, string? value)
    {
        if (value is not null) parent.Named(name).Add(type, value);
    }

    /// <summary>Adds a parameter with a copy of a value of any type.</summary>
    public static void Put(this Element parent, string name, Element value)
    {
        if (value.Exists) parent.Named(name).Copy(value, "value");
    }

    /// <summary>An empty resource in a parameter, to be filled.</summary>
    public static Element AddResource(this Element parameter, string type) =>
        parameter.Add(new Element("resource", Element.Of(type).Definition) { Slot = parameter.Definition.Element("resource") });

    /// <summary>Adds a copy of an element with all that is in it, under its own name or another.</summary>
    public static Element Copy(this Element parent, Element source, string? name = null)
    {
        var slot = parent.Definition.Element(name ?? source.Name) ?? source.Slot;
        var copy = parent.Add(new Element(name ?? source.Name, source.Definition, source.Text) { Slot = slot });
        foreach (var child in source.Children) copy.Copy(child);
        return copy;
    }
}
