using Fhir.Messaging;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Validation;

namespace Host.Serving;

/// <summary>Makes the rules of our own profiles while the house is still quiet: the first message would wait 0.5 s for them, and for R4's definitions to be unpacked.</summary>
public sealed class WarmRules(Validator validator) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.Run(() =>
    {
        foreach (var profile in (string[])[ClinicUrls.Thread, ClinicUrls.Message])
            validator.Validate(Element.Of("Communication"), new() { Profiles = [profile] });
    }, stoppingToken);
}
