using Fhir.Server.Core.Definitions;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;

namespace Fhir.Server.Store.Search.Criteria;

/// <summary>The care that it tells of was not over before one moment, or began before another; what has no such date holds — https://hl7.org/fhir/R4/patient-operation-everything.html</summary>
internal sealed record CareDateCriterion(long? From, long? Until) : Criterion("_id")
{
    // The first of these that a type has says when the care was. A birth date does not.
    private static readonly string[] Codes =
        ["authoredon", "date", "period", "onset-date", "occurrence", "sent", "authored", "created", "identified", "event-date", "start-date", "started", "effective-time", "effective", "whenhandedover", "datetime", "recorded", "collected", "datewritten"];

    protected override Sql Condition(Scope scope)
    {
        var rows = Sql.Of($"select 1 from ix_date i where i.rid = {scope.Row}.rid and i.v = 0 and {Sql.In("i.p", Numbers(scope))}");
        var within = From is { } from ? Sql.Of($"i.hi > {from}") : Sql.Of($"i.lo < {Until!.Value}");
        return Sql.Of($"(not exists ({rows}) or exists ({rows} and {within}))");
    }

    private static List<long> Numbers(Scope scope) =>
        [.. (scope.Type is { } one ? [one] : AccessTable.Types).Select(type => NumberOf(scope, type)).OfType<int>().Select(number => (long)number).Distinct().Order()];

    private static int? NumberOf(Scope scope, string type)
    {
        var all = scope.Lookup.Catalog.Of(type);
        var code = Codes.FirstOrDefault(code => all.GetValueOrDefault(code) is { Type: SearchParameterType.Date, KeepsRows: true } && scope.Sees.MaySearchBy(type, code));
        return code is null ? null : all[code].Numbers[0];
    }
}
