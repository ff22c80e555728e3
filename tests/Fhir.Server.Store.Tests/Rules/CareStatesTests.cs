using Fhir.Server.Store.Rules;

namespace Fhir.Server.Store.Tests.Rules;

public sealed class CareStatesTests
{
    // Every status that R4 knows for the four types; what the value sets do not have gives nothing either.
    [Theory]
    [InlineData("CareTeam", "proposed:none active:open suspended:grace inactive:grace entered-in-error:none")]
    [InlineData("Encounter", "planned:none arrived:open triaged:open in-progress:open onleave:open finished:grace cancelled:none entered-in-error:none unknown:none")]
    [InlineData("EpisodeOfCare", "planned:none waitlist:none active:open onhold:grace finished:grace cancelled:none entered-in-error:none")]
    [InlineData("ServiceRequest", "draft:none active:open on-hold:grace revoked:none completed:grace entered-in-error:none unknown:none")]
    [InlineData("Appointment", "booked:none arrived:none active:none")]
    [InlineData("CareTeam", "ACTIVE:none finished:none completed:none")]
    public void H6_Every_state_gives_what_the_table_says(string type, string states)
    {
        foreach (var state in states.Split(' ').Select(s => s.Split(':')))
            Assert.True(Enum.Parse<CareHold>(state[1], ignoreCase: true) == CareStates.Of(type, state[0]), $"{type} {state[0]}");
        Assert.Equal(CareHold.None, CareStates.Of(type, null));
    }
}
