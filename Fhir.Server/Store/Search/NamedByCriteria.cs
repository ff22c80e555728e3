using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Search.Criteria;
using Fhir.Server.Store.Search.Types;

namespace Fhir.Server.Store.Search;

/// <summary>
/// Whom the criteria of a search name, by reference, by id or by a patient's identifier, for the log of that patient: a number, or nothing found, tells of her too.
/// Whether the caller sees her is not asked, as it is not when she reads by id: a try in vain stands in the patient's log. What the matches say anyway is left out.
/// </summary>
internal sealed class NamedByCriteria(Lookup lookup, bool someMatch)
{
    private const int MostOfIdentifiers = SearchQuery.MostCount;
    private readonly HashSet<(long Typ, string Fid)> _keys = [];
    private readonly HashSet<long> _identifiers = [];

    public static async ValueTask<IReadOnlyList<long>> RidsAsync(SearchQuery query, bool someMatch, Session session, Lookup lookup, CancellationToken stop)
    {
        var named = new NamedByCriteria(lookup, someMatch);
        foreach (var branch in query.Branches)
            foreach (var criterion in branch.All) named.Take(criterion, branch.Type, isDirect: true);
        return await named.RidsAsync(session, stop);
    }

    private void Take(Criterion criterion, string? type, bool isDirect)
    {
        switch (criterion)
        {
            case ChainCriterion chain:
                foreach (var (target, condition) in chain.Targets) Take(condition, target, isDirect: false);
                break;
            case HasCriterion has:
                Take(has.Inner, has.Source, isDirect: false);
                break;
            case CompartmentCriterion { Focus: var focus }:
                Add(focus.Type, focus.Id);
                break;
            case IdCriterion ids when !IsSaid(isDirect && !ids.Not, ids.AnyOf.Count):
                foreach (var id in ids.AnyOf) Add(type ?? "Patient", id);
                break;
            case ValueCriterion values:
                Take(values, type, IsSaid(isDirect && !values.Not, values.AnyOf.Count));
                break;
        }
    }

    // The only value of a condition that each match fulfils itself.
    private bool IsSaid(bool isFulfilled, int values) => someMatch && isFulfilled && values == 1;

    private void Take(ValueCriterion values, string? type, bool isSaid)
    {
        var parameter = lookup.Catalog.Of(type ?? "Resource")[values.Code];
        var isIdentifier = type == "Patient" && values.Code == "identifier";
        foreach (var value in values.AnyOf)
        {
            if (value is ReferenceValue reference) Add(reference, parameter, isSaid && type != "Patient");
            else if ((isIdentifier && !isSaid) || parameter.Type == SearchParameterType.Reference) AddIdentifier(value);
        }
    }

    // A match whose compartment is that patient's concerns her; one that mentions her elsewhere need not.
    private void Add(ReferenceValue reference, SearchParameter parameter, bool isSaid)
    {
        if (ReferenceText.Local(reference.Text, lookup.Bases) is { } key)
        {
            if (!isSaid || (key.Type == "Patient" && !parameter.InPatientCompartment)) Add(key.Type, key.Id);
            return;
        }
        if (!Reference.IsId(reference.Text) || (isSaid && parameter.InPatientCompartment)) return;
        IReadOnlyList<string> types = reference.Type is { } one ? [one] : parameter.Targets.Count > 0 ? parameter.Targets : ["Patient"];
        foreach (var type in types) Add(type, reference.Text);
    }

    private void Add(string type, string id)
    {
        if (AccessTable.CanBeAboutPatients(type)) _keys.Add((AccessTable.Number(type), id));
    }

    // A system alone is everybody's.
    private void AddIdentifier(SearchValue value)
    {
        if (value is OfTypeValue or TokenValue { Token.Code: { Length: > 0 } } && value.Point(lookup) is { } point) _identifiers.Add(point);
    }

    private async ValueTask<IReadOnlyList<long>> RidsAsync(Session session, CancellationToken stop)
    {
        if (_keys.Count == 0 && _identifiers.Count == 0) return [];
        var rids = new HashSet<long>();
        if (_keys.Count > 0) rids.UnionWith(await session.QueryPairsAsync("select rid from res", [.. _keys], r => r.GetInt64(0), stop));
        if (_identifiers.Count > 0) rids.UnionWith(await BearersAsync(session, stop));
        return [.. rids];
    }

    private ValueTask<List<long>> BearersAsync(Session session, CancellationToken stop) => session.QueryAsync(Sql.Of(
        $"select distinct i.rid from ix_tok i where i.p = {lookup.Catalog.Of("Patient")["identifier"].Numbers[0]} and {Sql.In("i.v", [.. _identifiers])} limit {MostOfIdentifiers}"), r => r.GetInt64(0), stop);
}
