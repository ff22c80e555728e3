using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Search.Criteria;
using Fhir.Server.Store.Search.Types;

namespace Fhir.Server.Store.Search;

/// <summary>
/// Whom the criteria of a search name, by reference, by id or by a patient's identifier, for the log of that patient: a number, or nothing found, tells of her too.
/// Whether the caller sees her is not asked, as it is not when she reads by id: a try in vain stands in the patient's log. It makes no difference whether anything was found, but that a Patient who was found by her own identifier is in the answer.
/// </summary>
internal sealed class NamedByCriteria(Lookup lookup, Rids known, bool someMatch)
{
    private const int MostOfIdentifiers = SearchQuery.MostCount;
    private readonly HashSet<(long Typ, string Fid)> _keys = [];
    private readonly HashSet<long> _identifiers = [];

    public static async ValueTask<IReadOnlyList<long>> RidsAsync(SearchQuery query, bool someMatch, Session session, Lookup lookup, Rids known, CancellationToken stop)
    {
        var named = new NamedByCriteria(lookup, known, someMatch);
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
            case ContainedCriterion contained:
                foreach (var inside in contained.All) Take(inside, contained.Type, isDirect: false);
                break;
            case HasCriterion has:
                Take(has.Inner, has.Source, isDirect: false);
                break;
            case CompartmentCriterion { Focus: var focus }:
                Add(focus.Type, focus.Id);
                break;
            case IdCriterion ids:
                foreach (var id in ids.AnyOf) Add(type ?? "Patient", id);
                break;
            case ValueCriterion values:
                Take(values, type, isDirect && !values.Not && someMatch);
                break;
        }
    }

    private void Take(ValueCriterion values, string? type, bool isFound)
    {
        var parameter = lookup.Catalog.Of(type ?? "Resource")[values.Code];
        var isIdentifier = type == "Patient" && values.Code == "identifier";
        foreach (var value in values.AnyOf)
        {
            if (value is ReferenceValue reference) Add(reference, parameter);
            else if ((isIdentifier && !isFound) || parameter.Type == SearchParameterType.Reference) AddIdentifier(value);
        }
    }

    private void Add(ReferenceValue reference, SearchParameter parameter)
    {
        if (ReferenceText.Local(reference.Text, lookup.Bases) is { } key)
        {
            Add(key.Type, key.Id);
            return;
        }
        if (!Reference.IsId(reference.Text)) return;
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
        var unknown = _keys.Where(k => !known.TryGet(KeyOf(k), out _)).ToList();
        foreach (var key in _keys) if (known.TryGet(KeyOf(key), out var rid)) rids.Add(rid);
        if (unknown.Count > 0)
        {
            var found = (await session.QueryPairsAsync("select typ, fid, rid from res", unknown, r => (Key: new ResourceKey(AccessTable.Name(r.GetInt32(0)), r.GetString(1)), Rid: r.GetInt64(2)), stop)).ToDictionary(f => f.Key, f => f.Rid);
            rids.UnionWith(found.Values);
            known.Keep(found);
        }
        if (_identifiers.Count > 0) rids.UnionWith(await BearersAsync(session, stop));
        return [.. rids];
    }

    private static ResourceKey KeyOf((long Typ, string Fid) key) => new(AccessTable.Name((int)key.Typ), key.Fid);

    private ValueTask<List<long>> BearersAsync(Session session, CancellationToken stop) => session.QueryAsync(Sql.Of(
        $"select distinct i.rid from ix_tok i where i.p = {lookup.Catalog.Of("Patient")["identifier"].Numbers[0]} and {Sql.In("i.v", [.. _identifiers])} limit {MostOfIdentifiers}"), r => r.GetInt64(0), stop);
}
