namespace Fhir.Server.Core.Terminology;

/// <summary>Whether a code belongs somewhere. Unknown: what it would have to be looked up in is not loaded, or cannot be judged; it never counts as an error.</summary>
public enum Membership { In, Out, Unknown }

/// <summary>Three-valued logic: what is unknown stays so unless the other side decides.</summary>
internal static class MembershipLogic
{
    public static Membership And(this Membership a, Membership b) =>
        a == Membership.Out || b == Membership.Out ? Membership.Out : a == Membership.Unknown ? a : b;

    public static Membership Or(this Membership a, Membership b) =>
        a == Membership.In || b == Membership.In ? Membership.In : a == Membership.Unknown ? a : b;

    public static Membership Not(this Membership a) => a switch
    {
        Membership.In => Membership.Out,
        Membership.Out => Membership.In,
        Membership.Unknown => a,
    };
}
