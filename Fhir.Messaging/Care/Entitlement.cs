using Fhir.Messaging.AddressBook;
using Fhir.Server.Api.Identity;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Json;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Resources;

namespace Fhir.Messaging.Care;

/// <summary>Who may open a record by her own word at all: a clinician whose role can, of an organisation that gives care.</summary>
internal static class Entitlement
{
    /// <summary>Asked before the patient is looked for: who may not write these would otherwise learn whether an identifier and a birth date fit.</summary>
    public static bool Covers(Caller caller, params ReadOnlySpan<string> written)
    {
        foreach (var type in written)
            if (!caller.Sees.AllowsWhole(type, Permission.Create)) return false;
        return true;
    }

    public static async Task<Issue?> RefusesAsync(Caller caller, Ability ability, ResourceStore store, CancellationToken stop)
    {
        var sees = caller.Sees;
        var no = new Issue(IssueKind.Forbidden, "Your role does not do this.");
        if (sees.SeesAll || !sees.Role.Can(ability) || sees.Actor is null || sees.ActorRid == 0 || caller.Practitioner is null || sees.Organization is not { } organization) return no;
        if ((await store.ReadAsync(organization, AccessContext.House("care", sees.NowMicros), stop)).Failed(out _, out var version)) return no;
        return !JsonReader.Read(version.Body, DefinitionSet.R4).Failed(out _, out var content) && Organizations.GivesCare(content) ? null : no;
    }
}
