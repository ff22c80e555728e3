using System.Diagnostics;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Json;
using Fhir.Server.Core.Validation;

namespace Fhir.Server.Core.Tests.Json;

public sealed class FuzzTests(ITestOutputHelper output)
{
    private static readonly byte[][] Snippets =
        [.. new[] { "null", "[]", "{}", "\"\"", "[null]", "{\"a\":1}", "\"resourceType\":\"Patient\",", "\\u0000", "\\ud800", "\"_id\":{\"id\":\"a\"},", "[[", "}}", "1e999999", ",", ":", "\"#\"" }.Select(System.Text.Encoding.UTF8.GetBytes)];

    [Fact]
    public void Broken_examples_are_refused_or_read_and_then_survive_a_second_reading()
    {
        var (seconds, seed) = Environment.GetEnvironmentVariable("SAMENSPRAAK_LONG") == "1" ? (200, Environment.TickCount) : (6, 20260101);
        var random = new Random(seed);
        var examples = OfficialExamplesTests.Files().Order(StringComparer.Ordinal).Select(File.ReadAllBytes).Where(bytes => bytes.Length < 6000).ToList();
        var (clock, count, read, slowest) = (Stopwatch.StartNew(), 0, 0, TimeSpan.Zero);
        for (; clock.Elapsed.TotalSeconds < seconds; count++)
        {
            var broken = Break(examples[random.Next(examples.Count)], random);
            var (began, allocated) = (clock.Elapsed, GC.GetAllocatedBytesForCurrentThread());
            if (Survives(broken)) read++;
            var took = clock.Elapsed - began;
            if (took > slowest) slowest = took;
            Assert.True(GC.GetAllocatedBytesForCurrentThread() - allocated < 50_000_000, $"seed {seed}, text {count} costs too much memory");
            if (took > TimeSpan.FromSeconds(1)) Quick.Within(1, () => Survives(broken), $"seed {seed}, text {count}");
        }
        output.WriteLine($"JSON fuzz: {count:N0} broken texts in {seconds} s (seed {seed}), {read:N0} of them read; the slowest took {slowest.TotalMilliseconds:N1} ms.");
    }

    private static bool Survives(byte[] broken)
    {
        if (JsonReader.Read(broken, DefinitionSet.R4).Failed(out _, out var root)) return false;
        _ = StructureCheck.Check(root);
        Assert.False(JsonReader.Read(JsonWriter.Write(root), DefinitionSet.R4).Failed(out var issue, out _), issue?.Text);
        Assert.False(JsonReader.Read(new JsonSplice(broken, root).Id("x").Version("1", "2026-01-01T00:00:00Z").Tag("s", "c").ToBytes(), DefinitionSet.R4).Failed(out issue, out _), issue?.Text);
        return true;
    }

    private static byte[] Break(byte[] source, Random random)
    {
        var bytes = source.ToList();
        for (var changes = random.Next(1, 4); changes > 0; changes--)
        {
            var at = random.Next(bytes.Count);
            switch (random.Next(5))
            {
                case 0: bytes[at] = (byte)random.Next(256); break;
                case 1: bytes.RemoveRange(at, Math.Min(random.Next(1, 40), bytes.Count - at)); break;
                case 2: bytes.InsertRange(at, Snippets[random.Next(Snippets.Length)]); break;
                case 3: bytes.InsertRange(at, bytes.GetRange(at, Math.Min(random.Next(1, 60), bytes.Count - at))); break;
                default: bytes[at] = "{}[]\",:0a\\ "u8[random.Next(11)]; break;
            }
            if (bytes.Count == 0) bytes.Add((byte)'{');
        }
        return [.. bytes];
    }
}
