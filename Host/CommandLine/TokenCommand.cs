using System.Globalization;
using Fhir.Server.Api.Identity;
using Fhir.Server.Core.Outcomes;
using Host.Demo;
using Host.Settings;

namespace Host.CommandLine;

/// <summary><c>./start token --user NAME</c>: prints a bearer token and nothing else. Needs the data folder, not the server.</summary>
public static class TokenCommand
{
    public static Result<string> Issue(Arguments arguments, HouseSettings settings, TimeProvider clock)
    {
        if (!settings.Demo) return new Issue(IssueKind.Forbidden, "Tokens are handed out in demo mode only.");
        if (!arguments.Options.TryGetValue("user", out var name)) return Arguments.Wrong("--user is missing.");
        if (DemoUsers.Find(name) is not { } user) return Arguments.Wrong($"There is no demo user '{name}'.");
        if (Minutes(arguments.Options.GetValueOrDefault("minutes")).Failed(out var issue, out var minutes)) return issue;
        if (OnBehalfOf(arguments.Options.GetValueOrDefault("on-behalf-of")).Failed(out issue, out var principal)) return issue;
        if (StepUp(arguments.Options.GetValueOrDefault(Arguments.StepUp)).Failed(out issue, out var steppedUp)) return issue;
        DataFolder.Make(settings.DataFolder);
        return TokenIssuer.In(settings.Api, clock).Issue(user.Token(arguments.Options.GetValueOrDefault("scope"), TimeSpan.FromMinutes(minutes)) with
        {
            Patient = arguments.Options.GetValueOrDefault("patient"),
            OnBehalfOf = principal.Length > 0 ? principal : null,
            SteppedUp = steppedUp,
        });
    }

    private static Result<string> OnBehalfOf(string? name) =>
        name is null ? "" : DemoUsers.Find(name)?.PractitionerRole is { } role ? role : Arguments.Wrong($"--on-behalf-of names no clinician of the demo: '{name}'.");

    private static Result<bool> StepUp(string? text) =>
        text is null ? false : bool.TryParse(text, out var said) ? said : Arguments.Wrong("--step-up needs no value.");

    private static Result<int> Minutes(string? text) => text switch
    {
        null => 60,
        _ when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var minutes) && minutes is > 0 and <= 60 * 24 * 366 => minutes,
        _ => Arguments.Wrong("--minutes must be a whole number of minutes, at most a year."),
    };
}
