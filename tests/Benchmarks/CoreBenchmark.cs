using System.Diagnostics;
using System.Text;
using Fhir.Messaging;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Json;
using Fhir.Server.Core.Packages;
using Fhir.Server.Core.Terminology;
using Fhir.Server.Core.Validation;
using Fhir.Server.Core.Xml;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Search;

namespace Benchmarks;

/// <summary>The FHIR language by itself, on one thread.</summary>
internal static class CoreBenchmark
{
    public static async Task RunAsync(TenantDatabase database)
    {
        await StoreBenchmark.MigrateAsync(database);
        var indexer = new Indexer(await ParameterNumbers.LoadAsync(database, DefinitionSet.R4, default), new("http://localhost:5080/fhir"));
        var text = Encoding.UTF8.GetBytes(Samples.Patient(7));
        if (JsonReader.Read(text, DefinitionSet.R4).Failed(out var issue, out var patient)) throw new InvalidOperationException(issue.Text);
        Measure("parse, 1 kB Patient", () => JsonReader.Read(text, DefinitionSet.R4));
        Measure("parse and structural check, 1 kB Patient", () =>
        {
            if (!JsonReader.Read(text, DefinitionSet.R4).Failed(out _, out var root)) StructureCheck.Check(root);
        });
        var xml = FhirXmlWriter.Write(patient);
        Measure("XML read, 1 kB Patient", () => FhirXmlReader.Read(xml, DefinitionSet.R4));
        Measure("XML read and write, 1 kB Patient", () =>
        {
            if (!FhirXmlReader.Read(xml, DefinitionSet.R4).Failed(out _, out var root)) FhirXmlWriter.Write(root);
        });
        Measure("index extraction, 1 kB Patient", () => indexer.Extract(patient));
        Validation(patient);
        Terminology();
    }

    private static void Terminology()
    {
        if (new Vocabulary(Conformance.R4).Compile("http://hl7.org/fhir/ValueSet/marital-status").Failed(out var issue, out var compiled)) throw new InvalidOperationException(issue.Text);
        Measure("is a code in a value set", () => compiled.Contains("http://terminology.hl7.org/CodeSystem/v3-MaritalStatus", null, "M"));
    }

    // What validation on write adds: R4's base rules, and for a message of $send-message our own profile.
    private static void Validation(Element patient)
    {
        var conformance = Conformance.R4.With(ClinicDefinitions.All().Select(d => d.Resource));
        var validator = new Validator(conformance, new Vocabulary(conformance));
        var baseRules = new ValidationRequest { Structure = false };
        Measure("R4's base rules, 1 kB Patient", () => validator.Validate(patient, baseRules));
        if (JsonReader.Read(Encoding.UTF8.GetBytes(Samples.Message), DefinitionSet.R4).Failed(out var issue, out var message)) throw new InvalidOperationException(issue.Text);
        var own = new ValidationRequest { Structure = false, DeclaredProfiles = false, Profiles = [ClinicUrls.Message] };
        Measure("our own profile, a message", () => validator.Validate(message, own));
    }

    private static void Measure(string what, Action work)
    {
        for (var warm = Stopwatch.StartNew(); warm.ElapsedMilliseconds < 1500;) work();   // the compiler improves what runs often, in the background
        var (clock, count, before) = (Stopwatch.StartNew(), 0, GC.GetAllocatedBytesForCurrentThread());
        for (; clock.ElapsedMilliseconds < 2000; count++) work();
        var bytes = (GC.GetAllocatedBytesForCurrentThread() - before) / count;
        Report.Line("language, 1 thread", $"{what}, /s ({bytes:N0} bytes each)", count / clock.Elapsed.TotalSeconds);
    }
}
