namespace Fhir.Server.Store.Access;

public sealed partial record AccessContext
{
    /// <summary>May this caller write the type at all? Which rows, the commit judges: those she sees and that are her own organisation's.</summary>
    public bool MayWrite(string type) => SeesAll || (AccessTable.WrittenBy(type) is var keeper && Role.Writes.Contains(keeper) && keeper switch
    {
        Keeper.Patient or Keeper.Message or Keeper.Own => OrganizationRid != 0,
        Keeper.Policy => OrganizationRid != 0 && Role.Kind == RoleKind.Person && (!Role.Can(Ability.ActsOnBehalf) || OnBehalfOfRid != 0),
        Keeper.Directory => ActorRid == 0 && Role.Kind == RoleKind.Officer,
        Keeper.Definition or Keeper.Audit => true,
        Keeper.Nobody => false,
    });

    /// <summary>May she complete the reviews that wait for her? Which change is one, a rule of messaging judges.</summary>
    public bool MayReview(string type) => Role.StandsOn(Ground.Reviews) && type == "Task";
}
