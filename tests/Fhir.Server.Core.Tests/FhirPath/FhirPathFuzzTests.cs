using System.Diagnostics;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.FhirPath;
using Fhir.Server.Core.Json;

namespace Fhir.Server.Core.Tests.FhirPath;

/// <summary>The expressions of the official suite, broken and put together anew.</summary>
public sealed partial class FhirPathFuzzTests(ITestOutputHelper output)
{
    private const long MostBytes = 600_000_000;

    private static readonly string[] Snippets =
    [
        "(", ")", "[", "]", "{}", "[0]", ".", ",", "'", "`", "%", "$this", "$index", "$total", "@", "@2020", "@T", "-", "+", "*", "/", "|", "&", "=", "~", "!=", "!~", "<", ">=", " and ", " or ", " xor ", " implies ",
        " is ", " as ", " in ", " contains ", " div ", " mod ", "%resource", "%context", "%x", "0", "1", "-1", "2147483647", "2147483648", "9223372036854775807L", "79228162514264337593543950335", "0.0000000000000000000000000001",
        "'a'", "''", "'(a+)+$'", "'.*.*.*x'", "'[', '$0$0'", "'\\u0000'", "1 'mg'", "1 'kg2.m-3'", "3 days", "9999999 years", "@9999-12-31T23:59:59.999+14:00", "@0001-01-01",
        ".where($this)", ".select($this | $this)", ".repeat($this)", ".repeat(children())", ".repeatAll(children())", ".aggregate($total & $this, '')", ".aggregate($total.combine($this), %resource)", ".descendants()", ".children()",
        ".distinct()", ".combine(%resource.descendants())", ".union(descendants())", ".join('abc')", ".toChars()", ".split('')", ".replace('', 'xyz')", ".replaceMatches('.', '$_')", ".matches('(x+x+)+y')", ".encode('hex')",
        ".toString()", ".toQuantity('g')", ".lowBoundary()", ".highBoundary(28)", ".power(99)", ".exp()", ".round(28)", ".sort()", ".sort(-$this)", ".first()", ".count()", ".resolve()", ".type()", ".ofType(Patient)",
        ".defineVariable('x')", ".iif(true, $this)", ".trace('t')", ".all(true)", ".subsetOf(%resource.descendants())", ".extension('u')", ".hasValue()", ".htmlChecks()", ".elementDefinition()", ".sum()", ".max()",
    ];

    private static readonly string[] Calls = [.. Snippets.Where(s => s[0] == '.' && s.Length > 1)];
    private static readonly string[] Operators = ["and", "or", "implies", "=", "~", "|", "+", "-", "*", "/", "&", "in", "contains", "<", "mod"];

    [GeneratedRegex(@"[A-Za-z_]+|\d+(?:\.\d+)?|'(?:[^'\\]|\\.)*'|\s+|.", RegexOptions.Singleline | RegexOptions.ExplicitCapture)]
    private static partial Regex Token { get; }

    [Fact]
    public void Broken_expressions_end_soon_in_values_or_in_an_issue()
    {
        var (seconds, seed) = Environment.GetEnvironmentVariable("SAMENSPRAAK_LONG") == "1" ? (200, Environment.TickCount) : (8, 20260102);
        var random = new Random(seed);
        var expressions = XDocument.Load(Path.Combine(TestFolders.Data("fhirpath"), "tests-fhir-r4.xml")).Descendants("expression").Select(e => e.Value).Distinct(StringComparer.Ordinal).ToList();
        var roots = Examples(random);
        var (clock, count, evaluated, slowest) = (Stopwatch.StartNew(), 0, 0, TimeSpan.Zero);
        for (; clock.Elapsed.TotalSeconds < seconds; count++)
        {
            var (expression, root) = (random.Next(2) == 0 ? Join(expressions, random) : Break(expressions, random), roots[random.Next(roots.Count)]);
            var (began, allocated) = (clock.Elapsed, GC.GetAllocatedBytesForCurrentThread());
            if (Evaluates(expression, root)) evaluated++;
            var took = clock.Elapsed - began;
            if (took > slowest) slowest = took;
            Assert.True(GC.GetAllocatedBytesForCurrentThread() - allocated < MostBytes, $"seed {seed}, {root.Type}: {expression}");
            if (took > TimeSpan.FromSeconds(1)) Assert.True(Costs(() => Evaluates(expression, root)) < 2, $"seed {seed}, {root.Type}: {expression}");
        }
        output.WriteLine($"FHIRPath fuzz: {count:N0} broken expressions in {seconds} s (seed {seed}), {evaluated:N0} of them evaluated; the slowest took {slowest.TotalMilliseconds:N0} ms.");
    }

