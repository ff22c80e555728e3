using Fhir.Messaging.AddressBook;
using Fhir.Server.Core.Elements;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Rules;

namespace Fhir.Messaging.Referrals;

/// <summary>
/// What a caller is to a Task. Keeps: her organisation keeps it. Own: its owner, and her organisation keeps it. Vacant: her organisation
/// keeps it, and nobody owns it. Requester: her organisation keeps it, and the task says that she asked.
/// </summary>
[Flags]
internal enum Party { Nobody = 0, Owner = 1, Keeps = 2, Own = 4, Vacant = 8, Requester = 16 }

/// <summary>Finds out what a caller is to a Task.</summary>
internal static class Parties
{
    public static async ValueTask<Party> OfAsync(Change change, Element owned, Element asked, CommitScope scope, CancellationToken stop)
    {
        var keeps = change.Home != 0 && change.Home == change.By.OrganizationRid;
        var owns = await IsAsync(change.By, owned["owner"], scope, stop);
        var party = owns ? Party.Owner : Party.Nobody;
        if (!keeps) return party;
        party |= Party.Keeps;
        if (owns) party |= Party.Own;
        if (!owned["owner"].Exists) party |= Party.Vacant;
        return await IsAsync(change.By, asked["requester"], scope, stop) ? party | Party.Requester : party;
    }

    /// <summary>In her role, as a person, as one of the organisation, or an assistant on her behalf; a practice system for those of its organisation.</summary>
    public static async ValueTask<bool> IsAsync(AccessContext by, Element reference, CommitScope scope, CancellationToken stop)
    {
        if (References.Key(reference) is not { } key) return false;
        var rid = await scope.Session.FirstAsync(Sql.Of($"select rid from res where typ = {AccessTable.Number(key.Type)} and fid = {key.Id}"), r => r.GetInt64(0), stop);
        if (rid == 0) return false;
        if (by.Is(rid) || rid == by.OnBehalfOfRid || rid == by.OnBehalfOfPractitionerRid) return true;
        return by.Role.Kind == RoleKind.System && by.OrganizationRid != 0
            && (rid == by.OrganizationRid || await CliniciansInCommit.FindAsync(scope, key, stop) is { } clinician && clinician.OrganizationRid == by.OrganizationRid);
    }
}
