using System.Globalization;
using System.Text;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.FhirPath.Values;

namespace Fhir.Server.Core.Tests.FhirPath.Differential;

/// <summary>
/// Makes expressions that mean something on one resource: paths to what is there, operators and functions on values of the
/// kind that they take, and now and then of a kind that they do not.
/// </summary>
internal sealed class ExpressionMaker
{
    private static readonly Kind[] ValueKinds = [Kind.Boolean, Kind.String, Kind.Integer, Kind.Decimal, Kind.Date, Kind.DateTime, Kind.Time, Kind.Quantity];

    private readonly Random _random;
    private readonly List<Element> _all = [];
    private bool _isWild;
    private int _variables;

    public ExpressionMaker(Element root, Random random)
    {
        _random = random;
        Gather(root);
    }

    private void Gather(Element element)
    {
        foreach (var child in element.Children)
        {
            if (child.Definition.Kind == TypeKind.Resource || child.Name == "div") continue;
            _all.Add(child);
            Gather(child);
        }
    }

    /// <summary>One expression in ten has values of a kind, or of a number, that its function does not take: then it is small, so that it is that what is seen.</summary>
    public string Next()
    {
        _isWild = Sometimes(10);
        return _random.Next(6) switch
        {
            0 => Items(_isWild ? 1 : 3),
            1 => Value(Kind.Boolean, _isWild ? 1 : 4),
            2 when Sometimes(3) => $"({Value(Kind.Quantity, 1)} {Pick("=", "!=", "~", "!~", "<", ">=")} {Value(Kind.Quantity, 1)})",
            _ => Value(Pick(ValueKinds), _isWild ? 1 : 3),
        };
    }

    private T Pick<T>(params IReadOnlyList<T> of) => of[_random.Next(of.Count)];
    private bool Sometimes(int oneIn) => _random.Next(oneIn) == 0;

    // --- collections ---
    private string Items(int depth)
    {
        var path = PathTo(Pick(_all), exact: Sometimes(2));
        if (depth == 0) return path;
        return _random.Next(14) switch
        {
            0 => $"{path}.where({Criterion(path, depth - 1)})",
            1 => $"{path}.select({Inside(path, depth - 1)})",
            2 => $"({path} | {Items(depth - 1)})",
            3 => $"{path}.{Pick("first()", "last()", "tail()", "skip(1)", "take(2)", "distinct()", "children()", "descendants()", "single()")}",
            4 => $"{path}.{Pick("intersect", "exclude", "union", "combine")}({Items(depth - 1)})",
            5 => $"{path}.repeat({Pick("`contains`", "extension", "item")})",
            6 => $"iif({Leaf(Kind.Boolean)}, {path}, {Items(depth - 1)})",
            7 => $"{path}.ofType({Pick(TypeNames())})",
            8 => $"{path}.aggregate($total + 1, 0)",
            9 => $"{path}.defineVariable('v{++_variables}').select(%v{_variables}.count() + $index)",
            10 => $"{path}.{Pick("type().name", "sort()", "getValue()", "trace('t')", "hasValue()", "sum()", "min()", "max()", "avg()")}",
            11 => $"{path}.extension({Text(Pick(ExtensionUrls()))}).value",
            12 => Pick($"{path}[0]", $"({path})[1]", $"({path} as {Pick(TypeNames())})"),
            _ => path,
        };
    }

    private string[] TypeNames() => ["string", "code", "Coding", "CodeableConcept", "Quantity", "Reference", "dateTime", "boolean", "System.String", "String", "FHIR.uri", "Element", Pick(_all).Type.Split('.')[0]];

    private IReadOnlyList<string> ExtensionUrls() => [.. _all.Where(e => e is { Name: "url", Parent.Name: "extension" }).Select(e => e.Text!).DefaultIfEmpty("http://example.org/none")];

    private string Criterion(string path, int depth) => _random.Next(4) switch
    {
        0 => $"$index {Pick("=", "<", ">", "!=")} {_random.Next(3)}",
        1 => Value(Kind.Boolean, depth),
        2 => $"$this {Pick("=", "~", "!=")} {path}.{Pick("first()", "last()")}",
        _ => $"children().count() {Pick(">", "<", "=")} {_random.Next(4)}",
    };

    private string Inside(string path, int depth) => _random.Next(4) switch
    {
        0 => "$index + 1",
        1 => "children()",
        2 => Items(depth),
        _ => $"$this {Pick("|", "=", "&")} {path}.first()",
    };

    /// <summary>The path from the root to that element; exact takes each repetition by its index.</summary>
    private string PathTo(Element target, bool exact)
    {
        var steps = new Stack<string>();
        for (var at = target; at.Parent is { } parent; at = parent)
        {
            var index = parent.Each(at.Name).TakeWhile(sibling => !ReferenceEquals(sibling, at)).Count();
            var name = at.Name is "contains" or "div" or "mod" or "in" or "is" or "as" ? $"`{at.Name}`" : at.Name;
            steps.Push(exact && (index > 0 || parent.Each(at.Name).Skip(1).Any()) ? $"{name}[{index.ToString(CultureInfo.InvariantCulture)}]" : name);
        }
        return string.Join('.', steps);
    }

