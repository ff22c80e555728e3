using System.Globalization;
using Fhir.Server.Core.Elements;

namespace Fhir.Server.Core.Validation.Snapshots;

/// <summary>Makes slices, and closes the books of an element that has some — https://hl7.org/fhir/R4/profiling.html#slicing</summary>
internal static class Slicing
{
    /// <summary>The slice of that name, made when there is none. A re-slice <c>a/b</c> begins as its slice <c>a</c> is; any other as the base has the element.</summary>
    public static Node Slice(Node sliced, string name, out bool isNew)
    {
        sliced.SlicesTouched = true;
        var existing = sliced.Slices.FirstOrDefault(s => s.SliceName == name);
        isNew = existing is null;
        return existing ?? Make(sliced, name);
    }

    private static Node Make(Node sliced, string name)
    {
        var resliced = name.Contains('/', StringComparison.Ordinal) ? sliced.Slices.LastOrDefault(s => name.StartsWith($"{s.SliceName}/", StringComparison.Ordinal)) : null;
        var slice = resliced?.Copy() ?? sliced.Origin?.Derive() ?? sliced.Copy();
        slice.SliceName = name;
        slice.Facts.Remove("slicing");
        // A choice that must be there must be of one of its types: its only slice keeps the base's word on that.
        if (!sliced.IsChoice) slice.Facts.Set("min", "0");
        if (!sliced.Facts.Has("slicing")) Imply(sliced);
        var last = sliced.Slices.LastOrDefault(s => resliced is null || s == resliced || s.SliceName!.StartsWith($"{resliced.SliceName}/", StringComparison.Ordinal));
        sliced.Parent!.InsertAfter(last ?? sliced, slice);
        return slice;
    }

    /// <summary>The slice of a choice for one of its types: by name, else the one that has only this type.</summary>
    public static Node TypeSlice(Node choice, string type, string? name, out bool isNew)
    {
        choice.SlicesTouched = true;
        name ??= choice.Stem + Capital(type);
        var found = choice.Slices.FirstOrDefault(s => s.SliceName == name)
            ?? choice.Slices.FirstOrDefault(s => s.Facts.TypeCodes.Distinct().SequenceEqual([type]));
        isNew = found is null;
        var slice = found ?? Make(choice, name);
        if (isNew && slice.Facts.Each("type").Where(t => Facts.CodeOf(t) == type).ToList() is { Count: > 0 } own) slice.Facts.Set("type", own);
        return slice;
    }

    public static string Capital(string type) => string.Concat(char.ToUpperInvariant(type[0]).ToString(), type.AsSpan(1));

    private static void Imply(Node sliced)
    {
        sliced.SlicingIsImplied = true;
        if (sliced.IsExtension) sliced.Facts.Set("slicing", [Of("value", "url", "open")]);
        else if (sliced.IsChoice) sliced.Facts.Set("slicing", [Of("type", "$this", "closed")]);
    }

    private static Element Of(string discriminator, string path, string rules)
    {
        var slicing = Element.Of("ElementDefinition").Add("slicing");
        var by = slicing.Add("discriminator");
        by.Add("type", discriminator);
        by.Add("path", path);
        slicing.Add("ordered", "false");
        slicing.Add("rules", rules);
        return slicing;
    }

    public static bool IsByType(Node sliced) => sliced.Facts["slicing"].Each("discriminator").Select(d => (d["type"].Text, d["path"].Text)).SequenceEqual([("type", "$this")]);

    /// <summary>What the slices that were stated mean for the element they slice.</summary>
    public static void Settle(Node root)
    {
        foreach (var sliced in root.All.Where(n => n.SlicesTouched).ToList())
        {
            if (sliced.IsChoice && IsByType(sliced)) SettleTypes(sliced);
            else if (sliced.SlicingIsImplied) RaiseMin(sliced);
        }
        foreach (var choice in root.All.Where(n => n.IsChoice && n.SliceName is null)) RemoveProhibited(choice);
    }

    private static void RaiseMin(Node sliced)
    {
        var least = sliced.Slices.Where(s => !s.SliceName!.Contains('/', StringComparison.Ordinal)).Sum(s => s.Facts.Min);
        if (least > sliced.Facts.Min && sliced.Facts["base"]["max"].Text != "1") sliced.Facts.Set("min", least.ToString(CultureInfo.InvariantCulture));
    }

    // One type of a choice must be there: then there is no other. Slicing by type is closed once each type has its slice.
    private static void SettleTypes(Node choice)
    {
        var slices = choice.Slices.ToList();
        if (slices.Count > 1)
            foreach (var slice in slices.Where(s => s.Facts.Min > 0 && !s.IsDemanded)) slice.Facts.Set("min", "0");
        if (slices.Find(s => s.IsDemanded) is { } must) Only(choice, must.Facts.TypeCodes.ToHashSet(StringComparer.Ordinal));
        if (choice.Facts["max"].Text == "0") return;
        var covered = slices.SelectMany(s => s.Facts.TypeCodes).ToHashSet(StringComparer.Ordinal);
        var all = choice.Facts.TypeCodes.All(covered.Contains);
        if (!all && choice.ShortcutUsed && choice.Path.EndsWith("xtension.value[x]", StringComparison.Ordinal))
        {
            choice.Facts.Set("type", choice.Facts.Each("type").Where(t => covered.Contains(Facts.CodeOf(t))));
            all = true;
        }
        choice.Facts.Set("slicing", [Of("type", "$this", all ? "closed" : "open")]);
    }

    private static void Only(Node choice, HashSet<string> types)
    {
        choice.Facts.Set("type", choice.Facts.Each("type").Where(t => types.Contains(Facts.CodeOf(t))));
        if (choice.Facts.Min == 0) choice.Facts.Set("min", "1");
    }

    private static void RemoveProhibited(Node choice)
    {
        var prohibited = choice.Slices.Where(s => s.Facts["max"].Text == "0" && s.Facts.TypeCodes.Distinct().Count() == 1)
            .Select(s => s.Facts.TypeCodes.First()).ToHashSet(StringComparer.Ordinal);
        if (prohibited.Count > 0 && choice.Facts.Each("type").Count() > 1)
            choice.Facts.Set("type", choice.Facts.Each("type").Where(t => !prohibited.Contains(Facts.CodeOf(t))));
    }
}
