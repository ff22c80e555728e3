using System.Xml;
using System.Xml.Schema;

namespace Fhir.Server.Core.Tests.Xml;

/// <summary>HL7's schema of FHIR R4 — https://hl7.org/fhir/R4/downloads.html</summary>
internal static class Schema
{
    private static readonly Lazy<XmlSchemaSet> Set = new(Load);

    /// <summary>What the schema says against a text; empty when it is valid.</summary>
    public static IReadOnlyList<string> Against(byte[] xml)
    {
        var found = new List<string>();
        var settings = new XmlReaderSettings { ValidationType = ValidationType.Schema, Schemas = Set.Value };
        settings.ValidationEventHandler += (_, e) => found.Add($"line {e.Exception.LineNumber}: {e.Message}");
        using var reader = XmlReader.Create(new MemoryStream(xml), settings);
        while (reader.Read())
        {
            // the handler is told
        }
        return found;
    }

    private static XmlSchemaSet Load()
    {
        var folder = TestFolders.Data("schemas");
        var settings = new XmlReaderSettings { DtdProcessing = DtdProcessing.Parse, XmlResolver = null };   // xml.xsd has a DOCTYPE
        var set = new XmlSchemaSet { XmlResolver = null };
        foreach (var file in new[] { "xml.xsd", "fhir-xhtml.xsd", "fhir-single.xsd" })
        {
            using var reader = XmlReader.Create(Path.Combine(folder, file), settings);
            set.Add(null, reader);
        }
        set.Compile();
        return set;
    }
}
