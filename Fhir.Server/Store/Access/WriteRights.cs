namespace Fhir.Server.Store.Access;

public sealed partial record AccessContext
{
    /// <summary>May this caller write the type at all? Which rows, the commit judges: those she sees and that are her own organisation's.</summary>
    public bool MayWrite(string type) => SeesAll || AccessTable.WrittenBy(type) switch
    {
        Keeper.Directory or Keeper.Definition => Role == Role.Administrator,
        Keeper.Patient or Keeper.Policy => OrganizationRid != 0 && Role is (Role.Gp or Role.Specialist or Role.Assistant or Role.PracticeSystem),
        Keeper.Message => OrganizationRid != 0 && Role is (Role.Gp or Role.Specialist or Role.Assistant or Role.PracticeSystem or Role.CompanyDoctor),
        Keeper.Own => OrganizationRid != 0 && Role == Role.PracticeSystem,
        Keeper.Audit => Role == Role.PracticeSystem,
        Keeper.Nobody => false,
    };
}
