namespace Fhir.Server.Api.Tests;

/// <summary>De Linde with dr.jansen, Rijnmond with dr.bakker, Arbodienst Oost with dr.devries; nothing else.</summary>
public static class Clinic
{
    public static async Task FurnishAsync(Client integrator)
    {
        foreach (var organization in (string[])["de-linde", "rijnmond", "arbodienst-oost"])
            await PutAsync(integrator, "Organization", organization, $$""" "active":true,"name":"{{organization}}" """);
        await HireAsync(integrator, "dr.jansen", "gp", "de-linde");
        await HireAsync(integrator, "dr.bakker", "specialist", "rijnmond");
        await HireAsync(integrator, "dr.devries", "company-doctor", "arbodienst-oost");
    }

    public static async Task HireAsync(Client integrator, string person, string role, string organization, bool active = true)
    {
        await PutAsync(integrator, "Practitioner", person, $$""" "name":[{"text":"{{person}}"}] """);
        await PutAsync(integrator, "PractitionerRole", person,
            $$"""
            "active":{{(active ? "true" : "false")}},"practitioner":{"reference":"Practitioner/{{person}}"},"organization":{"reference":"Organization/{{organization}}"},
            "code":[{"coding":[{"system":"https://samenspraak.example/fhir/CodeSystem/clinic-role","code":"{{role}}"}]}]
            """);
    }

    private static async Task PutAsync(Client integrator, string type, string id, string content)
    {
        var put = await integrator.Put($"/fhir/{type}/{id}", $$"""{"resourceType":"{{type}}","id":"{{id}}",{{content}}}""");
        Assert.True(put.Code is 200 or 201, put.Text);
    }
}
