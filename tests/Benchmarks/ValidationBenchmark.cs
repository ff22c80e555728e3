using System.Diagnostics;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Json;
using Fhir.Server.Core.Packages;
using Fhir.Server.Core.Terminology;
using Fhir.Server.Core.Validation;

namespace Benchmarks;

/// <summary>Validation of Synthea's resources on one thread: structure, invariants, bindings, references, extensions.</summary>
internal static class ValidationBenchmark
{
    private const int Most = 8000;

    public static void Run(string folder)
    {
        if (!Directory.Exists(folder))
        {
            Report.Line("language, 1 thread", "validation not measured", "the folder of Synthea bundles is absent (FHIR_TEST_DATA)");
            return;
        }
        var resources = Directory.EnumerateFiles(folder, "*.json").Order(StringComparer.Ordinal).SelectMany(Resources).Take(Most).ToList();
        var clock = Stopwatch.StartNew();
        var validator = new Validator(Conformance.R4, new Vocabulary(Conformance.R4));
        validator.Validate(resources[0]);
        Report.Line("language, 1 thread", "first validation by a new validator, ms", clock.Elapsed.TotalMilliseconds);
        for (var i = 0; i < 3; i++) Round(resources, validator);
        var (elapsed, bytes) = Round(resources, validator);
        Report.Line("language, 1 thread", $"full base validation, Synthea resource, /s ({bytes / resources.Count:N0} bytes each)", resources.Count / elapsed.TotalSeconds);
    }

    // Each by itself, as it is written: what a Bundle asks of its entries is not measured.
    private static IEnumerable<Element> Resources(string file)
    {
        if (JsonReader.Read(File.ReadAllBytes(file), DefinitionSet.R4).Failed(out var issue, out var bundle)) throw new InvalidOperationException(issue.Text);
        foreach (var entry in bundle.Each("entry"))
            if (!JsonReader.Read(JsonWriter.Write(entry["resource"]), DefinitionSet.R4).Failed(out _, out var resource)) yield return resource;
    }

    private static (TimeSpan Elapsed, long Bytes) Round(List<Element> resources, Validator validator)
    {
        var (clock, before) = (Stopwatch.StartNew(), GC.GetAllocatedBytesForCurrentThread());
        foreach (var resource in resources) validator.Validate(resource);
        return (clock.Elapsed, GC.GetAllocatedBytesForCurrentThread() - before);
    }
}
