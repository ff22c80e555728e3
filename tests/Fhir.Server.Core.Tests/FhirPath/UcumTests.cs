using System.Diagnostics;
using System.Globalization;
using System.Xml.Linq;
using Fhir.Server.Core.FhirPath.Values;

namespace Fhir.Server.Core.Tests.FhirPath;

public sealed class UcumTests
{
    [Theory]
    // lengths, areas, volumes
    [InlineData("1", "m", "cm", "100")]
    [InlineData("6.3", "mm", "m", "0.0063")]
    [InlineData("1", "[in_i]", "cm", "2.54")]
    [InlineData("1", "[ft_i]", "[in_i]", "12")]
    [InlineData("1", "[mi_i]", "km", "1.609344")]
    [InlineData("1", "[nmi_i]", "m", "1852")]
    [InlineData("1", "m2", "cm2", "10000")]
    [InlineData("1", "ar", "m2", "100")]
    [InlineData("1", "L", "dm3", "1")]
    [InlineData("1", "mL", "cm3", "1")]
    [InlineData("1", "uL", "mm3", "1")]
    [InlineData("1", "[gal_us]", "L", "3.785411784")]
    [InlineData("1", "[foz_us]", "mL", "29.5735295625")]
    [InlineData("1", "[tsp_m]", "mL", "5")]
    [InlineData("20", "[drp]", "mL", "1")]
    [InlineData("3", "[Ch]", "mm", "1")]
    [InlineData("1", "Ao", "pm", "100")]
    // masses
    [InlineData("1", "[lb_av]", "g", "453.59237")]
    [InlineData("1", "[oz_av]", "g", "28.349523125")]
    [InlineData("1", "[stone_av]", "[lb_av]", "14")]
    [InlineData("70.5", "kg", "g", "70500")]
    [InlineData("1", "t", "kg", "1000")]
    [InlineData("5", "[car_m]", "g", "1")]
    // concentrations
    [InlineData("1", "g/L", "mg/dL", "100")]
    [InlineData("7.5", "mmol/L", "umol/mL", "7.5")]
    [InlineData("1", "10*3/uL", "10*9/L", "1")]
    [InlineData("1", "10^6/mL", "10*12/L", "0.001")]
    [InlineData("5", "10*3/uL{WBC}", "10*9/L", "5")]
    [InlineData("1", "g%", "g/L", "10")]
    [InlineData("1", "%", "[ppth]", "10")]
    [InlineData("50", "mg/g", "%", "5")]
    [InlineData("1", "meq/L", "mmol/L", "1")]
    [InlineData("1", "U", "nkat", "16.666666666666666666666666667")]
    [InlineData("60", "U/L", "ukat/L", "1.00")]
    [InlineData("1", "k[iU]/L", "[iU]/mL", "1")]
    [InlineData("40", "[IU]/L", "[iU]/mL", "0.04")]
    [InlineData("250", "[CFU]/mL", "[CFU]/L", "250000")]
    // rates, time
    [InlineData("1", "L/min", "mL/s", "16.666666666666666666666666667")]
    [InlineData("2", "mg/kg/h", "ug/(kg.min)", "33.333333333333333333333333333")]
    [InlineData("1", "wk", "d", "7")]
    [InlineData("1", "a", "d", "365.25")]
    [InlineData("1", "mo", "d", "30.4375")]
    [InlineData("1", "mo_s", "d", "29.53059")]
    [InlineData("72", "/min", "Hz", "1.2")]
    [InlineData("90", "{beats}/min", "s-1", "1.5")]
    [InlineData("36", "km/h", "m/s", "10")]
    [InlineData("1", "mm/h", "m.h-1", "0.001")]
    // pressure, energy, electricity, radiation
    [InlineData("120", "mm[Hg]", "Pa", "15998.64")]
    [InlineData("1", "m[Hg]", "g.s-2.m-1", "133322000")]
    [InlineData("10", "cm[H2O]", "Pa", "980.665")]
    [InlineData("1", "atm", "kPa", "101.325")]
    [InlineData("1", "bar", "kPa", "100")]
    [InlineData("1", "[psi]", "Pa", "6894.7572931683613367226734453")]
    [InlineData("1", "dyn.s/cm5", "Pa.s/m3", "100000")]
    [InlineData("1", "[PRU]", "mm[Hg].s/mL", "1")]
    [InlineData("2", "[Cal]", "kJ", "8.368")]
    [InlineData("1", "kW.h", "MJ", "3.6")]
    [InlineData("1", "S", "g-1.m-2.C2.s", "0.001")]
    [InlineData("1", "Ci", "GBq", "37")]
    [InlineData("1", "Gy", "RAD", "100")]
    [InlineData("1", "[diop]", "/m", "1")]
    // angles and numbers
    [InlineData("180", "deg", "[pi].rad", "1")]
    [InlineData("1", "circ", "deg", "360")]
    [InlineData("60", "''", "'", "1")]
    [InlineData("1", "KiBy", "bit", "8192")]
    [InlineData("1", "mol", "1", "602213670000000000000000")]
    [InlineData("1", "[ly]", "cm", "946073047258080000")]
    [InlineData("6.3", "s/m.mg", "s.m-1.g", "0.0063")]
    [InlineData("6.3", "s/4/m", "s/m", "1.575")]
    [InlineData("1", "/[ly]", "cm-1", "0.0000000000000000010570008340")]
    // special units
    [InlineData("37", "Cel", "K", "310.15")]
    [InlineData("98.6", "[degF]", "Cel", "37")]
    [InlineData("-40", "Cel", "[degF]", "-40")]
    [InlineData("80", "[degRe]", "Cel", "100")]
    [InlineData("37000", "mCel", "K", "310.15")]
    [InlineData("7", "[pH]", "nmol/L", "100")]
    [InlineData("3", "B", "1", "1000")]
    [InlineData("30", "dB", "1", "1000")]
    [InlineData("1", "kW", "dB[W]", "30")]
    [InlineData("120", "dB[SPL]", "Pa", "20")]
    [InlineData("8", "bit_s", "1", "256")]
    [InlineData("2", "[hp'_C]", "1", "0.0001")]
    [InlineData("100", "%[slope]", "deg", "45")]
    [InlineData("45", "deg", "[p'diop]", "100")]
    public void Values_go_to_another_unit(string value, string from, string to, string expected)
    {
        Assert.True(Ucum.AreCommensurable(from, to));
        Assert.Equal(decimal.Parse(expected, CultureInfo.InvariantCulture), Ucum.Convert(decimal.Parse(value, CultureInfo.InvariantCulture), from, to));
    }