    // A large one too: what is quadratic shows there.
    private static List<Element> Examples(Random random)
    {
        var files = Directory.GetFiles(TestFolders.Data("r4-examples/json")).Order(StringComparer.Ordinal).ToList();
        var chosen = Enumerable.Range(0, 60).Select(_ => files[random.Next(files.Count)]).Append(files.MaxBy(f => new FileInfo(f).Length)!);
        return [.. chosen.Select(f => JsonReader.Read(File.ReadAllBytes(f), DefinitionSet.R4).Failed(out _, out var root) ? null : root).OfType<Element>()];
    }

    // Seconds of the processor, the best of five: a busy machine makes nothing that is cheap dear.
    private static double Costs(Action act)
    {
        var best = double.MaxValue;
        for (var tries = 0; tries < 5 && best >= 2; tries++)
        {
            var before = Environment.CpuUsage.TotalTime;
            act();
            best = Math.Min(best, (Environment.CpuUsage.TotalTime - before).TotalSeconds);
        }
        return best;
    }

    // Twice, as an invariant and as what it finds: a second for each.
    private static bool Evaluates(string expression, Element root)
    {
        _ = CompiledExpression.CompileFor(root.Definition, expression, strict: true).Failed(out _, out _);
        if (CompiledExpression.CompileInvariant(expression).Failed(out _, out var compiled)) return false;
        _ = compiled.Holds(root);
        return !compiled.Evaluate(root).Failed(out _, out _);
    }

    // Well-formed mostly: expressions side by side, with functions behind and around them.
    private static string Join(List<string> expressions, Random random)
    {
        string One() => $"({expressions[random.Next(expressions.Count)]})";
        var joined = One();
        for (var parts = random.Next(1, 6); parts > 0; parts--)
            joined = random.Next(12) switch
            {
                0 or 1 or 2 => $"({joined} {Operators[random.Next(Operators.Length)]} {One()})",
                3 => $"%resource.descendants().{(random.Next(2) == 0 ? "where" : "select")}({joined})",
                4 => $"iif({joined}.exists(), {One()}, {joined})",
                _ => joined + Calls[random.Next(Calls.Length)],
            };
        return joined;
    }

    private static string Break(List<string> expressions, Random random)
    {
        var tokens = Token.Matches(expressions[random.Next(expressions.Count)]).Select(m => m.Value).ToList();
        for (var changes = random.Next(1, 5); changes > 0; changes--)
        {
            var at = random.Next(tokens.Count + 1);
            switch (random.Next(7))
            {
                case 0 when at < tokens.Count: tokens.RemoveAt(at); break;
                case 1 when at < tokens.Count: tokens[at] = Snippets[random.Next(Snippets.Length)]; break;
                case 2 when at < tokens.Count: tokens.InsertRange(at, Enumerable.Repeat(tokens[at], random.Next(1, 400))); break;
                case 3: tokens.InsertRange(at, Token.Matches(expressions[random.Next(expressions.Count)]).Select(m => m.Value)); break;
                case 4: tokens.Insert(at, $"({expressions[random.Next(expressions.Count)]})"); break;
                case 5: tokens.AddRange(Enumerable.Repeat(Snippets[random.Next(Snippets.Length)], random.Next(1, 30))); break;
                default: tokens.Insert(at, Snippets[random.Next(Snippets.Length)]); break;
            }
        }
        return string.Concat(tokens);
    }
}
