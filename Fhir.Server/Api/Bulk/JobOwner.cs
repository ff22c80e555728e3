using Fhir.Server.Api.Identity;
using Fhir.Server.Store.Access;

namespace Fhir.Server.Api.Bulk;

/// <summary>Whose a job is: the person in her role, or the system, by the client that she used. In another role she is somebody else.</summary>
internal static class JobOwner
{
    public static string Of(Caller caller) => Of(caller.Sees);

    public static string Of(AccessContext sees) =>
        string.Join('|', sees.Issuer, sees.Client, sees.Who, sees.Role.Code, sees.Actor?.ToString(), sees.Organization?.ToString(), sees.OnBehalfOf?.ToString(), sees.PatientContextRid);
}