    [Theory]
    [InlineData("mg", "mL")]
    [InlineData("mmol/L", "mg/dL")]
    [InlineData("[iU]", "U")]
    [InlineData("[iU]", "[arb'U]")]
    [InlineData("[iU]", "1")]
    [InlineData("rad", "1")]
    [InlineData("Cel/min", "K/min")]
    [InlineData("mg", "furlong")]
    public void What_measures_different_things_is_not_converted(string from, string to)
    {
        Assert.False(Ucum.AreCommensurable(from, to));
        Assert.Null(Ucum.Convert(1, from, to));
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("mg ")]
    [InlineData("m/")]
    [InlineData("/")]
    [InlineData(".m")]
    [InlineData("m..s")]
    [InlineData("10+3/ul")]
    [InlineData("molv")]
    [InlineData("iU")]
    [InlineData("IU")]
    [InlineData("[iIU]")]
    [InlineData("[BETH'U]")]
    [InlineData("mmHg")]
    [InlineData("mcg")]
    [InlineData("cc")]
    [InlineData("Mg/DL")]
    [InlineData("g/12h")]
    [InlineData("mmol/kg[H20]")]
    [InlineData("[in_i")]
    [InlineData("in_i]")]
    [InlineData("(m")]
    [InlineData("m)")]
    [InlineData("()")]
    [InlineData("(/m)")]
    [InlineData("{a}rad2")]
    [InlineData("{|}1")]
    [InlineData("m{a}2")]
    [InlineData("m{a")]
    [InlineData("m}")]
    [InlineData("m{{a}}")]
    [InlineData("m{a b}")]
    [InlineData("rad2{錠}")]
    [InlineData("m²")]
    [InlineData("µg")]
    [InlineData("k[in_i]")]
    [InlineData("kmin")]
    [InlineData("kkg")]
    [InlineData("m-")]
    [InlineData("m--2")]
    [InlineData("2m")]
    [InlineData("-1")]
    [InlineData("0")]
    [InlineData("1.5e3.")]
    [InlineData("day")]
    [InlineData("٣")]
    public void Not_a_code(string code)
    {
        Assert.False(Ucum.IsValid(code));
        Assert.Null(Ucum.Convert(1, code, "1"));
    }