    // --- single values ---
    private string Value(Kind kind, int depth)
    {
        if (_isWild && Sometimes(3)) kind = Pick(ValueKinds);
        if (depth == 0 || Sometimes(4)) return Leaf(kind);
        return kind switch
        {
            Kind.Boolean => Boolean(depth - 1),
            Kind.String => String(depth - 1),
            Kind.Integer or Kind.Long => Integer(depth - 1),
            Kind.Decimal => Decimal(depth - 1),
            Kind.Date or Kind.DateTime or Kind.Time => Moment(kind, depth - 1),
            Kind.Quantity => Quantity(depth - 1),
            Kind.Complex => Leaf(kind),
        };
    }

    private string Leaf(Kind kind)
    {
        var there = _all.Where(e => Kinds.Of(e) == kind && (kind != Kind.Quantity || IsUcum(e))).ToList();
        if (there.Count > 0 && !Sometimes(3)) return PathTo(Pick(there), exact: !_isWild);
        if (Sometimes(30) && kind != Kind.Quantity) return "{}";
        return kind switch
        {
            Kind.Boolean => Pick("true", "false"),
            Kind.String => Text(Pick("", "a", "final", "Ab c", "12", "1.50", "2019-03-04", "true", "é", "a,b,,c", "10 'mg'", there.Count > 0 ? Pick(there).Text ?? "" : "x")),
            Kind.Integer => Pick("0", "1", "2", "-3", "7", "100", "2147483647"),
            Kind.Decimal => Pick("0.0", "1.5", "-2.25", "0.10", "3.14159", "100.0", "1.587"),
            Kind.Date => Pick("@2019", "@2019-03", "@2019-03-04", "@2020-02-29", "@1974-12-25"),
            Kind.DateTime => Pick("@2019-03-04T", "@2019T", "@2019-03-04T10:20:30Z", "@2019-03-04T10:20:30.500+01:00", "@2020-02-29T23:59:59-05:00", "@2019-03-04T10:20:30"),
            Kind.Time => Pick("@T10:20:30", "@T23:59", "@T10:20:30.250", "@T00:00:00"),
            Kind.Quantity => Pick("1 'mg'", "2.5 'kg'", "1000 'g'", "3 days", "1 month", "2 years", "5 'mL'", _isWild ? "36.6 'Cel'" : "40 'cm'", "4 'h'", "7 '1'"),
            Kind.Complex or Kind.Long => PathTo(Pick(_all), exact: true),
        };
    }

    // What others are worth is not what this compares: the other engine takes UCUM only.
    private static bool IsUcum(Element quantity) => quantity["system"].Text == "http://unitsofmeasure.org" && quantity["code"].Text is { } code && code is not ("a" or "mo" or "Cel" or "[degF]") && !code.Contains("eq", StringComparison.Ordinal) && Amount.Of(quantity) is not null && Units.Compare(new(1, code), new(1, code + ".m/m")) == 0;

    private static string Text(string text) => $"'{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal).Replace("\r", "\\r", StringComparison.Ordinal).Replace("\t", "\\t", StringComparison.Ordinal)}'";

    private string Boolean(int depth)
    {
        var kind = Pick([.. ValueKinds.Where(k => _isWild || k != Kind.Quantity)]);
        return _random.Next(12) switch
        {
            0 or 1 => $"({Value(Kind.Boolean, depth)} {Pick("and", "or", "xor", "implies")} {Value(Kind.Boolean, depth)})",
            2 or 3 => $"({Value(kind, depth)} {Pick("=", "!=", "~", "!~")} {Value(kind, depth)})",
            4 => $"({Value(kind, depth)} {Pick("<", "<=", ">", ">=")} {Value(kind, depth)})",
            5 => $"{Value(kind, depth)}.{Pick("convertsToInteger", "convertsToDecimal", "convertsToString", "convertsToBoolean", "convertsToDate", "convertsToDateTime", "convertsToTime", "convertsToQuantity", "toBoolean")}()",
            6 => $"{Value(Kind.String, depth)}.{Pick("startsWith", "endsWith", "contains", "matches", "matchesFull")}({Value(Kind.String, depth)})",
            7 => $"{Items(depth)}.{Pick("exists", "empty", "isDistinct", "hasValue")}()",
            8 => $"({Value(kind, depth)} {Pick("in", "contains")} {Items(depth)})",
            9 => $"{Items(depth)}.{Pick("subsetOf", "supersetOf")}({Items(depth)})",
            10 => $"({Value(kind, depth)} is {Pick(TypeNames())})",
            _ => $"{Value(Kind.Boolean, depth)}.not()",
        };
    }

