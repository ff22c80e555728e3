using Fhir.Server.Core.Elements;

namespace Fhir.Server.Core.Tests.Elements;

public sealed class ReferenceTests
{
    [Theory]
    [InlineData("Patient/1", ReferenceForm.Relative, "Patient", "1", null, null)]
    [InlineData("Patient/a.b-C/_history/2", ReferenceForm.Relative, "Patient", "a.b-C", "2", null)]
    [InlineData("http://other/fhir/Patient/1", ReferenceForm.Absolute, "Patient", "1", null, "http://other/fhir")]
    [InlineData("https://other/fhir/Patient/1/_history/3", ReferenceForm.Absolute, "Patient", "1", "3", "https://other/fhir")]
    [InlineData("http://other/viewer?patient=1", ReferenceForm.Absolute, null, null, null, null)]
    [InlineData("http://other/fhir/Klant/1", ReferenceForm.Absolute, null, null, null, null)]
    [InlineData("urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0", ReferenceForm.Urn, null, null, null, null)]
    [InlineData("urn:oid:1.2.3", ReferenceForm.Urn, null, null, null, null)]
    [InlineData("Patient?identifier=s|v", ReferenceForm.Conditional, "Patient", null, null, null)]
    [InlineData("#p1", ReferenceForm.Fragment, null, null, null, null)]
    [InlineData("#", ReferenceForm.Fragment, null, null, null, null)]
    public void A_reference_is_taken_apart(string text, ReferenceForm form, string? type, string? id, string? version, string? @base)
    {
        Assert.True(Reference.TryParse(text, out var reference));
        Assert.Equal((form, type, id, version, @base), (reference.Form, reference.Type, reference.Id, reference.Version, reference.Base));
        Assert.Equal(text, reference.ToString());
    }

    [Theory]
    [InlineData(""), InlineData("1"), InlineData("Patient"), InlineData("Patient/"), InlineData("/Patient/1"), InlineData("patient/1"), InlineData("Klant/1"), InlineData("Patient/1/"), InlineData("Patient/1/2")]
    [InlineData("Patient/1/_history/"), InlineData("Patient/1/_history"), InlineData("Patient/a b"), InlineData("Patient/a_b"), InlineData("x/Patient/1"), InlineData("Patient?"), InlineData("#a b"), InlineData("http://x/a b"), InlineData("../Patient/1")]
    public void What_is_none_of_the_forms_is_no_reference(string text) => Assert.False(Reference.TryParse(text, out _));

    [Fact]
    public void An_id_of_65_characters_is_too_long()
    {
        Assert.True(Reference.TryParse("Patient/" + new string('a', 64), out _));
        Assert.False(Reference.TryParse("Patient/" + new string('a', 65), out _));
    }

    [Fact]
    public void The_parts_that_searches_and_transactions_need_are_there()
    {
        Assert.True(Reference.TryParse("Patient/1/_history/2", out var versioned));
        Assert.Equal("Patient/1", versioned.Unversioned);
        Assert.True(Reference.TryParse("Patient?identifier=a&name=b", out var conditional));
        Assert.Equal("identifier=a&name=b", conditional.Query);
        Assert.True(Reference.TryParse("#p1", out var fragment));
        Assert.Equal("p1", fragment.Fragment);
    }
}
