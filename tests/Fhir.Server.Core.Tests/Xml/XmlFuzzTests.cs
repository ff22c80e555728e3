using System.Diagnostics;
using System.Text;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Json;
using Fhir.Server.Core.Validation;
using Fhir.Server.Core.Xml;

namespace Fhir.Server.Core.Tests.Xml;

public sealed class XmlFuzzTests(ITestOutputHelper output)
{
    private static readonly byte[][] Snippets =
    [
        .. new[]
        {
            "<", ">", "/>", "</", "\"", "'", "&", "&amp;", "&#0;", "&#x10FFFF;", "&nbsp;", "<!--", "-->", "<![CDATA[", "]]>", "<?x", "?>", "<!DOCTYPE x [<!ENTITY a \"b\">]>", " xmlns=\"\"",
            " xmlns=\"http://www.w3.org/1999/xhtml\"", " xmlns:f=\"http://hl7.org/fhir\"", " id=\"a\"", " value=\"\"", " value=\"1e999\"", " url=\"u\"", "<extension url=\"u\"><valueDecimal value=\"1.0\"/></extension>",
            "<contained><Patient><id value=\"p\"/></Patient></contained>", "<div xmlns=\"http://www.w3.org/1999/xhtml\"><p>a</p></div>", "<id value=\"x\"/>", "<name/>", "text", "\u0001", "\uFFFF",
        }.Select(Encoding.UTF8.GetBytes),
    ];

    private readonly int _seconds = IsLong ? 200 : 6;
    private readonly int _seed = IsLong ? Environment.TickCount : 20260102;
    private volatile int _count;
    private int _read;
    private TimeSpan _slowest;

    private static bool IsLong => Environment.GetEnvironmentVariable("SAMENSPRAAK_LONG") == "1";

    [Fact]
    public async Task Broken_examples_are_refused_or_read_and_then_survive_in_both_formats()
    {
        var examples = Directory.GetFiles(TestFolders.Data("r4-examples/pairs"), "*.xml").Order(StringComparer.Ordinal).Select(File.ReadAllBytes).Where(bytes => bytes.Length < 6000).ToList();
        var work = Task.Factory.StartNew(() => Run(examples), TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        for (var last = -1; await Task.WhenAny(work, Task.Delay(TimeSpan.FromSeconds(20))) != work; last = _count)
            Assert.True(last != _count, $"seed {_seed}, text {_count} hangs");
        await work;
        var told = $"XML fuzz: {_count} broken texts in {_seconds} s (seed {_seed}), {_read} of them read; the slowest took {_slowest.TotalMilliseconds:N1} ms.";
        output.WriteLine(told);
        if (IsLong && Environment.GetEnvironmentVariable("SAMENSPRAAK_FIGURES") is { Length: > 0 } folder) await File.WriteAllTextAsync(Path.Combine(folder, "xml-fuzz.md"), told + "\n");
    }

    private void Run(List<byte[]> examples)
    {
        var (random, clock) = (new Random(_seed), Stopwatch.StartNew());
        for (; clock.Elapsed.TotalSeconds < _seconds; _count++)
        {
            var broken = Break(examples[random.Next(examples.Count)], random);
            var (began, allocated) = (clock.Elapsed, GC.GetAllocatedBytesForCurrentThread());
            if (Survives(broken)) _read++;
            var took = clock.Elapsed - began;
            if (took > _slowest) _slowest = took;
            Assert.True(GC.GetAllocatedBytesForCurrentThread() - allocated < 50_000_000, $"seed {_seed}, text {_count} costs too much memory");
            if (took > TimeSpan.FromSeconds(1)) Quick.Within(1, () => Survives(broken), $"seed {_seed}, text {_count}");
        }
    }

    // What is read is written as JSON and as XML, and is the same tree again.
    private bool Survives(byte[] broken)
    {
        try
        {
            return IsReadAndComesBack(broken);
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"seed {_seed}, text {_count}: {Encoding.UTF8.GetString(broken)}", e);
        }
    }

    private static bool IsReadAndComesBack(byte[] broken)
    {
        if (FhirXmlReader.Read(broken, DefinitionSet.R4).Failed(out _, out var root)) return false;
        _ = StructureCheck.Check(root);
        var fromJson = Json.Reading.Read(JsonWriter.Write(root));
        Assert.Null(SameTree.Difference(root, fromJson));
        Assert.Null(SameTree.Difference(root, ReadingXml.Read(FhirXmlWriter.Write(fromJson))));
        return true;
    }

    private static byte[] Break(byte[] source, Random random)
    {
        var bytes = source.ToList();
        for (var changes = random.Next(1, 4); changes > 0; changes--)
        {
            var at = random.Next(bytes.Count);
            switch (random.Next(6))
            {
                case 0: bytes[at] = (byte)random.Next(256); break;
                case 1: bytes.RemoveRange(at, Math.Min(random.Next(1, 40), bytes.Count - at)); break;
                case 2: bytes.InsertRange(at, Snippets[random.Next(Snippets.Length)]); break;
                case 3: bytes.InsertRange(Boundary(bytes, at), Snippets[random.Next(Snippets.Length)]); break;
                case 4: bytes.InsertRange(at, bytes.GetRange(at, Math.Min(random.Next(1, 60), bytes.Count - at))); break;
                default: bytes[at] = "<>\"'&/=: a1"u8[random.Next(11)]; break;
            }
            if (bytes.Count == 0) bytes.Add((byte)'<');
        }
        return [.. bytes];
    }

    // Where a tag ends: most of what is put there leaves the XML well-formed.
    private static int Boundary(List<byte> bytes, int from) => bytes.IndexOf((byte)'>', from) + 1;
}
