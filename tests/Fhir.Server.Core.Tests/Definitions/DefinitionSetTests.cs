using Fhir.Server.Core.Definitions;

namespace Fhir.Server.Core.Tests.Definitions;

public sealed class DefinitionSetTests
{
    private static readonly DefinitionSet R4 = DefinitionSet.R4;

    [Fact]
    public void The_resource_types_keep_their_numbers()
    {
        Assert.Equal(146, R4.ResourceTypes.Count);
        Assert.Equal(R4.ResourceTypes.Order(StringComparer.Ordinal), R4.ResourceTypes);
        var hash = System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(string.Join(',', R4.ResourceTypes)));
        Assert.Equal("177C039C4A847DA7B386B0E81799B96054AEAECC1224A04B679311AC46EB0E12", Convert.ToHexString(hash));
    }

    [Fact]
    public void Abstract_types_and_wrong_case_are_no_resources()
    {
        Assert.True(R4.IsResource("Patient"));
        Assert.All(["patient", "Resource", "DomainResource", "HumanName", "Patient.contact", ""], name => Assert.False(R4.IsResource(name)));
    }

    [Fact]
    public void Elements_know_cardinality_types_targets_and_binding()
    {
        var patient = R4.Type("Patient")!;
        Assert.Equal(TypeKind.Resource, patient.Kind);
        Assert.Equal("http://hl7.org/fhir/ValueSet/administrative-gender", patient.Element("gender")!.RequiredValueSet);
        Assert.Equal(["boolean", "dateTime"], patient.Element("deceased")!.Types.Select(t => t.Type.Name));
        Assert.True(patient.Element("deceased")!.IsChoice);
        Assert.Equal(int.MaxValue, patient.Element("name")!.Max);
        Assert.Equal("id", patient.Element("id")!.Types[0].Type.Name);
        Assert.Equal(["Organization"], patient.Element("managingOrganization")!.Types[0].Targets);
        Assert.Equal(1, R4.Type("Observation")!.Element("code")!.Min);
        Assert.Empty(R4.Type("Provenance")!.Element("target")!.Types[0].Targets);
        Assert.True(patient.Element("active")!.IsModifier);
    }

    [Fact]
    public void Backbones_are_types_and_content_references_lead_back_to_them()
    {
        var contact = R4.Type("Patient")!.Element("contact")!.Types[0].Type;
        Assert.Same(contact, R4.Type("Patient.contact"));
        Assert.Equal((TypeKind.Backbone, "BackboneElement"), (contact.Kind, contact.Parent));
        Assert.Equal("HumanName", contact.Element("name")!.Types[0].Type.Name);
        Assert.Same(R4.Type("Observation.referenceRange"), R4.Type("Observation.component")!.Element("referenceRange")!.Types[0].Type);
        Assert.Same(R4.Type("Questionnaire.item"), R4.Type("Questionnaire.item")!.Element("item")!.Types[0].Type);
        Assert.Equal("Element", R4.Type("Timing.repeat")!.Parent);
    }

    [Fact]
    public void A_written_name_leads_to_the_element_and_its_type()
    {
        var value = R4.Type("Observation")!.Property("valueQuantity"u8)!;
        Assert.Equal(("value", "Quantity"), (value.Element.Name, value.Type.Name));
        Assert.Null(R4.Type("Observation")!.Property("value"u8));
        Assert.Null(R4.Type("Observation")!.Property("valueRatioo"u8));
        Assert.Null(R4.Type("Observation")!.Property("valueMoney"u8));
    }

    [Fact]
    public void Every_written_name_of_every_type_is_found()
    {
        foreach (var element in R4.ResourceTypes.SelectMany(name => R4.Type(name)!.Elements, (name, e) => (Type: R4.Type(name)!, e)))
            foreach (var type in element.e.Types.Where(_ => !element.e.IsChoice))
                Assert.Same(type.Type, element.Type.Property(System.Text.Encoding.UTF8.GetBytes(element.e.Name))!.Type);
    }

    [Fact]
    public void Specialisation_is_known_over_several_steps()
    {
        Assert.True(R4.IsA(R4.Type("Age")!, "Quantity"));
        Assert.True(R4.IsA(R4.Type("Patient")!, "Resource"));
        Assert.True(R4.IsA(R4.Type("code")!, "string"));
        Assert.False(R4.IsA(R4.Type("Bundle")!, "DomainResource"));
    }

    [Fact]
    public void Search_parameters_have_only_the_parts_of_their_base_and_those_of_all_resources()
    {
        Assert.Equal("AllergyIntolerance.code | AllergyIntolerance.reaction.substance", R4.SearchParameter("AllergyIntolerance", "code")!.Expression);
        Assert.Equal("(Observation.value as Quantity) | (Observation.value as SampledData)", R4.SearchParameter("Observation", "value-quantity")!.Expression);
        Assert.Equal("name | alias", R4.SearchParameter("InsurancePlan", "name")!.Expression);
        Assert.Equal(("Resource", SearchParameterType.Date), R4.SearchParameter("Patient", "_lastUpdated") is { } p ? (p.Base, p.Type) : default);
        Assert.Null(R4.SearchParameter("Binary", "_text"));
        Assert.NotNull(R4.SearchParameter("Patient", "_text"));
        Assert.Equal(["Group", "Patient"], R4.SearchParameter("Encounter", "subject")!.Targets);
    }

    [Fact]
    public void Composites_name_the_parameters_of_their_parts()
    {
        var composite = R4.SearchParameter("Observation", "component-code-value-quantity")!;
        Assert.Equal("Observation.component", composite.Expression);
        Assert.Equal([("component-code", "code"), ("component-value-quantity", "value.as(Quantity)")], composite.Components.Select(c => (c.Code, c.Expression)));
    }

    [Fact]
    public void Every_search_parameter_has_an_expression_unless_HL7_gives_none()
    {
        var without = R4.ResourceTypes.SelectMany(R4.SearchParameters).Where(p => string.IsNullOrEmpty(p.Expression)).Select(p => p.Code).Distinct().Order();
        Assert.Equal(["_content", "_query", "_text"], without);
    }

    [Fact]
    public void Required_codes_know_their_systems()
    {
        var gender = R4.RequiredCodes("http://hl7.org/fhir/ValueSet/administrative-gender")!;
        Assert.True(gender.Allows("male"));
        Assert.False(gender.Allows("Male"));
        Assert.Equal("http://hl7.org/fhir/administrative-gender", gender.SystemOf("male"));
        var mime = R4.RequiredCodes("http://hl7.org/fhir/ValueSet/mimetypes")!;
        Assert.Equal((false, true, "urn:ietf:bcp:13"), (mime.IsEnumerated, mime.Allows("application/pdf"), mime.SystemOf("application/pdf")));
    }

    [Fact]
    public void The_patient_compartment_names_its_parameters()
    {
        Assert.Equal(["subject", "performer"], R4.PatientCompartment("Observation"));
        Assert.Empty(R4.PatientCompartment("Organization"));
        Assert.Equal(66, R4.ResourceTypes.Count(type => R4.PatientCompartment(type).Count > 0));
        Assert.All(R4.ResourceTypes.SelectMany(t => R4.PatientCompartment(t), (t, code) => (t, code)), p => Assert.NotNull(R4.SearchParameter(p.t, p.code)));
    }
}
