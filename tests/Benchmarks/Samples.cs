using System.Globalization;

namespace Benchmarks;

/// <summary>Resources of realistic size, made up.</summary>
internal static class Samples
{
    /// <summary>A Patient of about 1 kB.</summary>
    public static string Patient(int n) => string.Create(CultureInfo.InvariantCulture,
        $$"""
        {"resourceType":"Patient","identifier":[{"system":"https://benchmark.example/patient","value":"{{n}}"},{"type":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v2-0203","code":"MR"}]},"system":"https://benchmark.example/mr","value":"MR-{{n:D8}}"}],"active":true,"name":[{"use":"official","family":"van der Voort{{n % 5000}}","given":["Johanna","Maria"],"prefix":["mevr."]},{"use":"nickname","given":["Jo"]}],"telecom":[{"system":"phone","value":"+31 6 5550{{n % 10000:D4}}","use":"mobile"},{"system":"email","value":"p{{n}}@mail.example"}],"gender":"female","birthDate":"{{1940 + (n % 70)}}-{{1 + (n % 12):D2}}-{{1 + (n % 28):D2}}","address":[{"use":"home","line":["Dorpsstraat {{n % 300}}"],"city":"Zwolle","postalCode":"80{{n % 100:D2}} AB","country":"NL"}],"maritalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-MaritalStatus","code":"M","display":"Married"}]},"communication":[{"language":{"coding":[{"system":"urn:ietf:bcp:47","code":"nl","display":"Dutch"}]},"preferred":true}]}
        """);

    /// <summary>As $send-message writes it.</summary>
    public const string Message = """
        {"resourceType":"Communication","identifier":[{"system":"https://samenspraak.example/fhir/sid/client-id","value":"0d5f8f5e-6f0e-4a5e-9d0c-3f1f6f9f2b11"}],"partOf":[{"reference":"Communication/t1"}],
         "status":"completed","subject":{"reference":"Patient/p1"},"sent":"2026-11-22T10:00:00.000Z","sender":{"reference":"PractitionerRole/dr.jansen"},"payload":[{"contentString":"Kan hij weer aan het werk?"}]}
        """;
}
