using System.Collections.Frozen;

namespace Fhir.Server.Core.FhirPath.Values;

/// <summary>The prefixes and units of UCUM, from the embedded <c>ucum.txt</c> (Profiles/ucum says how it is made); each unit is worked out when it is first met.</summary>
internal sealed class UcumTable
{
    private static readonly Lazy<UcumTable> Embedded = new(() => new UcumTable(Lines()));

    private readonly FrozenDictionary<string, Atom> _atoms;
    private readonly FrozenDictionary<string, Ratio> _prefixes;

    private UcumTable(IEnumerable<string[]> lines)
    {
        var (atoms, prefixes) = (new Dictionary<string, Atom>(StringComparer.Ordinal), new Dictionary<string, Ratio>(StringComparer.Ordinal));
        foreach (var line in lines)
        {
            if (line[0] == "prefix") prefixes.Add(line[1], Ratio.Parse(line[2]));
            else if (line[0] == "base") atoms.Add(line[1], new Atom(true, new(() => new UnitWorth(Ratio.One, Dimension.Of(line[1])))));
            else if (line[0] == "unit") atoms.Add(line[1], new Atom(line[2].Contains('m', StringComparison.Ordinal), new(() => WorthOf(line))));
        }
        (_atoms, _prefixes) = (atoms.ToFrozenDictionary(StringComparer.Ordinal), prefixes.ToFrozenDictionary(StringComparer.Ordinal));
    }

    private sealed record Atom(bool IsMetric, Lazy<UnitWorth> Worth);

    public static UcumTable Instance => Embedded.Value;

    public IEnumerable<string> Codes => _atoms.Keys;

    /// <summary>The unit of that name, with a prefix or without; null when there is none. "cd" is the candela, no hundredth of a day.</summary>
    public UnitWorth? Find(string name)
    {
        if (_atoms.TryGetValue(name, out var atom)) return atom.Worth.Value;
        for (var length = 1; length <= 2 && length < name.Length; length++)
            if (_prefixes.TryGetValue(name[..length], out var prefix) && _atoms.TryGetValue(name[length..], out atom) && atom.IsMetric)
                return atom.Worth.Value with { Factor = atom.Worth.Value.Factor * prefix };
        return null;
    }

    private static UnitWorth WorthOf(string[] line)
    {
        var (code, flags, value, unit) = (line[1], line[2], line[3], line[4]);
        if (flags.Contains('a', StringComparison.Ordinal) && unit == "1") return new(Ratio.One, Dimension.Of(code));
        var of = Ucum.Read(unit) ?? throw new InvalidDataException($"ucum.txt: {code} stands on a unit that is not there.");
        var worth = new UnitWorth(of.Factor * Ratio.Parse(value), of.Dimension);
        return line.Length > 5 ? new(Ratio.One, worth.Dimension, UnitScale.Of(line[5], worth)) : worth;
    }

    private static IEnumerable<string[]> Lines()
    {
        using var stream = typeof(UcumTable).Assembly.GetManifestResourceStream("ucum.txt") ?? throw new InvalidDataException("ucum.txt is not embedded.");
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
            if (line is not "" and not ['#', ..]) yield return line.Split('\t');
    }
}