    private string String(int depth) => _random.Next(11) switch
    {
        0 => $"({Value(Kind.String, depth)} {Pick("+", "&")} {Value(Kind.String, depth)})",
        1 => $"{Value(Kind.String, depth)}.{Pick("upper", "lower", "trim")}()",
        2 => $"{Value(Kind.String, depth)}.substring({Value(Kind.Integer, 0)}{(Sometimes(2) ? $", {_random.Next(8)}" : "")})",
        3 => $"{Value(Kind.String, depth)}.replace({Value(Kind.String, 0)}, {Value(Kind.String, 0)})",
        4 => $"{Value(Pick([.. ValueKinds.Where(k => k is not (Kind.Decimal or Kind.Quantity))]), depth)}.toString()",
        5 => $"{Items(depth)}.{Pick("join(',')", "join()", "type().name")}",
        6 => $"{Value(Kind.String, depth)}.split({Pick("','", "' '", "'a'")})",
        7 => $"{Value(Kind.String, depth)}.{Pick("encode('base64')", "encode('hex')", "encode('urlbase64')", "escape('html')", "escape('json')", "toChars()")}",
        8 => $"{Value(Kind.String, depth)}.replaceMatches({Pick("'[a-z]+'", "'\\\\d'", "' '")}, {Pick("'x'", "''")})",
        9 => $"iif({Leaf(Kind.Boolean)}, {Value(Kind.String, depth)}, {Value(Kind.String, depth)})",
        _ => $"{Value(Kind.String, depth)}.{Pick("encode('base64').decode('base64')", "unescape('html')", "escape('json').unescape('json')")}",
    };

    private string Integer(int depth) => _random.Next(8) switch
    {
        0 or 1 => $"({Value(Kind.Integer, depth)} {Pick("+", "-", "*", "div", "mod")} {Value(Kind.Integer, depth)})",
        2 => $"{Items(depth)}.count()",
        3 => $"{Value(Kind.String, depth)}.{Pick("length()", "indexOf('a')", "lastIndexOf('a')", "toInteger()")}",
        4 => $"{Value(Kind.Decimal, depth)}.{Pick("floor", "ceiling", "truncate")}()",
        5 => $"(-({Value(Kind.Integer, depth)} + 0))",
        6 => $"{Value(Kind.DateTime, depth)}.{Pick("yearOf", "monthOf", "dayOf", "hourOf", "minuteOf", "secondOf", "millisecondOf")}()",
        _ => $"{Value(Kind.Integer, depth)}.{Pick("abs", "toInteger")}()",
    };

    private string Decimal(int depth) => _random.Next(8) switch
    {
        0 or 1 => $"({Value(Kind.Decimal, depth)} {Pick("+", "-", "*", "/", "div", "mod")} {Value(Pick(Kind.Decimal, Kind.Integer), depth)})",
        2 => $"{Value(Kind.Decimal, depth)}.{Pick("abs", "sqrt", "ln", "exp", "toDecimal")}()",
        3 => $"{Value(Kind.Decimal, depth)}.round({_random.Next(4)})",
        4 => $"{Value(Kind.Decimal, depth)}.{Pick("power(2)", "log(10)")}",
        5 => $"{Value(Pick(Kind.String, Kind.Integer), depth)}.toDecimal()",
        6 => $"{Leaf(Kind.Decimal)}.{Pick("lowBoundary()", "highBoundary()", "lowBoundary(2)", "highBoundary(1)")}",
        _ => $"{Leaf(Kind.Quantity)}.value",
    };

    private string Moment(Kind kind, int depth)
    {
        var unit = kind == Kind.Time ? Pick("hours", "minutes", "seconds", "milliseconds") : Pick("years", "months", "weeks", "days", "hours", "minutes", "seconds", "milliseconds");
        return _random.Next(5) switch
        {
            0 or 1 => $"({Value(kind, depth)} {Pick("+", "-")} {_random.Next(1, 40)} {unit})",
            2 => $"{Value(kind, depth)}.{Pick("lowBoundary", "highBoundary")}()",
            3 => $"{Value(Pick(Kind.Date, Kind.DateTime, Kind.String, kind), depth)}.{(kind == Kind.Date ? "toDate" : kind == Kind.Time ? "toTime" : "toDateTime")}()",
            _ => kind == Kind.Time ? $"{Value(Kind.DateTime, depth)}.timeOf()" : $"{Value(Kind.DateTime, depth)}.dateOf()",
        };
    }

    private string Quantity(int depth) => _random.Next(5) switch
    {
        0 => $"({Value(Kind.Quantity, depth)} {Pick("+", "-", "*", "/")} {Value(Kind.Quantity, depth)})",
        1 => $"({Value(Kind.Quantity, depth)} {Pick("*", "/")} {Value(Kind.Integer, depth)})",
        2 => $"{Value(Pick(Kind.String, Kind.Integer, Kind.Decimal), depth)}.toQuantity()",
        3 => $"(-({Value(Kind.Quantity, depth)}.toQuantity()))",
        _ => $"{Value(Kind.Quantity, depth)}.{Pick("abs()", "toQuantity()")}",
    };
}