    [Theory]
    [InlineData("1")]
    [InlineData("%")]
    [InlineData("{score}")]
    [InlineData("{a}.rad2{b}")]
    [InlineData("1{c}")]
    [InlineData("/100{WBCs}")]
    [InlineData("rad2{a}")]
    [InlineData("10*+3/ul")]
    [InlineData("4.[pi].10*-7.N/A2")]
    [InlineData("dyn.s/(cm5.m2)")]
    [InlineData("mL/(kg.min)")]
    [InlineData("m+2")]
    [InlineData("dar")]
    [InlineData("dB[10.nV]")]
    [InlineData("cal_[15]")]
    [InlineData("[m/s2/Hz^(1/2)]")]
    [InlineData("ug{FEU}/mL")]
    [InlineData("m[H2O]{body'temp}")]
    [InlineData("Cel/min")]
    [InlineData("m1000000000000")]
    [InlineData("((((m))))")]
    [InlineData("g/kg/(8.h){shift}")]
    public void A_code(string code) => Assert.True(Ucum.IsValid(code));

    [Fact]
    public void Every_unit_of_the_essence_is_read_and_has_its_worth()
    {
        XNamespace ns = "http://unitsofmeasure.org/ucum-essence";
        var root = XDocument.Load(Path.Combine(TestFolders.Data("ucum"), "ucum-essence.xml")).Root!;
        var units = root.Elements(ns + "unit").ToList();
        Assert.True(units.Count >= 300);
        foreach (var unit in units)
        {
            var (code, value) = (unit.Attribute("Code")!.Value, unit.Element(ns + "value")!);
            Assert.True(Ucum.IsValid(code), code);
            Assert.Equal(unit.Attribute("isMetric")!.Value == "yes", Ucum.IsValid("m" + code) && Ucum.AreCommensurable("m" + code, code));
            if (value.Element(ns + "function") is null && unit.Attribute("isArbitrary") is null)
                Assert.Equal(Ratio.Parse(value.Attribute("value")!.Value) * Ucum.Read(value.Attribute("Unit")!.Value)!.Factor, Ucum.Read(code)!.Factor);
            else Assert.True(Ucum.AreCommensurable(code, code), code);
        }
    }

    [Fact]
    public async Task The_committed_table_is_what_the_tool_makes_of_the_essence()
    {
        var essence = Path.Combine(TestFolders.Data("ucum"), "ucum-essence.xml");
        var folder = Path.Combine(TestFolders.Repository, "Profiles/ucum");
        using var node = StartNode(folder, essence);
        Assert.SkipWhen(node is null, "Node is not there.");
        var made = await node.StandardOutput.ReadToEndAsync();
        await node.WaitForExitAsync();
        Assert.Equal(0, node.ExitCode);
        Assert.True(await File.ReadAllTextAsync(Path.Combine(folder, "ucum.txt")) == made, "ucum.txt is not what condense.mjs makes.");
    }

    [Fact]
    public void There_and_back_loses_nothing()
    {
        foreach (var code in UcumTable.Instance.Codes)
        {
            var worth = Ucum.Read(code)!;
            if (worth.Scale is not null && code is not ("Cel" or "[degF]" or "[degRe]")) continue;
            Assert.Equal(37.25m, worth.FromCanonical(worth.ToCanonical(Ratio.Of(37.25m))!.Value)!.Value.ToDecimal());
        }
    }

    [Fact]
    public void Curved_scales_go_there_and_back_to_fourteen_digits()
    {
        foreach (var code in UcumTable.Instance.Codes)
        {
            var worth = Ucum.Read(code)!;
            if (worth.Scale is not null) Assert.Equal(0.3725m, worth.FromCanonical(worth.ToCanonical(Ratio.Of(0.3725m))!.Value)!.Value.ToDecimal()!.Value, 12);
        }
    }

    [Fact]
    public void Monstrous_codes_are_answered_at_once()
    {
        var clock = Stopwatch.StartNew();
        foreach (var code in new[] { string.Join('.', Enumerable.Repeat("Ym99", 50)), new string('(', 250), "1" + new string('0', 250), new string('m', 100_000), string.Concat(Enumerable.Repeat("{a}/", 63)) + "m" })
            _ = (Ucum.IsValid(code), Ucum.Convert(decimal.MaxValue, code, "1"));
        Assert.Null(Ucum.Convert(decimal.MaxValue, "Ym", "ym"));
        Assert.True(clock.Elapsed.TotalSeconds < 10, "UCUM codes take too long.");
    }

    private static Process? StartNode(string folder, string essence)
    {
        try
        {
            return Process.Start(new ProcessStartInfo("node", ["condense.mjs", essence]) { WorkingDirectory = folder, RedirectStandardOutput = true, UseShellExecute = false });
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }
}
